/**
 * SELECT … FOR UPDATE, one row after another, in the order in which the buyer named the seats. Not in the
 * registry: two buyers who name them in opposite orders wait for each other, until PostgreSQL ends one of the
 * two.
 */

import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  insertHoldAndCommit,
  inTransaction,
  only,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from '../../strategies/ledgers/counter-rows/write.ts'
import type { HoldId, ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'

export function create({ postgres: db }: PostgresConnections): ReservationStrategy {
  /** The lines of a request arrive in id order: what the buyer named first is kept here. */
  const asked = new Map<HoldId, readonly ResourceId[]>()
  const inIdOrder = reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const read: FreeUnits[] = []
        for (const id of asked.get(request.holdId) ?? []) {
          const { rows } = await sql<FreeUnits>`
            select id, capacity - taken as free from resource
            where id = ${id}
            for update`.execute(tx)
          read.push(only(rows))
        }
        return covers(read, request.lines) ? takeUnits(tx, request, insertHoldAndCommit) : { kind: 'short' }
      }),
  })
  return {
    ...inIdOrder,
    async hold(request) {
      asked.set(
        request.holdId,
        request.lines.map(({ resourceId }) => resourceId),
      )
      try {
        return await inIdOrder.hold(request)
      } finally {
        asked.delete(request.holdId)
      }
    },
  }
}
