/**
 * postgres-advisory-lock, but the lock is the session's and goes through the pool: it is taken on whichever connection
 * comes, and released on another, which does not have it. The next caller that gets the first connection has the lock too.
 */
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
    async claim(request) {
      const ids = request.lines.map((line) => line.resourceId)
      const { rows: locked } = await sql<{ had: boolean }>`
        select bool_and(pg_try_advisory_lock(hashtextextended(current_schema() || id, 0))) as had
        from unnest(${ids}::text[]) id`.execute(db)
      if (locked[0]?.had !== true) return { kind: 'contended', reason: 'lock-not-available' }
      try {
        return await inTransaction(db, 'read committed', async (tx) => {
          const { rows } = await sql<FreeUnits>`
            select id, capacity - taken as free from resource where id = any (${ids}::text[])`.execute(tx)
          await settings.criticalSection()
          return covers(rows, request.lines) ? takeUnits(tx, request) : { kind: 'short' }
        })
      } finally {
        await sql`
          select pg_advisory_unlock(hashtextextended(current_schema() || id, 0)) from unnest(${ids}::text[]) id`.execute(
          db,
        )
      }
    },
  })
}
