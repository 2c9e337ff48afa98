/** What strategies have left open in PostgreSQL after the last call. */
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { monotonicMs } from '../../clock.ts'
import type { MeteredPool } from './metered-pool.ts'

const RELEASE_MS_MAX = 500
const RELEASE_POLL_MS = 5
const QUERY_CHARACTERS_MAX = 80
/** For the server to notice that a client is gone, and to end what it did. */
const GONE_MS_MAX = 5_000
const GONE_POLL_MS = 20

/**
 * Connections and advisory locks that will never be released, and transactions that will never end: one
 * sentence each.
 */
export async function leftOpen(
  { pool, observer }: { readonly pool: pg.Pool; readonly observer: pg.Pool },
  sessions: readonly number[],
): Promise<readonly string[]> {
  await connectionsReleased(pool)
  const kept = pool.totalCount - pool.idleCount
  const { rows: locks } = await observer.query<{ pid: number; locks: number }>(
    `select pid, count(*)::integer as locks from pg_locks
     where locktype = 'advisory' and granted and pid = any ($1::integer[]) group by pid order by pid`,
    [sessions],
  )
  // An idle session is in no transaction, though for a moment it may show when its last one began.
  const { rows: transactions } = await observer.query<{ pid: number; state: string; query: string }>(
    `select pid, state, query from pg_stat_activity
     where pid = any ($1::integer[]) and xact_start is not null and state <> 'idle' order by pid`,
    [sessions],
  )
  return [
    ...(kept > 0 ? [`${kept} of ${pool.totalCount} connections were never released to the pool`] : []),
    ...locks.map(({ pid, locks: count }) => `session ${pid} still has ${count} advisory locks`),
    ...transactions.map(
      ({ pid, state, query }) =>
        `session ${pid} has left a transaction open (${state}) after: ${inShort(query)}`,
    ),
  ]
}

/**
 * Sessions of the namespace that are none of the pool's: their clients are gone, or have another connection
 * instead. With a session go its locks.
 */
export async function leftBehind({
  schema,
  pool,
  observer,
}: {
  readonly schema: string
  readonly pool: MeteredPool
  readonly observer: pg.Pool
}): Promise<readonly string[]> {
  const endMs = monotonicMs() + GONE_MS_MAX
  for (;;) {
    const { rows } = await observer.query<{ pid: number; state: string; query: string }>(
      'select pid, state, query from pg_stat_activity where application_name = $1 order by pid',
      [schema],
    )
    const own = new Set(pool.sessions())
    const left = rows.filter(({ pid }) => !own.has(pid))
    if (left.length === 0 || monotonicMs() > endMs) {
      return left.map(
        ({ pid, state, query }) =>
          `session ${pid} (${state}) is still there, though its client is gone, after: ${inShort(query)}`,
      )
    }
    await delay(GONE_POLL_MS)
  }
}

function inShort(query: string): string {
  return query.replace(/\s+/g, ' ').trim().slice(0, QUERY_CHARACTERS_MAX)
}

/**
 * Waits for a strategy's background work to end, at most this long: connections still in use then are leaked.
 */
async function connectionsReleased(pool: pg.Pool): Promise<void> {
  const endMs = monotonicMs() + RELEASE_MS_MAX
  while (pool.totalCount > pool.idleCount && monotonicMs() < endMs) await delay(RELEASE_POLL_MS)
}
