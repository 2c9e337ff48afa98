/** Exercise 11: the state and the deadline are compared where the state is changed, under the lock of the row. */
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
      // The clock is read once the row is locked: who waited for it may be late by then.
      const { rows } = await sql`
        with locked as materialized (
          select id from hold where id = ${holdId} and status = 'held' for update
        ), confirmed as (
          update hold set status = 'confirmed'
          where id in (select id from locked) and deadline > (select clock_timestamp() from locked)
          returning id
        )
        update hold_line l set status = 'confirmed' from confirmed where l.hold_id = confirmed.id
        returning l.hold_id`.execute(db)
      if (rows.length > 0) return { kind: 'confirmed' }
      const before = await sql`select from hold where id = ${holdId} and status = 'confirmed'`.execute(db)
      return { kind: before.rows.length > 0 ? 'confirmed' : 'gone' }
    },
  }
}
