/**
 * An advisory lock at REPEATABLE READ around "count the holds, insert a hold": the snapshot is taken by the statement that
 * waits for the lock, so it is older than the lock, and what the last owner inserted is not in it.
 */
import { sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
} from '../../strategies/ledgers/counter-rows/write.ts'
import type { ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'repeatable read', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        await sql`
          select pg_advisory_xact_lock(key)
          from (
            select hashtextextended(current_schema() || ' ' || id, 0) as key from unnest(${ids}::text[]) id order by key
          ) in_order`.execute(tx)
        const { rows } = await sql<FreeUnits>`
          select r.id, (r.capacity - coalesce(sum(l.quantity), 0))::integer as free
          from resource r
          left join hold_line l on l.resource_id = r.id
            and (l.status = 'confirmed' or l.status = 'held' and l.deadline > clock_timestamp())
          where r.id = any (${ids}::text[])
          group by r.id`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? insertHold(tx, request) : { kind: 'short' }
      }),
  })
}
