/**
 * SKIP LOCKED: one row per unit; take free ones that nobody else is taking.
 *
 * Mechanism: a GA tier of N tickets is N rows. A claim selects as many free rows as it wants `for update
 * skip locked`, so it skips the rows that other buyers are claiming, and writes its hold's id into them.
 * Nobody waits for anybody.
 *
 * Why it cannot oversell: a unit's row is locked before it is written, and a locked row is not picked.
 *
 *     Alice: select … limit 1 for update skip locked → ticket 1
 *     Bob:   select … limit 1 for update skip locked → ticket 2
 *
 * What it gets wrong, and declares: sold out may be false, because locked rows may become free again.
 *
 *     Alice: select … → the last ticket
 *     Bob:   select … → none → sold out
 *     Alice: rollback (her card was declined, or her connection cut): the ticket is free, Bob has gone home
 *
 * Deadline: the server's clock, read when the hold is written. Round trips per hold: 3 (BEGIN with the
 * select; the update; the insert with COMMIT), one more select and update per further line.
 * Weakness: the false sold out; a row per unit (a stadium is 80,000 rows, and picking walks past the locked
 * ones); and no number of changes per tier, since no row stands for the tier.
 */
import { sql } from 'kysely'
import {
  insertHoldAndCommit,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
} from './ledgers/unit-rows/write.ts'
import type { ReservationStrategy, ResourceId, StrategySettings } from './strategy.ts'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const picked: { resourceId: ResourceId; unitNos: number[] }[] = []
        for (const { resourceId, quantity } of request.lines) {
          const { rows } = await sql<{ unit_no: number }>`
            select unit_no from unit
            where resource_id = ${resourceId} and hold_id is null
            order by unit_no
            limit ${quantity}
            for update skip locked`.execute(tx)
          if (rows.length < quantity) return { kind: 'short', soldOut: resourceId }
          picked.push({ resourceId, unitNos: rows.map((row) => row.unit_no) })
        }
        await settings.criticalSection()
        for (const { resourceId, unitNos } of picked) {
          await sql`
            update unit set hold_id = ${request.holdId}
            where resource_id = ${resourceId} and unit_no = any (${unitNos}::integer[])`.execute(tx)
        }
        return insertHoldAndCommit(tx, request)
      }),
  })
}
