/** postgres-optimistic-version, but the update forgot `and version = …`: what was read is not what is written over. */
import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from '../../strategies/ledgers/counter-rows/write.ts'
import type { ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    attemptsMax: 10,
    random: settings.random,
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const { rows } = await sql<FreeUnits & { version: number }>`
          select id, capacity - taken as free, version::float8 as version from resource
          where id = any (${request.lines.map((line) => line.resourceId)}::text[])`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? takeUnits(tx, request) : { kind: 'short' }
      }),
  })
}
