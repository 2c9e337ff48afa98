/** Exercise 9: the quick way skips; what finds too little asks again, and waits for those who are at the last ones. */
import {
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
} from 'holdfast/postgres/unit-rows'
import type { HoldRequest, ReservationStrategy, ResourceId, StrategySettings } from 'holdfast/strategy'
import { type RawBuilder, sql } from 'kysely'

type Claim = Awaited<ReturnType<typeof inTransaction>>

/** A row for each unit, which is taken while it names a hold. */
export const ledger = 'unit-rows'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  function attempt(request: HoldRequest, locking: RawBuilder<unknown>): Promise<Claim> {
    return inTransaction(db, 'read committed', async (tx) => {
      const picked: { readonly resourceId: ResourceId; readonly unitNos: readonly number[] }[] = []
      for (const { resourceId, quantity } of request.lines) {
        const { rows } = await sql<{ readonly unit_no: number }>`
          select unit_no from unit
          where resource_id = ${resourceId} and hold_id is null
          order by unit_no
          limit ${quantity}
          ${locking}`.execute(tx)
        if (rows.length < quantity) return { kind: 'short' }
        picked.push({ resourceId, unitNos: rows.map((row) => row.unit_no) })
      }
      await settings.criticalSection()
      for (const { resourceId, unitNos } of picked) {
        await sql`
          update unit set hold_id = ${request.holdId}
          where resource_id = ${resourceId} and unit_no = any (${unitNos}::integer[])`.execute(tx)
      }
      return insertHold(tx, request)
    })
  }

  return reservationsOn(db, {
    async claim(request) {
      const quick = await attempt(request, sql`for update skip locked`)
      // Nothing is locked by now, so that rows are locked in one order here.
      return quick.kind === 'short' ? attempt(request, sql`for update`) : quick
    },
  })
}
