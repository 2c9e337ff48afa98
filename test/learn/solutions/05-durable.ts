/** Exercise 5: a commit is answered when it is on disk. */
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
      inTransaction(db, 'read committed', async (tx) => {
        return takeUnitsWhereFree(tx, request, insertHold)
      }),
  })
}
