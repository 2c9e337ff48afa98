/**
 * Check, then act: the control. It is wrong on purpose, and every run must catch it.
 *
 * Mechanism: read how many units are free; if there are enough, write that they are taken. Both in one
 * transaction at READ COMMITTED, which is what most code does by default, and which does not help.
 *
 * How it oversells, one seat, two buyers:
 *
 *     Alice: select … → 1 free
 *     Bob:   select … → 1 free          (Alice has written nothing yet)
 *     Alice: update …, insert hold, commit → held
 *     Bob:   update …, insert hold, commit → held    (waits for Alice's lock, and goes on: it has checked)
 *
 * This is the double booking that the double booking article (003) opens with.
 *
 * Deadline: the server's clock. Round trips per hold: 3 (BEGIN with the select; the update; the insert with
 * COMMIT), one more update per further line.
 * Weakness: it sells one thing twice.
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
          where id = any (${ids}::text[])`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request, insertHoldAndCommit) : { kind: 'short' }
      }),
  })
}
