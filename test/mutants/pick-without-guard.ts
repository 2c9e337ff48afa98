/**
 * One row per unit, picked by a sub-select, and the update forgot to look again (`and hold_id is null`): two buyers pick the
 * same free unit, and the second writes over the first.
 */
import { sql } from 'kysely'
import {
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
} from '../../strategies/ledgers/unit-rows/write.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'

export function create({ postgres: db }: PostgresConnections): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        for (const { resourceId, quantity } of request.lines) {
          const { rows } = await sql`
            update unit set hold_id = ${request.holdId}
            where resource_id = ${resourceId} and unit_no in (
              select unit_no from unit where resource_id = ${resourceId} and hold_id is null
              order by unit_no limit ${quantity}
            )
            returning unit_no`.execute(tx)
          if (rows.length < quantity) return { kind: 'short' }
        }
        return insertHold(tx, request)
      }),
  })
}
