/**
 * Exercise 14: holds whose buyers have left are freed by a sweeper, and by nothing else. There is no sweeper.
 *
 * Your task: the next who wants a unit has it, as soon as its hold is due, without any other process.
 */
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
          const { rows: known } = await sql`select from resource where id = ${resourceId}`.execute(tx)
          // A resource that there is not is looked for, and reported, by reservationsOn.
          return known.length === 0 ? { kind: 'short' } : { kind: 'sold-out', resourceId }
        }
        return claim
      }),
  })
}
