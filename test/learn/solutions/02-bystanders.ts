/** Exercise 2: each buyer locks the rows of his own seats, in id order, and no others. */
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
          select id, capacity - taken as free from resource where id = any (${ids}::text[]) order by id for update`.execute(
          tx,
        )
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request, insertHold) : { kind: 'short' }
      }),
  })
}
