/** The sessions of a pool: lists them, and runs a statement on each of them. */
import type pg from 'pg'

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
