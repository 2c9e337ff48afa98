/** What faults share that step the wall clock of servers. */
import type { StrikableServer } from '../engines/engine.ts'

/** Servers whose clock can be stepped, until this is disposed of. */
export async function withSteppedClocks(servers: readonly StrikableServer[]): Promise<AsyncDisposable> {
  await using undo = new AsyncDisposableStack()
  for (const { clock } of servers) if (clock !== undefined) undo.use(await clock.put())
  return undo.move()
}

/** All of them at once. */
export async function stepped(servers: readonly StrikableServer[], byMs: number): Promise<void> {
  await Promise.all(servers.map(async ({ clock }) => await clock?.step(byMs)))
}
