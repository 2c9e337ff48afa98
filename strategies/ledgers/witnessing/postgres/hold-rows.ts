/**
 * Reads the ledgers in PostgreSQL that have a row of `hold` for each hold and of `hold_line` for each of its
 * lines. A counter (or a unit's row) still includes a due hold until a later call frees it; that is lazy
 * expiry and no fault. So the counter is compared with the lines of all holds that are not ended yet, due
 * ones included, and the units reported as taken leave the due ones out.
 */
import type pg from 'pg'
import type { HoldId, ResourceId } from '../../../strategy.ts'
import type {
  FoundStatus,
  LineRecord,
  NotRead,
  ReadOrder,
  StoredHold,
  StoredStatus,
  StoreReading,
  Stores,
  Witness,
} from '../../ledger.ts'
import { type PostgresStore, postgresIn } from '../../stores.ts'
import { summarized } from '../complaints.ts'
import { EVERYTHING, soldOf } from '../sold.ts'
import { type Finding, HOLD_RULES, type StoreRule } from './rules.ts'
import { inSnapshot, isOfOtherTables, missingOf, quoted } from './snapshot.ts'

const TABLES = ['resource', 'hold', 'hold_line'] as const

/** How a ledger counts the units that are taken. */
export interface Counted {
  /** Besides the tables of resources, holds and their lines. */
  readonly tables: readonly string[]
  /** A query of (id, units): what each resource has taken, due holds included. */
  readonly counted: string
  readonly rules: readonly StoreRule[]
}

export function witnessOf(counted: Counted): Witness {
  const read = (stores: Stores, order: ReadOrder) => readRows(postgresIn(stores), counted, order)
  return {
    read,
    status: (stores, id) => statusOf(postgresIn(stores), id),
    sold: async (stores) => soldOf(await read(stores, EVERYTHING)),
    keepsResourcesIn: ['postgres'],
  }
}

async function readRows(
  store: PostgresStore,
  { tables, counted, rules }: Counted,
  { skip, begins }: ReadOrder,
): Promise<StoreReading | NotRead> {
  begins()
  const missing = await missingOf(store, [...TABLES, ...tables])
  if (missing.length > 0) {
    return { kind: 'not-read', reason: `schema "${store.schema}" has no table ${missing.join(', ')}` }
  }
  try {
    return await inSnapshot(store, async (client, now) => {
      const complaints: string[] = []
      for (const { sql, sentence } of [...HOLD_RULES, ...rules]) {
        const { rows } = await client.query<Finding>(sql)
        complaints.push(...rows.map(sentence))
      }
      const holds = await readHolds(client, now, skip.prefix)
      const resources = await readResources(client, now, skip.prefix, counted)
      return { kind: 'read', resources, holds, complaints: summarized(complaints) }
    })
  } catch (error) {
    if (!isOfOtherTables(error)) throw error
    return { kind: 'not-read', reason: `schema "${store.schema}" has other tables: ${error.message}` }
  }
}

async function readHolds(
  client: pg.PoolClient,
  now: string,
  skipped: string,
): Promise<readonly StoredHold[]> {
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
    lines: resource_ids.map((resourceId, line): LineRecord => [resourceId, quantities[line] ?? 0]),
    deadlineMs,
  }))
}

async function readResources(
  client: pg.PoolClient,
  now: string,
  skipped: string,
  counted: string,
): Promise<StoreReading['resources']> {
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

async function statusOf({ observer, schema }: PostgresStore, id: HoldId): Promise<FoundStatus> {
  const { rows } = await observer.query<{ status: StoredStatus }>(
    `select status from ${quoted(schema)}.hold where id = $1`,
    [id],
  )
  return rows[0]?.status ?? 'none'
}
