/**
 * SELECT … FOR UPDATE NOWAIT: lock the rows, or fail at once if another transaction has.
 *
 * Mechanism: as postgres-select-for-update, but a locked row is an error (SQLSTATE 55P03) instead of a wait.
 * It aborts the transaction, so the hold certainly had no effect, and the buyer is told `contended`.
 *
 * Why it cannot oversell: as with FOR UPDATE: the reader holds the lock until its commit.
 *
 *     Alice: select … for update nowait → 1 free
 *     Bob:   select … for update nowait → 55P03 → contended
 *     Alice: update, insert hold, commit → held
 *
 * The loser learns at once that another transaction holds the row, but not whether the seat will be sold: the
 * winner may still roll back. No queue forms, so connections stay free for buyers of other seats.
 *
 * Deadline: the server's clock, read when the hold is written. Round trips per hold: 3 (BEGIN with the
 * select; the update; the insert with COMMIT); 2 for the loser. Weakness: unfair, and under a crowd most
 * calls are errors: on a GA tier of many tickets, which all lock one row, buyers are refused although tickets
 * are left, and must try again.
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
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource
          where id = any (${ids}::text[])
          order by id
          for update nowait`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request, insertHoldAndCommit) : { kind: 'short' }
      }),
  })
}
