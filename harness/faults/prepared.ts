/** What a fault asks of servers before buyers come. */
import type { Engines } from '../engines/open.ts'
import type { FaultKind, FaultSubject } from './fault.ts'

/** Undone on dispose; nothing where the fault asks for nothing. */
export async function preparedFor(
  fault: FaultKind,
  { record, helpers }: FaultSubject,
  engines: Engines,
): Promise<AsyncDisposable> {
  const prepared = await fault.prepare?.({
    record: engines[record.name]?.ownServers ?? [],
    helpers: helpers.flatMap(({ name }) => engines[name]?.ownServers ?? []),
  })
  return prepared ?? new AsyncDisposableStack()
}
