/** Sessions of a pool: which they are, and the same statement on each of them. */
import type pg from 'pg'

/** The server tells it at the start of a session; the library's types leave it out. */
export function pidOf(client: pg.PoolClient): number | undefined {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : undefined
}

export async function onEverySession(pool: pg.Pool, sql: string): Promise<void> {
  const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()))
  try {
    await Promise.all(clients.map((client) => client.query(sql)))
  } finally {
    // The pool hands out the one that came back last: always in the same order.
    for (const client of clients.toSorted((a, b) => (pidOf(a) ?? 0) - (pidOf(b) ?? 0))) client.release()
  }
}
