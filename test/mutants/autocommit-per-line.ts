/** postgres-conditional-update, but every line's update commits by itself: a later line that is sold out leaves the first taken. */
import {
  type PostgresConnections,
  reservationsOn,
  takeUnitsWhereFree,
} from '../../strategies/ledgers/counter-rows/write.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'

export function create({ postgres: db }: PostgresConnections): ReservationStrategy {
  return reservationsOn(db, {
    // The pool instead of a transaction: there is nothing that could be rolled back.
    claim: (request) => takeUnitsWhereFree(db, request),
  })
}
