/**
 * Exercise 11: a confirm that looks whether it is in time, and then confirms.
 *
 * Your task: no hold is both confirmed and expired. The rest of the strategy is right.
 */
import {
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnitsWhereFree,
} from 'holdfast/postgres'
import type { ReservationStrategy } from 'holdfast/strategy'
import { sql } from 'kysely'

export const ledger = 'counter-rows'

export function create({ postgres: db }: PostgresConnections): ReservationStrategy {
  const reservations = reservationsOn(db, {
    claim: (request) => inTransaction(db, 'read committed', (tx) => takeUnitsWhereFree(tx, request)),
  })
  return {
    ...reservations,
    async confirm(holdId) {
      const { rows } = await sql<{ readonly status: string; readonly is_alive: boolean }>`
        select status, deadline > clock_timestamp() as is_alive from hold where id = ${holdId}`.execute(db)
      const [hold] = rows
      if (hold?.status === 'confirmed') return { kind: 'confirmed' }
      if (hold?.status !== 'held' || !hold.is_alive) return { kind: 'gone' }
      // The hold and its lines, in one statement.
      await sql`
        with confirmed as (update hold set status = 'confirmed' where id = ${holdId} returning id)
        update hold_line l set status = 'confirmed' from confirmed where l.hold_id = confirmed.id`.execute(db)
      return { kind: 'confirmed' }
    },
  }
}
