/**
 * Reads a PostgreSQL namespace at rest, in one snapshot, with statements of its own: it shares no code with the
 * strategies, so that a mistake of theirs is not repeated here.
 *
 * The tables are those of `strategies/backends/`. A counter (or a unit's row) still counts a hold that is due until
 * somebody frees it; that is lazy expiry and no fault. So the counter is compared with the lines that nobody ended yet,
 * due ones included, and what is then reported as taken leaves the due ones out.
 */
import type pg from 'pg'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import { invokedNowUs } from '../clock.ts'
import type { AuditRecord, StoredStatus } from '../history/record.ts'
import { type StoreReading, summarized, type Unaudited } from './store-reading.ts'

export interface PostgresStore {
  readonly schema: string
  /** Connections outside the pool under test. */
  readonly observer: pg.Pool
}

export async function readPostgres(
  store: PostgresStore,
  skip: { readonly prefix: string },
): Promise<StoreReading | Unaudited> {
  const takenUs = invokedNowUs()
  const client = await store.observer.connect()
  try {
    await client.query('begin isolation level repeatable read, read only')
    await client.query(`select set_config('search_path', $1, true)`, [quoted(store.schema)])
    const ledger = await findLedger(client)
    if (ledger === 'none') {
      return { kind: 'unaudited', reason: `schema "${store.schema}" has no tables that the audit knows` }
    }
    // One moment for all that follows: a hold that falls due between two statements is due in both or in neither.
    const now = await clock(client)
    const complaints: string[] = []
    for (const rule of [...RULES, ...(ledger === 'units' ? UNIT_RULES : COUNTER_RULES)]) {
      const { rows } = await client.query<Finding>(rule.sql)
      complaints.push(...rows.map(rule.sentence))
    }
    const holds = await readHolds(client, now, skip.prefix)
    const resources = await readResources(client, now, skip.prefix, ledger)
    return { kind: 'read', takenUs, resources, holds, complaints: summarized(complaints) }
  } finally {
    // The transaction only read; if even its end fails, the connection is not fit to be used again.
    await client.query('rollback').then(
      () => client.release(),
      (error: Error) => client.release(error),
    )
  }
}

/** What became of one hold. `not-kept-here` where there is no table of holds. */
export async function statusInPostgres(
  { observer, schema }: PostgresStore,
  id: string,
): Promise<StoredStatus | 'none' | 'not-kept-here'> {
  const table = `${quoted(schema)}.hold`
  const { rows: tables } = await observer.query<{ is_there: boolean }>(
    'select to_regclass($1) is not null as is_there',
    [table],
  )
  if (tables[0]?.is_there !== true) return 'not-kept-here'
  const { rows } = await observer.query<{ status: StoredStatus }>(
    `select status from ${table} where id = $1`,
    [id],
  )
  return rows[0]?.status ?? 'none'
}

/** Whether a hold whose record is elsewhere became a sale; only PostgreSQL makes one. */
export async function isSoldInPostgres({ observer, schema }: PostgresStore, id: string): Promise<boolean> {
  const { rows } = await observer.query(`select from ${quoted(schema)}.sale where hold_id = $1 limit 1`, [id])
  return rows.length > 0
}

type Ledger = 'counters' | 'units' | 'none'

/** Every rule's statement names what it found in these columns. */
interface Finding {
  readonly id: string
  readonly other: string
  readonly stored: string
  readonly expected: string
}

interface Rule {
  readonly sql: string
  readonly sentence: (found: Finding) => string
}

/** What holds for the rows whatever the technique. */
const RULES: readonly Rule[] = [
  {
    sql: `
      select h.id from hold h
      where not exists (select from hold_line l where l.hold_id = h.id) order by h.id`,
    sentence: ({ id }) => `hold ${id} has no lines`,
  },
  {
    sql: `
      select distinct l.hold_id as id from hold_line l
      where not exists (select from hold h where h.id = l.hold_id) order by 1`,
    sentence: ({ id }) => `there are lines of hold ${id}, but no such hold`,
  },
  {
    sql: `
      select l.hold_id as id, l.resource_id as other, l.status as stored, h.status as expected
      from hold_line l join hold h on h.id = l.hold_id
      where l.status <> h.status order by l.hold_id, l.line`,
    sentence: ({ id, other, stored, expected }) =>
      `hold ${id} is ${expected}, but its line on ${other} is ${stored}`,
  },
  {
    sql: `
      select l.hold_id as id, l.resource_id as other, l.deadline::text as stored, h.deadline::text as expected
      from hold_line l join hold h on h.id = l.hold_id
      where l.deadline <> h.deadline order by l.hold_id, l.line`,
    sentence: ({ id, other, stored, expected }) =>
      `hold ${id} ends at ${expected}, but its line on ${other} at ${stored}`,
  },
  {
    sql: `
      select h.id, h.status as stored from hold h
      where h.status not in ('held', 'confirmed', 'released', 'expired') order by h.id`,
    sentence: ({ id, stored }) => `hold ${id} is "${stored}", which is no status`,
  },
  {
    sql: `
      select hold_id as id, resource_id as other, count(*)::text as stored from hold_line
      group by 1, 2 having count(*) > 1 order by 1, 2`,
    sentence: ({ id, other, stored }) => `hold ${id} has ${stored} lines on ${other}`,
  },
  {
    sql: `
      select l.hold_id as id, l.resource_id as other from hold_line l
      where not exists (select from resource r where r.id = l.resource_id) order by 1, 2`,
    sentence: ({ id, other }) => `hold ${id} has a line on ${other}, which does not exist`,
  },
]

