/**
 * Exercise 1, begun with nothing, and every method written: rows of resources are locked first, in id order, then the hold's;
 * the clock is read under them.
 */
import { epochMs, isHoldIdTaken, only, type PostgresConnections } from 'holdfast/postgres'
import {
  type HoldOutcome,
  type HoldRequest,
  type ReservationStrategy,
  type ResourceId,
  type StrategySettings,
  UnknownResourceError,
} from 'holdfast/strategy'
import { type Kysely, type RawBuilder, sql } from 'kysely'

export const ledger = 'counter-rows'
export const promises = { contention: 'waits' }

type Db = Kysely<unknown>
type Answer = Exclude<HoldOutcome, { kind: 'contended' }>

interface Unit {
  readonly id: ResourceId
  readonly free: number
}

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const locked = <T>(body: (tx: Db) => Promise<T>): Promise<T> => db.transaction().execute(body)
  return {
    async createResources(resources) {
      await locked(async (tx) => {
        await sql`select pg_advisory_xact_lock(hashtextextended(current_schema(), 1))`.execute(tx)
        for (const table of TABLES) await table.execute(tx)
        for (const { id, capacity } of resources)
          await sql`insert into resource (id, capacity) values (${id}, ${capacity}) on conflict do nothing`.execute(
            tx,
          )
      })
    },
    async hold(request) {
      try {
        return await locked(async (tx) => (await before(tx, request)) ?? (await claim(tx, request, settings)))
      } catch (error) {
        if (!isHoldIdTaken(error)) throw error
        return (await before(db, request)) ?? { kind: 'id-reused' }
      }
    },
    confirm: (id) =>
      locked(async (tx) => {
        const { rows } = await sql<{ status: string }>`
          select status from hold where id = ${id} for update`.execute(tx)
        if (rows[0]?.status === 'confirmed') return { kind: 'confirmed' }
        const count = await ended(tx, 'confirmed', sql`id = ${id} and deadline > clock_timestamp()`)
        return { kind: count === 1 ? 'confirmed' : 'gone' }
      }),
    release: (id) =>
      locked(async (tx) => {
        await lockResources(tx, sql`select resource_id from hold_line where hold_id = ${id}`)
        const { rows } = await sql<{ status: string }>`
          select status from hold where id = ${id} for update`.execute(tx)
        const status = rows[0]?.status
        if (status === 'released') return { kind: 'released' }
        if (status === 'confirmed') return { kind: 'already-confirmed' }
        const count = await ended(tx, 'released', sql`id = ${id} and deadline > clock_timestamp()`)
        return { kind: count === 1 ? 'released' : 'gone' }
      }),
    async availability(ids) {
      const { rows } = await sql<Unit>`
        select r.id, r.capacity - r.taken + coalesce((
          select sum(l.quantity)::integer from hold_line l
          where l.resource_id = r.id and l.status = 'held' and l.deadline <= clock_timestamp()), 0) as free
        from resource r where r.id = any (${ids}::text[])`.execute(db)
      return ids.map((id) => ({ resourceId: id, available: found(rows, id).free }))
    },
    expireDue: (limit) =>
      locked(async (tx) => {
        const { rows } = await sql<{ id: string }>`
          select id from hold where status = 'held' and deadline <= clock_timestamp()
          order by deadline limit ${limit}`.execute(tx)
        const ids = rows.map((row) => row.id)
        await lockResources(tx, sql`select resource_id from hold_line where hold_id = any (${ids}::text[])`)
        return await expired(tx, sql`select unnest(${ids}::text[])`)
      }),
    async close() {},
  }
}

/** What the first call with this id was told, or that its lines were others; undefined if there was none. */
async function before(db: Db, { holdId, lines }: HoldRequest): Promise<Answer | undefined> {
  const { rows } = await sql<{ resource_id: string; quantity: number; version: number; deadline_ms: number }>`
    select l.resource_id, l.quantity, l.version::float8 as version, ${epochMs(sql`h.deadline`)} as deadline_ms
    from hold h join hold_line l on l.hold_id = h.id where h.id = ${holdId}`.execute(db)
  const [first] = rows
  if (first === undefined) return undefined
  const isSame =
    rows.length === lines.length &&
    rows.every((row) =>
      lines.some((line) => line.resourceId === row.resource_id && line.quantity === row.quantity),
    )
  if (!isSame) return { kind: 'id-reused' }
  const versions = rows.map((row) => ({ resourceId: row.resource_id as ResourceId, version: row.version }))
  return { kind: 'held', deadlineMs: first.deadline_ms, versions, attempts: 1 }
}

