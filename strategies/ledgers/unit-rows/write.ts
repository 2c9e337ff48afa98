/**
 * Unit rows: every unit is a row of `unit`, which is taken while it names a hold. Holds and their lines are
 * rows as with counter rows; `resource.taken` is not used. A strategy adds how it claims units.
 */
import { type Kysely, sql } from 'kysely'
import { InvalidRequestError, type ReservationStrategy, type Resource } from '../../strategy.ts'
import { reservationsWith, type Technique } from '../writing/postgres/reservations.ts'
import { alone } from '../writing/postgres/tables.ts'
import type { TakenUnits } from '../writing/postgres/taken-units.ts'

export { insertHold, insertHoldAndCommit, inTransaction } from '../writing/postgres/claim.ts'
export type { PostgresConnections } from '../writing/postgres/connections.ts'

/** Makes a strategy from a technique. */
export function reservationsOn(db: Kysely<unknown>, technique: Technique): ReservationStrategy {
  return reservationsWith(db, { units: named, prepare: createUnits }, technique)
}

/** Claims skip locked units, so no caller waits for one. */
const named: TakenUnits = {
  taken: sql`(select count(*) from unit u where u.resource_id = r.id and u.hold_id is not null)::integer`,
  lock: sql`select 1`,
  free: sql`update unit set hold_id = null where hold_id in (select hold_id from freed)`,
}

async function createUnits(db: Kysely<unknown>, resources: readonly Resource[]): Promise<void> {
  await createUnitTable(db)
  await insertUnits(db, resources)
}

function createUnitTable(db: Kysely<unknown>): Promise<void> {
  return alone(db, 'unit_hold', async (tx) => {
    await sql`
      create table if not exists unit (
        resource_id text    collate "C" not null,
        unit_no     integer not null,
        hold_id     text collate "C",
        primary key (resource_id, unit_no)
      ) with (fillfactor = 50)`.execute(tx)
    await sql`
      create index if not exists unit_free on unit (resource_id, unit_no) where hold_id is null`.execute(tx)
    await sql`create index if not exists unit_hold on unit (hold_id) where hold_id is not null`.execute(tx)
  })
}

/** Each unit is a row: more than this would fill the disk before the first sale. */
const UNIT_ROWS_MAX = 1_000_000

/** Inserts the missing unit rows. Throws `InvalidRequestError` for a resource that is too large. */
async function insertUnits(db: Kysely<unknown>, resources: readonly Resource[]): Promise<void> {
  const large = resources.find((resource) => resource.capacity > UNIT_ROWS_MAX)
  if (large !== undefined) {
    throw new InvalidRequestError(
      `"${large.id}" has ${large.capacity} units; unit rows are created for at most ${UNIT_ROWS_MAX}`,
    )
  }
  await sql`
    insert into unit (resource_id, unit_no)
    select r.id, n
    from unnest(${resources.map((r) => r.id)}::text[], ${resources.map((r) => r.capacity)}::integer[]) r (id, capacity),
      generate_series(1, r.capacity) n
    on conflict do nothing`.execute(db)
}
