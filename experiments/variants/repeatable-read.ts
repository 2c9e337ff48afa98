/**
 * Read, check and write at REPEATABLE READ: the statements of postgres-naive and postgres-serializable, at
 * the level between theirs. Not in the registry: it is safe only because the row that is read is the row that
 * is written, so that the second writer fails with 40001. A check that counts other rows would oversell.
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
} from '../../strategies/ledgers/counter-rows/write.ts'
import type { ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'

/** As many as postgres-serializable has. */
const ATTEMPTS_MAX = 10

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    attemptsMax: ATTEMPTS_MAX,
    random: settings.random,
    claim: (request) =>
      inTransaction(db, 'repeatable read', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource
          where id = any (${ids}::text[])`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request, insertHoldAndCommit) : { kind: 'short' }
      }),
  })
}
