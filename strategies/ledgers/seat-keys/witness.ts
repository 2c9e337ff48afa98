/**
 * Reads seat keys: a key per unit names its hold and expires with it; the key of a sold unit never expires.
 * Redis says who holds what, and only PostgreSQL says what was sold.
 */
import type pg from 'pg'
import { eventOf, type HoldId, type ResourceId } from '../../strategy.ts'
import type {
  FoundStatus,
  NotRead,
  ReadOrder,
  StoredStatus,
  StoreReading,
  Stores,
  Witness,
} from '../ledger.ts'
import { type PostgresStore, postgresIn, redisIn } from '../stores.ts'
import { missingOf, quoted } from '../witnessing/postgres/snapshot.ts'
import { readAtRest, type Told } from '../witnessing/redis/at-rest.ts'
import { type Hold, pairs, readHolds, statusOf, told } from '../witnessing/redis/holds.ts'
import { type HoldNode, isOfVenue, keyOf, named, nodeOf, nowOf, readEach } from '../witnessing/redis/keys.ts'
import { EVERYTHING, soldOf } from '../witnessing/sold.ts'
import {
  contradictions,
  countedUnits,
  type Sale,
  type Seat,
  type SeatOwner,
  type Unit,
} from './witness-rules.ts'

export const witness: Witness = {
  read,
  status,
  sold: async (stores) => soldOf(await read(stores, EVERYTHING)),
  isOwnKey: isOfVenue,
  keepsResourcesIn: ['redis'],
}

async function read(stores: Stores, order: ReadOrder): Promise<StoreReading | NotRead> {
  const postgres = postgresIn(stores)
  const redis = redisIn(stores)
  const node = nodeOf(redis)
  if ((await missingOf(postgres, ['sale'])).length > 0) {
    return { kind: 'not-read', reason: `schema "${postgres.schema}" has no table sale` }
  }
  const all = await salesOf(postgres)
  // Sales of every event are in one table, where the keys of each are on a server of their own.
  const { event } = redis
  const sales = event === undefined ? all : all.filter(({ unit: [id] }) => eventOf(id) === event)
  return readAtRest(node, order, async (keys, nowMs) => {
    const ids = named<ResourceId>(keys, 'resource')
    const kinds = await readEach(node, ids, (pipeline, id) => pipeline.type(keyOf(node, 'resource', id)))
    // If there are none, Redis has lost its data, and the sales show it.
    if (kinds.some((kind) => kind !== 'string')) {
      return { kind: 'not-read', reason: 'Redis holds no capacities of resources' }
    }
    const holds = await readHolds(node, named<HoldId>(keys, 'hold'), ({ deadline_ms }) => Number(deadline_ms))
    return readUnits({ node, ids, keys, holds, sales, nowMs })
  })
}

interface Found {
  readonly node: HoldNode
  readonly ids: readonly ResourceId[]
  readonly keys: readonly string[]
  readonly holds: readonly Hold[]
  readonly sales: readonly Sale[]
  readonly nowMs: number
}

async function readUnits({ node, ids, keys, holds, sales, nowMs }: Found): Promise<Told> {
  const stored = await readEach(node, ids, (pipeline, id) => pipeline.get(keyOf(node, 'resource', id)))
  const capacities = new Map(ids.map((id, at) => [id, Number(stored[at])]))
  const seats = await seatsOf(node, unitsNamed(keys))
  const readMs = await nowOf(node.client)
  const soldTo = new Set<string>(sales.map((sale) => sale.holdId))
  const owners = holds.map(
    (hold): SeatOwner => ({
      ...hold,
      units: pairs<ResourceId>(hold.record.units) ?? [],
      statusNow: statusNow(hold, soldTo, nowMs),
    }),
  )
  const taken = countedUnits([...seats.values()].map(({ unit }) => unit))
  return {
    kind: 'told',
    stored: holds,
    resources: ids.map((id) => ({ id, taken: taken.get(id) ?? 0 })),
    holds: owners.map((owner) => told(owner, owner.statusNow)),
    complaints: contradictions({ owners, seats, sales, capacities, nowMs, readMs }),
  }
}

/**
 * Only PostgreSQL makes a sale. A confirm that did not get that far has already made the keys permanent: the
 * units stay taken.
 */
function statusNow(
  { id, status, deadlineMs }: Hold,
  soldTo: ReadonlySet<string>,
  nowMs: number,
): StoredStatus {
  if (status === 'held' && deadlineMs <= nowMs) return 'expired'
  return status === 'confirmed' && !soldTo.has(id) ? 'held' : status
}

/** The name of a resource may have a colon in it. */
function unitsNamed(keys: readonly string[]): readonly Unit[] {
  return named(keys, 'seat').map((name) => {
    const at = name.indexOf(':')
    return [name.slice(at + 1) as ResourceId, Number(name.slice(0, at))]
  })
}

async function seatsOf(node: HoldNode, units: readonly Unit[]): Promise<ReadonlyMap<string, Seat>> {
  const key = ([id, unitNo]: Unit) => keyOf(node, 'seat', `${unitNo}:${id}`)
  const owners = await readEach(node, units, (pipeline, unit) => pipeline.get(key(unit)))
  const left = await readEach(node, units, (pipeline, unit) => pipeline.pttl(key(unit)))
  const seats = new Map<string, Seat>()
  for (const [at, unit] of units.entries()) {
    const holdId = owners[at]
    // It may have expired since it was listed.
    if (typeof holdId !== 'string' || left[at] === -2) continue
    const [resourceId, unitNo] = unit
    seats.set(`unit ${unitNo} of ${resourceId}`, { unit, holdId, leftMs: Number(left[at]) })
  }
  return seats
}

async function salesOf({ observer, schema }: PostgresStore): Promise<readonly Sale[]> {
  const { rows } = await observer.query<{ id: ResourceId; unit_no: number; hold_id: HoldId }>(
    `select resource_id as id, unit_no, hold_id from ${quoted(schema)}.sale`,
  )
  return rows.map(({ id, unit_no, hold_id }) => ({ unit: [id, unit_no], holdId: hold_id }))
}

/** A hold is confirmed only if its sale exists. */
async function status(stores: Stores, id: HoldId): Promise<FoundStatus> {
  const found = await statusOf(nodeOf(redisIn(stores)), id)
  if (found !== 'confirmed') return found
  const { observer, schema } = postgresIn(stores)
  const sale: pg.QueryResult = await observer.query(
    `select from ${quoted(schema)}.sale where hold_id = $1 limit 1`,
    [id],
  )
  return sale.rows.length > 0 ? 'confirmed' : 'held'
}
