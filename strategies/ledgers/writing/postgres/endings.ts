/**
 * How a hold ends: confirmed, released or expired. The same for every technique and every way of counting
 * units.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { ConfirmOutcome, HoldId, Line, ReleaseOutcome } from '../../../strategy.ts'
import { only } from './sql.ts'
import type { TakenUnits } from './taken-units.ts'

/** How many due holds one buyer frees before claiming: bounds the locks of one transaction. */
const RECLAIMED_PER_LOOK_MAX = 500

export async function confirm(db: Kysely<unknown>, id: HoldId): Promise<ConfirmOutcome> {
  const { rows } = await sql<{ confirmed: number }>`
    with locked as materialized (
      select id from hold where id = ${id} and status = 'held' for update
    ), confirmed as (
      update hold set status = 'confirmed'
      where id in (select id from locked) and deadline > (select clock_timestamp() from locked)
      returning id
    ), lines as (
      update hold_line l set status = 'confirmed' from confirmed where l.hold_id = confirmed.id
    )
    select count(*)::integer as confirmed from confirmed`.execute(db)
  if (only(rows).confirmed === 1) return { kind: 'confirmed' }
  return (await statusOf(db, id)) === 'confirmed' ? { kind: 'confirmed' } : { kind: 'gone' }
}

export async function release(db: Kysely<unknown>, units: TakenUnits, id: HoldId): Promise<ReleaseOutcome> {
  const released = await endHolds(db, units, 'released', sql`select ${id}::text as hold_id`)
  return released === 1 ? { kind: 'released' } : whyNotReleased(db, id)
}

/** Expires the holds that are due on any of these lines' resources, up to the limit for one buyer. */
export async function expireDueOn(
  db: Kysely<unknown>,
  units: TakenUnits,
  lines: readonly Line[],
): Promise<void> {
  // `(select clock_timestamp())` is read once, so that the index can be used; the deadline
  // is compared again below.
  await endHolds(
    db,
    units,
    'expired',
    sql`
      select distinct hold_id from hold_line
      where resource_id = any (${lines.map((line) => line.resourceId)}::text[])
        and status = 'held' and deadline <= (select clock_timestamp())
      limit ${RECLAIMED_PER_LOOK_MAX}`,
  )
}

/** One step of a sweeper: expires at most `limit` due holds, the longest due first, and returns how many. */
export function expireDue(db: Kysely<unknown>, units: TakenUnits, limit: number): Promise<number> {
  return endHolds(
    db,
    units,
    'expired',
    sql`
      select id as hold_id from hold
      where status = 'held' and deadline <= (select clock_timestamp())
      order by deadline limit ${limit}`,
  )
}

/**
 * Ends the chosen holds (a query of `hold_id`s) and frees their units; returns how many it ended. It releases
 * only live holds and expires only due ones: the deadline is compared once the locks are held, so that it and
 * a confirm at the deadline cannot both succeed.
 */
async function endHolds(
  db: Kysely<unknown>,
  units: TakenUnits,
  status: 'released' | 'expired',
  chosen: RawBuilder<unknown>,
): Promise<number> {
  const onTime = status === 'released' ? sql`h.deadline >` : sql`h.deadline <=`
  const { rows } = await sql<{ ended: number }>`
    with chosen as materialized (${chosen}),
    resources as materialized (${units.lock}),
    locked as materialized (
      select id from hold
      where id in (select hold_id from chosen) and status = 'held' and (select count(*) from resources) >= 0
      order by id
      for update
    ), ended as (
      update hold h set status = ${status}
      where h.id in (select id from locked) and ${onTime} (select clock_timestamp() from locked limit 1)
      returning h.id
    ), freed as (
      update hold_line l set status = ${status} from ended where l.hold_id = ended.id
      returning l.hold_id, l.resource_id, l.quantity
    ), uncounted as (${units.free})
    select count(*)::integer as ended from ended`.execute(db)
  return only(rows).ended
}

async function whyNotReleased(db: Kysely<unknown>, id: HoldId): Promise<ReleaseOutcome> {
  switch (await statusOf(db, id)) {
    case 'released':
      return { kind: 'released' }
    case 'confirmed':
      return { kind: 'already-confirmed' }
    default:
      return { kind: 'gone' }
  }
}

async function statusOf(db: Kysely<unknown>, id: HoldId): Promise<string | undefined> {
  const { rows } = await sql<{ status: string }>`select status from hold where id = ${id}`.execute(db)
  return rows[0]?.status
}
