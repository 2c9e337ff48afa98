/**
 * Advisory locks: lock a number that stands for the resource, then read, check and write plain rows.
 *
 * Mechanism: `pg_advisory_xact_lock` on a hash of each resource's id, in the order of the hashes; the
 * transaction's end releases it. The rows themselves are read without a lock.
 *
 * Why it cannot oversell: every claim takes the same lock first, so no two claims of one resource are between
 * their read and their commit at the same time. Releases and expiry do not take it: they only free units.
 *
 * It must be READ COMMITTED, with the lock and the read in two statements. Each statement then sees what
 * was committed before it began. At REPEATABLE READ the snapshot is older than the lock, and it
 * oversells without any fault:
 *
 *     Bob:   begin; lock … waits (his snapshot is taken now)
 *     Alice: update, insert hold, commit → held, and the lock is free
 *     Bob:   select … → 1 free, in his old snapshot
 *
 * The lock must also be transaction-level: a session-level lock survives a rollback, and behind a pooler that
 * shares connections it stays behind on another client's connection.
 *
 * Deadline: the server's clock, read when the hold is written. Round trips per hold: 4 (BEGIN with the
 * lock; the read; the update; the insert with COMMIT). Fairness: buyers who
 * wait are served in the order they came, because the lock itself has a queue. Waiters for a row do not: when
 * the row is updated they race for its new version.
 * Weakness: as with FOR UPDATE, a queue of connections forms; and only convention makes every writer take the
 * lock.
 */
import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  insertHoldAndCommit,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from './ledgers/counter-rows/write.ts'
import type { ReservationStrategy, StrategySettings } from './strategy.ts'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        // A statement of its own: the read below must begin after the lock is had.
        await sql`
          select pg_advisory_xact_lock(key)
          from (
            select hashtextextended(current_schema() || ' ' || id, 0) as key from unnest(${ids}::text[]) id order by key
          ) in_order`.execute(tx)
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource
          where id = any (${ids}::text[])`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request, insertHoldAndCommit) : { kind: 'short' }
      }),
  })
}
