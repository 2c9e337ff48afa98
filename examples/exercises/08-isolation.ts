/**
 * Exercise 8: there is no counter. How much is free is counted from the lines of all holds, at REPEATABLE READ. Each row is
 * written by one buyer alone, so no two of them ever conflict.
 *
 * Your task: each unit is sold once. The count may stay as it is.
 */
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

export const promises = { contention: 'retries' }

const ATTEMPTS_MAX = 10

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
    attemptsMax: ATTEMPTS_MAX,
    random: settings.random,
    claim: (request) =>
      inTransaction(db, 'repeatable read', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        const { rows } = await sql<FreeUnits>`
          select r.id, r.capacity - ${TAKEN} as free from resource r
          where r.id = any (${ids}::text[])`.execute(tx)
        await settings.criticalSection()
        return covers(rows, request.lines) ? insertHold(tx, request) : { kind: 'short' }
      }),
  })
}
