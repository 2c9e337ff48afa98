/**
 * Counter rows: `resource.taken` counts the units of held and confirmed holds; a hold is a row of `hold`,
 * plus a row of `hold_line` for each line. The tables are defined in `writing/postgres/tables.ts`. A strategy
 * adds how it claims units.
 */
import { type Kysely, sql } from 'kysely'
import type { HoldRequest, LineVersion, ReservationStrategy } from '../../strategy.ts'
import { type Claim, type InsertHold, insertHold } from '../writing/postgres/claim.ts'
import { reservationsWith, type Technique } from '../writing/postgres/reservations.ts'
import { only } from '../writing/postgres/sql.ts'
import type { TakenUnits } from '../writing/postgres/taken-units.ts'

export {
  type Claim,
  type ClaimOnce,
  covers,
  type FreeUnits,
  insertHold,
  insertHoldAndCommit,
  inTransaction,
} from '../writing/postgres/claim.ts'
export type { PostgresConnections } from '../writing/postgres/connections.ts'
export { isHoldIdTaken } from '../writing/postgres/errors.ts'
export { epochMs, only } from '../writing/postgres/sql.ts'
export type { TakenUnits } from '../writing/postgres/taken-units.ts'

/**
 * A technique on the shared tables. If it counts taken units elsewhere than in `resource.taken`, it says
 * where.
 */
export interface TechniqueOnRows extends Technique {
  readonly units?: TakenUnits
}

const OPTIONS: Readonly<Record<keyof TechniqueOnRows, true>> = {
  claim: true,
  attemptsMax: true,
  confirm: true,
  random: true,
  units: true,
}

/**
 * Makes a strategy from a technique. Throws a `TypeError` for an unknown option, which would otherwise be
 * ignored silently.
 */
export function reservationsOn(db: Kysely<unknown>, technique: TechniqueOnRows): ReservationStrategy {
  const unknown = Object.keys(technique).find((option) => !Object.hasOwn(OPTIONS, option))
  if (unknown !== undefined) {
    throw new TypeError(
      `reservationsOn has no option "${unknown}"; the options are ${Object.keys(OPTIONS).join(', ')}`,
    )
  }
  const { units = counted, ...rest } = technique
  return reservationsWith(db, { units }, rest)
}

const counted: TakenUnits = {
  taken: sql`r.taken`,
  lock: sql`
    select r.id from resource r
    where r.id in (select l.resource_id from hold_line l where l.hold_id in (select hold_id from chosen))
    order by r.id
    for update`,
  free: sql`
    update resource r set taken = r.taken - f.quantity, version = r.version + 1
    from (select resource_id, sum(quantity)::integer as quantity from freed group by resource_id) f
    where r.id = f.resource_id`,
}

/**
 * The act of check-then-act: counts the units as taken, without checking again, and writes the hold by
 * `insert`: with COMMIT if nothing follows.
 */
export async function takeUnits(
  tx: Kysely<unknown>,
  request: HoldRequest,
  insert: InsertHold = insertHold,
): Promise<Claim> {
  const versions: LineVersion[] = []
  for (const { resourceId, quantity } of request.lines) {
    const { rows } = await sql<{ version: number }>`
      update resource set taken = taken + ${quantity}, version = version + 1
      where id = ${resourceId}
      returning version::float8 as version`.execute(tx)
    versions.push({ resourceId, version: only(rows).version })
  }
  return insert(tx, request, versions)
}

/**
 * Check and act in one statement per line: counts the units as taken if they are available, and writes the
 * hold by `insert`. It stops at the first line that is short; the caller must then roll back.
 */
export async function takeUnitsWhereFree(
  tx: Kysely<unknown>,
  request: HoldRequest,
  insert: InsertHold = insertHold,
): Promise<Claim> {
  const versions: LineVersion[] = []
  for (const { resourceId, quantity } of request.lines) {
    const { rows } = await sql<{ version: number }>`
      update resource set taken = taken + ${quantity}, version = version + 1
      where id = ${resourceId} and taken + ${quantity} <= capacity
      returning version::float8 as version`.execute(tx)
    const [row] = rows
    if (row === undefined) return { kind: 'short' }
    versions.push({ resourceId, version: row.version })
  }
  return insert(tx, request, versions)
}
