/**
 * Exercise 9: SKIP LOCKED. Nobody waits, and "sold out" comes at once.
 *
 * Your task: "sold out" is true when it is said. As long as there are units at which nobody is, nobody waits.
 */
import {
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
} from 'holdfast/postgres/unit-rows'
import type { ReservationStrategy, ResourceId, StrategySettings } from 'holdfast/strategy'
import { sql } from 'kysely'

/** A row for each unit, which is taken while it names a hold. */
export const ledger = 'unit-rows'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const picked: { readonly resourceId: ResourceId; readonly unitNos: readonly number[] }[] = []
        for (const { resourceId, quantity } of request.lines) {
          const { rows } = await sql<{ readonly unit_no: number }>`
            select unit_no from unit
            where resource_id = ${resourceId} and hold_id is null
            order by unit_no
            limit ${quantity}
            for update skip locked`.execute(tx)
          // `soldOut` is answered as it stands; without it, the answer is looked for once more.
          if (rows.length < quantity) return { kind: 'short', soldOut: resourceId }
          picked.push({ resourceId, unitNos: rows.map((row) => row.unit_no) })
        }
        await settings.criticalSection()
        for (const { resourceId, unitNos } of picked) {
          await sql`
            update unit set hold_id = ${request.holdId}
            where resource_id = ${resourceId} and unit_no = any (${unitNos}::integer[])`.execute(tx)
        }
        return insertHold(tx, request)
      }),
  })
}
