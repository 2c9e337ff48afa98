/**
 * Exercise 15: a waiting room inside one process. Eight claims are at work at most, 32 wait in their order, and all others are
 * told to come again.
 *
 * Your task: these limits hold whatever happens inside, and nobody waits while a place is free.
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
        await new Promise<void>((resolve) => line.push(resolve))
      }
      inside++
      const outcome = await reservations.hold(request)
      inside--
      line.shift()?.()
      return outcome
    },
  }
}
