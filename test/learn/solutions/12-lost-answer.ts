/** Exercise 12: an id that is there already fails, and takes everything of the call back with it. */
import {
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnitsWhereFree,
} from 'holdfast/postgres'
import type { ReservationStrategy } from 'holdfast/strategy'

export const ledger = 'counter-rows'

export function create({ postgres: db }: PostgresConnections): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', (tx) => takeUnitsWhereFree(tx, request, insertHold)),
  })
}
