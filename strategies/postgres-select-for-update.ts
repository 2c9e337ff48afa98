/**
 * SELECT … FOR UPDATE: lock the rows first, then read, check and write.
 *
 * Mechanism: the resources' rows are locked in id order; the second transaction waits until the first
 * commits, and then reads what it wrote.
 *
 * Why it cannot oversell: no other transaction can change or lock the row between the read and the commit.
 *
 *     Alice: select … for update → 1 free
 *     Bob:   select … for update … waits
 *     Alice: update, insert hold, commit → held
 *     Bob:   … → 0 free → sold out
 *
 * Why it cannot deadlock: every transaction locks in id order (`order by` in the locking select itself,
 * since a join or an `in` list promises no order).
 *
 * Deadline: the server's clock, read when the hold is written. Round trips per hold: 3 (BEGIN with the
 * locking select; the update; the insert with COMMIT).
 * Weakness: the row is locked for as long as the application takes between read and commit, L ms, so a hot
 * seat is sold or refused at most 1000 / L times a second, and every waiter occupies a connection, which
 * buyers of other seats then lack (Vetora's naive Ticketmaster, 001). The queue is not fair: when the
 * row is updated, those who wait race for its new version.
 */
import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  insertHoldAndCommit,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from './ledgers/counter-rows/write.ts'
import type { ReservationStrategy, StrategySettings } from './strategy.ts'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource
          where id = any (${ids}::text[])
          order by id
          for update`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request, insertHoldAndCommit) : { kind: 'short' }
      }),
  })
}