async function claim(
  tx: Db,
  { holdId, lines, ttlMs }: HoldRequest,
  { criticalSection }: StrategySettings,
): Promise<Answer> {
  const ids = lines.map((line) => line.resourceId)
  await lockResources(tx, sql`select unnest(${ids}::text[])`)
  await expired(tx, sql`select hold_id from hold_line where resource_id = any (${ids}::text[])`)
  const { rows } = await sql<Unit>`
    select id, capacity - taken as free from resource where id = any (${ids}::text[])`.execute(tx)
  await criticalSection()
  const short = lines.find((line) => found(rows, line.resourceId).free < line.quantity)
  if (short !== undefined) {
    // Who waited here for the first call with this id has its answer.
    const { rows: same } = await sql`select from hold where id = ${holdId}`.execute(tx)
    if (same.length === 0) return { kind: 'sold-out', resourceId: short.resourceId, attempts: 1 }
  }
  const written = await sql<{ deadline_ms: number }>`
    insert into hold (id, deadline)
    values (${holdId}, clock_timestamp() + ${ttlMs} * interval '1 millisecond')
    returning ${epochMs(sql`deadline`)} as deadline_ms`.execute(tx)
  const versions: { resourceId: ResourceId; version: number }[] = []
  for (const [at, { resourceId, quantity }] of lines.entries()) {
    const taken = await sql<{ version: number }>`
      with r as (
        update resource set taken = taken + ${quantity}, version = version + 1 where id = ${resourceId}
        returning version
      ), l as (
        insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
        select h.id, ${at + 1}::smallint, ${resourceId}, ${quantity}::integer, r.version, h.deadline
        from r, hold h where h.id = ${holdId}
      )
      select version::float8 as version from r`.execute(tx)
    versions.push({ resourceId, version: only(taken.rows).version })
  }
  return { kind: 'held', deadlineMs: only(written.rows).deadline_ms, versions, attempts: 1 }
}

async function lockResources(tx: Db, ids: RawBuilder<unknown>): Promise<void> {
  await sql`select from resource where id in (${ids}) order by id for update`.execute(tx)
}

/** Of these holds, whose resources are locked, those that are due. */
async function expired(tx: Db, ids: RawBuilder<unknown>): Promise<number> {
  const due = sql`id in (${ids}) and status = 'held' and deadline <= clock_timestamp()`
  await sql`select from hold where ${due} order by id for update`.execute(tx)
  return await ended(tx, 'expired', due)
}

/** Only what is still held; units are free again unless it was confirmed. */
async function ended(
  tx: Db,
  status: 'confirmed' | 'released' | 'expired',
  which: RawBuilder<unknown>,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with e as (
      update hold set status = ${status} where status = 'held' and ${which} returning id
    ), l as (
      update hold_line set status = ${status} from e where hold_id = e.id returning resource_id, quantity
    ), r as (
      update resource set taken = taken - l.units, version = version + 1
      from (select resource_id, sum(quantity)::integer as units from l group by resource_id) l
      where resource.id = l.resource_id and ${status} <> 'confirmed'
    )
    select count(*)::integer as count from e`.execute(tx)
  return only(rows).count
}

function found(units: readonly Unit[], id: ResourceId): Unit {
  const unit = units.find((each) => each.id === id)
  if (unit === undefined) throw new UnknownResourceError(id)
  return unit
}

const TABLES = [
  sql`create table if not exists resource (
    id text collate "C" primary key, capacity integer not null, taken integer not null default 0,
    version bigint not null default 0)`,
  sql`create table if not exists hold (
    id text collate "C" primary key, status text not null default 'held', deadline timestamptz not null)`,
  sql`create table if not exists hold_line (
    hold_id text collate "C" not null, line smallint not null, resource_id text collate "C" not null,
    quantity integer not null, version bigint, status text not null default 'held',
    deadline timestamptz not null, primary key (hold_id, line))`,
  sql`create index if not exists hold_line_of on hold_line (resource_id) where status = 'held'`,
]
