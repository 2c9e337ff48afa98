/**
 * Exercise 5: a conditional update, made faster by somebody. All tests are green, until a server is killed during a sale.
 *
 * Your task: what was answered is kept. Find out what the gain was made of.
 */
import {
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnitsWhereFree,
} from 'holdfast/postgres'
import type { ReservationStrategy } from 'holdfast/strategy'
import { sql } from 'kysely'

export const ledger = 'counter-rows'

export function create({ postgres: db }: PostgresConnections): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        // Holds are short-lived anyway, and this is three times as fast.
        await sql`set synchronous_commit = off`.execute(tx)
        return takeUnitsWhereFree(tx, request, insertHold)
      }),
  })
}
