/** Exercise 3: the claim is committed first; who has a hold pays, and no lock is held meanwhile. */
import {
  covers,
  type FreeUnits,
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from 'holdfast/postgres'
import type { ReservationStrategy, StrategySettings } from 'holdfast/strategy'
import { sql } from 'kysely'

export const ledger = 'counter-rows'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    async claim(request) {
      const claim = await inTransaction(db, 'read committed', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource
          where id = any (${ids}::text[])
          order by id
          for update`.execute(tx)
        if (!covers(rows, request.lines)) return { kind: 'short' }
        return takeUnits(tx, request, insertHold)
      })
      if (claim.kind === 'claimed') await settings.criticalSection() // the payment
      return claim
    },
  })
}
