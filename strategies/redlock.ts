/**
 * Redlock: a lease on most of five independent Redis nodes, around a plain read-check-write in PostgreSQL.
 *
 * Mechanism: the `redlock` package sets the same random token on every node, and has the lock if a majority
 * accepted it within the TTL. Its owner reads, checks and writes in PostgreSQL without a lock. Before it
 * commits, it checks the remaining validity by its own clock, and rolls back if there is none. The package
 * does not do that itself, and can even return a lock that expired while it retried.
 *
 * Why it does not oversell, as long as clocks run at the same rate and no client pauses: two majorities
 * share a node, and that node accepts the token of only one of them.
 *
 * How it oversells when a client pauses for longer than its lease: one round trip lies between the validity
 * check and the commit, and nothing detects a pause there.
 *
 *     Alice: lock on 5 nodes; select … → 1 free; update …, insert hold; 2 s of validity left; … pauses
 *     Redis: the lock expires on all nodes
 *     Bob:   lock on 5 nodes; select … → 1 free (Alice has not committed); update … waits for her row lock
 *     Alice: wakes up; commit → held
 *     Bob:   update … → goes on; insert hold, commit → held
 *
 * Two of five nodes may be down. With three down no client gets a lock, and every hold is answered as
 * contended.
 *
 * Deadline: PostgreSQL's clock. Round trips per hold: 6 (lock, BEGIN with the select, update, insert,
 * commit, release), two of them to five nodes at once.
 * Weakness: the pause (Kleppmann; antirez conceded only the clocks), five servers to run, and an unmaintained
 * package (5.0.0-beta.2; redis-semaphore is a maintained alternative).
 */
import { sql } from 'kysely'
import Redlock, { ExecutionError, type Lock } from 'redlock'
import {
  covers,
  type FreeUnits,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from './ledgers/counter-rows/write.ts'
import { LEASE_ATTEMPTS_MAX, LEASE_MS, requireNodes } from './ledgers/writing/redis/leases.ts'
import { type RedisConnections, tellScript } from './ledgers/writing/redis/script.ts'
import type { ReservationStrategy, StrategySettings } from './strategy.ts'

export function create(
  { postgres: db, redis }: PostgresConnections & RedisConnections,
  settings: StrategySettings,
): ReservationStrategy {
  requireNodes(redis)
  // The retries are the hold's own, so that they are counted; and so that a lock is never handed out late.
  const redlock = new Redlock(redis, { retryCount: 0 })
  tellScript(redlock.scripts.acquireScript.value, { name: 'take the lock' })
  tellScript(redlock.scripts.releaseScript.value, { name: 'release the lock' })

  return reservationsOn(db, {
    attemptsMax: LEASE_ATTEMPTS_MAX,
    random: settings.random,
    async claim(request) {
      const ids = request.lines.map((line) => line.resourceId)
      let lock: Lock
      try {
        lock = await redlock.acquire(
          ids.map((id) => `lock:${id}`),
          LEASE_MS,
        )
      } catch (error) {
        // No majority: others have it, or too many nodes are down. Nothing was written either way.
        if (error instanceof ExecutionError) return { kind: 'contended', reason: 'lock-not-available' }
        throw error
      }
      try {
        return await inTransaction(db, 'read committed', async (tx) => {
          const { rows } = await sql<FreeUnits>`
            select id, capacity - taken as free from resource where id = any (${ids}::text[])`.execute(tx)
          await settings.criticalSection()
          if (!covers(rows, request.lines)) return { kind: 'short' }
          const claim = await takeUnits(tx, request)
          return lock.expiration > Date.now() ? claim : { kind: 'contended', reason: 'lock-not-available' }
        })
      } finally {
        await lock.release().catch(() => {}) // It expires by itself.
      }
    },
  })
}
