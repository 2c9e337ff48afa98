/**
 * Redlock as a hint, a conditional update as the guard.
 *
 * Mechanism: as redlock, a lease on most of five independent Redis nodes is taken first. But the write in
 * PostgreSQL does not rely on it: `update … where taken + q <= capacity` checks again, under the row's lock.
 *
 * Why it cannot oversell, with or without the lease: the condition is evaluated in the statement that writes.
 *
 *     Alice: lock on 5 nodes; … pauses, her lock expires
 *     Bob:   lock on 5 nodes; update … where taken + 1 <= 1 → 1 row; insert hold, commit → held
 *     Alice: wakes up; update … where taken + 1 <= 1 → 0 rows → sold out
 *
 * The purpose of the lease is that callers wait in Redis, not in the database's lock queue. If no majority of
 * nodes can be reached, it continues without a lease: the database gets the full load, and no one is refused.
 *
 * Deadline: PostgreSQL's clock. Round trips per hold: 5 (lock, BEGIN with the update, insert, commit,
 * release), two of them to five nodes at once, one more update per further line.
 * Weakness: two systems for what one statement does. Whether the hint pays off must be measured: compare it
 * with postgres-conditional-update.
 */
import Redlock, { ExecutionError, type Lock, ResourceLockedError } from 'redlock'
import {
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnitsWhereFree,
} from './ledgers/counter-rows/write.ts'
import { LEASE_ATTEMPTS_MAX, LEASE_MS, requireNodes } from './ledgers/writing/redis/leases.ts'
import { type RedisConnections, tellScript } from './ledgers/writing/redis/script.ts'
import type { ReservationStrategy, ResourceId, StrategySettings } from './strategy.ts'

/** The lock; or that somebody has it; or that there are no nodes to ask. */
type Acquired = { readonly kind: 'locked'; readonly lock: Lock } | { readonly kind: 'taken' | 'no-majority' }

export function create(
  { postgres: db, redis }: PostgresConnections & RedisConnections,
  settings: StrategySettings,
): ReservationStrategy {
  requireNodes(redis)
  const redlock = new Redlock(redis, { retryCount: 0 })
  tellScript(redlock.scripts.acquireScript.value, { name: 'take the lock' })
  tellScript(redlock.scripts.releaseScript.value, { name: 'release the lock' })

  async function acquire(ids: readonly ResourceId[]): Promise<Acquired> {
    try {
      const lock = await redlock.acquire(
        ids.map((id) => `lock:${id}`),
        LEASE_MS,
      )
      return { kind: 'locked', lock }
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error
      const votes = await Promise.all(error.attempts)
      const refusals = votes.flatMap(({ votesAgainst }) => [...votesAgainst.values()])
      const isTaken = refusals.some((refusal) => refusal instanceof ResourceLockedError)
      return { kind: isTaken ? 'taken' : 'no-majority' }
    }
  }

  return reservationsOn(db, {
    attemptsMax: LEASE_ATTEMPTS_MAX,
    random: settings.random,
    async claim(request) {
      const acquired = await acquire(request.lines.map((line) => line.resourceId))
      if (acquired.kind === 'taken') return { kind: 'contended', reason: 'lock-not-available' }
      try {
        return await inTransaction(db, 'read committed', async (tx) => {
          await settings.criticalSection()
          return takeUnitsWhereFree(tx, request)
        })
      } finally {
        if (acquired.kind === 'locked') await acquired.lock.release().catch(() => {}) // It expires by itself.
      }
    },
  })
}
