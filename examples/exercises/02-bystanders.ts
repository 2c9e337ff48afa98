/**
 * Exercise 2: it sells nothing twice, and while one buyer is at one seat, the whole venue waits.
 *
 * Your task: buyers of different seats do not wait for each other, and each seat is still sold once.
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
        // One buyer at a time: the first row stands for the venue.
        await sql`select id from resource order by id limit 1 for update`.execute(tx)
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource where id = any (${ids}::text[])`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request, insertHold) : { kind: 'short' }
      }),
  })
}
