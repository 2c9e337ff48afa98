/** Exercise 8: buyers meet at the row of the resource, and count when they have it; nobody retries. */
import {
  covers,
  type FreeUnits,
  insertHold,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  type TakenUnits,
} from 'holdfast/postgres'
import type { ReservationStrategy, StrategySettings } from 'holdfast/strategy'
import { sql } from 'kysely'

const TAKEN = sql`(
  select coalesce(sum(l.quantity), 0)::integer from hold_line l
  where l.resource_id = r.id and l.status in ('held', 'confirmed'))`

/** Where units are counted: in the lines, which say themselves whether they still count. */
const units: TakenUnits = {
  taken: TAKEN,
  lock: sql`
    select r.id from resource r
    where r.id in (select l.resource_id from hold_line l where l.hold_id in (select hold_id from chosen))
    order by r.id
    for update`,
  free: sql`select count(*) from freed`,
}

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  return reservationsOn(db, {
    units,
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        await sql`select id from resource where id = any (${ids}::text[]) order by id for update`.execute(tx)
        const { rows } = await sql<FreeUnits>`
          select r.id, r.capacity - ${TAKEN} as free from resource r
          where r.id = any (${ids}::text[])`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? insertHold(tx, request) : { kind: 'short' }
      }),
  })
}
