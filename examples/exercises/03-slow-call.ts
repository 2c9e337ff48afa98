/**
 * Exercise 3: the buyer pays while the row is locked. `settings.criticalSection()` stands for the payment; it may take minutes.
 *
 * Your task: while Alice pays, Bob is answered about the same seat, truthfully. Alice pays all the same, once for each hold
 * that is granted.
 */
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
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource
          where id = any (${ids}::text[])
          order by id
          for update`.execute(tx)
        if (!covers(rows, request.lines)) return { kind: 'short' }
        await settings.criticalSection() // the payment
        return takeUnits(tx, request, insertHold)
      }),
  })
}
