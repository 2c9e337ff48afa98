/** Exercise 14: a claim that is short looks for what is due, frees it, and tries again. */
import { insertHold, inTransaction, type PostgresConnections, reservationsOn } from 'holdfast/postgres'
import type { ReservationStrategy } from 'holdfast/strategy'
import { sql } from 'kysely'

export const ledger = 'counter-rows'

export function create({ postgres: db }: PostgresConnections): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        // A repeated id fails here, and is answered as the first time.
        const claim = await insertHold(tx, request)
        for (const { resourceId, quantity } of request.lines) {
          const { rows } = await sql`
            update resource set taken = taken + ${quantity}, version = version + 1
            where id = ${resourceId} and taken + ${quantity} <= capacity
            returning id`.execute(tx)
          if (rows.length > 0) continue
          // Whether it is really sold out, or due, or not there, is looked for by reservationsOn.
          return { kind: 'short' }
        }
        return claim
      }),
  })
}
