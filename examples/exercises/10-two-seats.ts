/**
 * Exercise 10: one lock after another, in the order in which the buyer clicked. It never sells twice.
 *
 * Your task: no hold ends in a deadlock, whatever the order of the clicks.
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
import type { HoldId, ReservationStrategy, ResourceId, StrategySettings } from 'holdfast/strategy'
import { sql } from 'kysely'

export const ledger = 'counter-rows'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  /** As the buyers clicked; a claim gets its lines sorted. */
  const clicks = new Map<HoldId, readonly ResourceId[]>()
  const reservations = reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const read: FreeUnits[] = []
        for (const id of clicks.get(request.holdId) ?? []) {
          const { rows } = await sql<FreeUnits>`
            select id, capacity - taken as free from resource where id = ${id} for update`.execute(tx)
          read.push(...rows)
        }
        await settings.criticalSection()
        return covers(read, request.lines) ? takeUnits(tx, request, insertHold) : { kind: 'short' }
      }),
  })
  return {
    ...reservations,
    hold(request) {
      clicks.set(
        request.holdId,
        request.lines.map((line) => line.resourceId),
      )
      return reservations.hold(request)
    },
  }
}
