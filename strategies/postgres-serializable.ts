/**
 * SERIALIZABLE: read, check and write as if alone, and let PostgreSQL abort conflicting transactions.
 *
 * Mechanism: the same plain statements as postgres-naive, at isolation level SERIALIZABLE. PostgreSQL
 * tracks what each transaction read, and aborts one of two whose reads and writes cannot be put in
 * any order (SQLSTATE 40001). The aborted one is retried from the start, with random pauses, a
 * limited number of times.
 *
 * Why it cannot oversell: the outcome is that of some order of the transactions one after another.
 *
 *     Alice: select … → 1 free
 *     Bob:   select … → 1 free
 *     Alice: update …, insert hold, commit → held
 *     Bob:   update … → 40001, tries again: select … → 0 free → sold out
 *
 * REPEATABLE READ would be enough for this table, where the row that is read is the row that is written.
 * SERIALIZABLE is also enough where the check counts rows that others insert.
 *
 * Deadline: the server's clock, read when the hold is written. Round trips per hold: 3 per attempt (BEGIN
 * with the select; the update; the insert with COMMIT).
 * Weakness: under contention most work is thrown away and repeated; buyers who lose every attempt are told
 * `contended` although units may be left. A plan that scans the table conflicts with buyers of other seats
 * too. Every program that claims units must run at SERIALIZABLE, or the promise is void.
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

/** Enough for a short burst; past it the row is so contended that a retry mostly costs others. */
const ATTEMPTS_MAX = 10

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    attemptsMax: ATTEMPTS_MAX,
    random: settings.random,
    claim: (request) =>
      inTransaction(db, 'serializable', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource
          where id = any (${ids}::text[])`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request, insertHoldAndCommit) : { kind: 'short' }
      }),
  })
}
