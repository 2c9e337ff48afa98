/** Exercise 15: a place is left on every way out, and handed to the first who waits. */
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

const INSIDE_MAX = 8
const WAITING_MAX = 32

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const reservations = reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource
          where id = any (${ids}::text[])
          order by id
          for update`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request, insertHold) : { kind: 'short' }
      }),
  })

  let inside = 0
  const line: (() => void)[] = []

  return {
    ...reservations,
    async hold(request) {
      if (inside >= INSIDE_MAX) {
        if (line.length >= WAITING_MAX) return { kind: 'contended', reason: 'queue-full', attempts: 1 }
        // Woken with the place of the one who leaves, which nobody else can take meanwhile.
        await new Promise<void>((resolve) => line.push(resolve))
      } else inside++
      try {
        return await reservations.hold(request)
      } finally {
        const next = line.shift()
        if (next === undefined) inside--
        else next()
      }
    },
  }
}