/** Where `resource.taken` counts. A negative counter differs from every sum of lines. */
const COUNTER_RULES: readonly Rule[] = [
  {
    sql: `
      select r.id, r.taken::text as stored, coalesce(l.units, 0)::text as expected
      from resource r left join (
        select resource_id, sum(quantity) as units from hold_line
        where status in ('held', 'confirmed') group by resource_id
      ) l on l.resource_id = r.id
      where r.taken <> coalesce(l.units, 0) order by r.id`,
    sentence: ({ id, stored, expected }) =>
      `${id} counts ${stored} units as taken, but its holds have ${expected}`,
  },
]

/** Where every unit is a row that names its hold. */
const UNIT_RULES: readonly Rule[] = [
  {
    sql: `
      with named as (
        select hold_id, resource_id, count(*) as units from unit where hold_id is not null group by 1, 2
      ), live as (
        select hold_id, resource_id, sum(quantity) as units from hold_line
        where status in ('held', 'confirmed') group by 1, 2
      )
      select hold_id as id, resource_id as other,
        coalesce(named.units, 0)::text as stored, coalesce(live.units, 0)::text as expected
      from named full join live using (hold_id, resource_id)
      where coalesce(named.units, 0) <> coalesce(live.units, 0) order by 1, 2`,
    sentence: ({ id, other, stored, expected }) =>
      expected === '0'
        ? `${stored} units of ${other} still name hold ${id}, which has ended or never was`
        : `${stored} units of ${other} name hold ${id}, but it has ${expected}`,
  },
  {
    sql: `
      select r.id, count(u.unit_no)::text as stored, r.capacity::text as expected
      from resource r left join unit u on u.resource_id = r.id
      group by r.id having count(u.unit_no) <> r.capacity order by r.id`,
    sentence: ({ id, stored, expected }) => `${id} has ${stored} unit rows, but a capacity of ${expected}`,
  },
]

async function findLedger(client: pg.PoolClient): Promise<Ledger> {
  const { rows } = await client.query<{ tables: string[] }>(`
    select coalesce(array_agg(tablename::text), '{}') as tables from pg_tables
    where schemaname = current_schema() and tablename in ('resource', 'hold', 'hold_line', 'unit')`)
  const tables = new Set(rows[0]?.tables)
  if (!['resource', 'hold', 'hold_line'].every((table) => tables.has(table))) return 'none'
  return tables.has('unit') ? 'units' : 'counters'
}

async function clock(client: pg.PoolClient): Promise<string> {
  const { rows } = await client.query<{ now: string }>('select clock_timestamp()::text as now')
  const now = rows[0]?.now
  if (now === undefined) throw new Error('the engine did not tell the time')
  return now
}

async function readHolds(client: pg.PoolClient, now: string, skipped: string): Promise<AuditRecord['holds']> {
  const { rows } = await client.query<{
    id: HoldId
    status: StoredStatus
    deadline_ms: number
    resource_ids: ResourceId[]
    quantities: number[]
  }>(
    `
    select
      h.id,
      case when h.status = 'held' and h.deadline <= $1::timestamptz then 'expired' else h.status end as status,
      (extract(epoch from h.deadline) * 1000)::float8 as deadline_ms,
      array_agg(l.resource_id order by l.line) as resource_ids,
      array_agg(l.quantity order by l.line) as quantities
    from hold h join hold_line l on l.hold_id = h.id
    where ($2 = '' or not starts_with(h.id, $2))
    group by h.id`,
    [now, skipped],
  )
  return rows.map(({ id, status, deadline_ms: deadlineMs, resource_ids, quantities }) => ({
    id,
    status,
    lines: resource_ids.map((resourceId, line) => [resourceId, quantities[line] ?? 0] as const),
    deadlineMs,
  }))
}

async function readResources(
  client: pg.PoolClient,
  now: string,
  skipped: string,
  ledger: 'counters' | 'units',
): Promise<AuditRecord['resources']> {
  const counted =
    ledger === 'units'
      ? 'select resource_id as id, count(hold_id) as units from unit group by resource_id'
      : 'select id, taken as units from resource'
  const { rows } = await client.query<{ id: ResourceId; taken: number }>(
    `
    with counted as (${counted}), due as (
      select resource_id as id, sum(quantity) as units from hold_line
      where status = 'held' and deadline <= $1::timestamptz group by resource_id
    )
    select r.id, (coalesce(counted.units, 0) - coalesce(due.units, 0))::float8 as taken
    from resource r left join counted using (id) left join due using (id)
    where ($2 = '' or not starts_with(r.id, $2)) order by r.id`,
    [now, skipped],
  )
  return rows
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
