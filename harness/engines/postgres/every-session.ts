/** The sessions of a pool: lists them, runs a statement on each of them, and ends them. */
import type pg from 'pg'
import { monotonicMs } from '../../clock.ts'

/** How long a server process may take to notice a request to end itself or a statement. */
export const END_MS_MAX = 10_000

/** The server sends it at the start of a session; the library's types omit it. */
export function pidOf(client: pg.PoolClient): number | undefined {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : undefined
}

export async function onEverySession(pool: pg.Pool, sql: string): Promise<void> {
  const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()))
  try {
    await Promise.all(clients.map((client) => client.query(sql)))
  } finally {
    // The pool lends the connection that was returned last, so the order is always the same.
    for (const client of clients.toSorted((a, b) => (pidOf(a) ?? 0) - (pidOf(b) ?? 0))) client.release()
  }
}

/** Ends sessions, and returns when the server has rolled back their transactions and removed them. */
export async function endSessions(observer: pg.Pool, pids: readonly number[]): Promise<void> {
  await observer.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [pids])
  const endMs = monotonicMs() + END_MS_MAX
  // The server's own wait would check only every tenth of a second.
  for (;;) {
    const { rows } = await observer.query('select from pg_stat_activity where pid = any ($1::int[])', [pids])
    if (rows.length === 0) return
    if (monotonicMs() > endMs) throw new Error(`the server did not end a session within ${END_MS_MAX} ms`)
  }
}
