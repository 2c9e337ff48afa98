/**
 * Reads what strategies keep in Redis, key by key, and says where it contradicts itself or PostgreSQL; it shares no code with
 * the strategies. Two layouts are known: a record per hold, a counter per resource and lists of the live holds; and a record
 * per hold and a key per unit, with the sales in PostgreSQL.
 *
 * Nobody calls at rest, so only time changes what is there: holds fall due, keys end. A reading during which that happened is
 * thrown away and another is taken, so that all of what is kept was true at one moment.
 */
import type { Redis } from 'ioredis'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import { invokedNowUs } from '../clock.ts'
import type { PerNode } from '../engines/redis/connection.ts'
import type { LineRecord, StoredStatus } from '../history/record.ts'
import { isSoldInPostgres, type PostgresStore } from './postgres.ts'
import { type StoreReading, summarized, type Unaudited } from './store-reading.ts'

export interface RedisStore {
  /** One a node, outside the strategy's clients and without their key prefix. Holds are on the first, leases on all. */
  readonly observers: PerNode<Redis>
  /** Every key of the trial begins with it. */
  readonly prefix: string
}

/** Keys that one step looks at or reads: bounds what is on its way at once. */
const STEP_KEYS = 1_000
/** Holds fall due now and then, a reading takes a moment: the next one nearly always finds nothing moving. */
const READINGS_MAX = 5
/** Deadlines, and what is left of a key's time, are whole milliseconds, and the last one may be counted or not. */
const CLOCK_GRAIN_MS = 2
/** What Redis answers for the time that is left to a key without an end. */
const NEVER_ENDS = -1

/** Reads the holds that are kept in Redis; `unaudited` if they are in no layout that is known. */
export async function readRedis(
  store: RedisStore,
  postgres: PostgresStore | undefined,
  skip: { readonly prefix: string },
): Promise<StoreReading | Unaudited> {
  const node = { client: store.observers[0], prefix: store.prefix }
  const sales = await salesOf(postgres)
  for (let readings = 1; readings <= READINGS_MAX; readings++) {
    const takenUs = invokedNowUs()
    const names = namesIn(await keysOf(node))
    // Not `unaudited`, where the history alone would decide: a server that forgot every sale looks like this, too.
    if (names.total === 0 && postgres === undefined)
      throw new Error('Redis has nothing of this trial any more')
    const layout = await layoutOf(node, names, sales)
    if (layout === 'unknown') return { kind: 'unaudited', reason: 'Redis holds no record of a known kind' }

    const fromMs = await nowOf(node.client)
    const holds = await readHolds(node, names.hold)
    const told =
      layout === 'counters'
        ? await readCounters(node, names, holds, fromMs)
        : await readSeats(node, names, { holds, sales: sales ?? [], nowMs: fromMs })
    const untilMs = await nowOf(node.client)
    const hasMoved = holds.some(
      ({ status, deadlineMs }) =>
        status === 'held' && deadlineMs >= fromMs - CLOCK_GRAIN_MS && deadlineMs <= untilMs + CLOCK_GRAIN_MS,
    )
    if (hasMoved) continue

    const isOurs = ({ id }: { readonly id: string }) => skip.prefix === '' || !id.startsWith(skip.prefix)
    return {
      kind: 'read',
      takenUs,
      resources: told.resources.filter(isOurs),
      holds: told.holds.filter(isOurs),
      complaints: summarized([...holds.flatMap(brokenly), ...told.complaints]),
    }
  }
  throw new Error(`holds fell due during each of ${READINGS_MAX} readings of Redis`)
}

/** What became of one hold. Where PostgreSQL has the sales, only a hold that is there is confirmed. */
export async function statusInRedis(
  { observers: [client], prefix }: RedisStore,
  postgres: PostgresStore | undefined,
  id: HoldId,
): Promise<StoredStatus | 'none'> {
  const status = await client.hget(`${prefix}${VENUE}:hold:${id}`, 'status')
  if (status === null || !isStatus(status)) return 'none'
  if (status !== 'confirmed' || postgres === undefined) return status
  return (await isSoldInPostgres(postgres, id)) ? 'confirmed' : 'held'
}

interface Node {
  readonly client: Redis
  readonly prefix: string
}

const VENUE = '{venue}'

/** What the keys are called, without what is common to their kind. */
interface Names {
  readonly total: number
  readonly resource: readonly ResourceId[]
  readonly hold: readonly HoldId[]
  readonly seat: readonly Unit[]
  /** Lists of live holds per resource. */
  readonly live: readonly ResourceId[]
}

function namesIn(keys: readonly string[]): Names {
  const named = (kind: string): readonly string[] => {
    const start = `${VENUE}:${kind}:`
    return keys.flatMap((key) => (key.startsWith(start) ? [key.slice(start.length)] : []))
  }
  return {
    total: keys.length,
    resource: named('resource') as ResourceId[],
    hold: named('hold') as HoldId[],
    seat: named('seat').map((name) => {
      const at = name.indexOf(':')
      return [name.slice(at + 1) as ResourceId, Number(name.slice(0, at))] as const
    }),
    live: named('live') as ResourceId[],
  }
}

/** A resource is a hash with a counter, or a plain number of units. */
async function layoutOf(
  node: Node,
  names: Names,
  sales: readonly Sale[] | undefined,
): Promise<'counters' | 'seats' | 'unknown'> {
  const kinds = await readEach(node, names.resource, (pipeline, id) => pipeline.type(resourceKey(node, id)))
  const [kind, ...others] = new Set(kinds)
  if (others.length > 0) return 'unknown'
  if (kind === 'hash') return 'counters'
  // Where there are sales, what Redis has lost is to be said of it.
  return sales !== undefined && (kind === 'string' || kind === undefined) ? 'seats' : 'unknown'
}

const resourceKey = ({ prefix }: Node, id: ResourceId) => `${prefix}${VENUE}:resource:${id}`

/** [resource, number] */
type Unit = readonly [resourceId: ResourceId, unitNo: number]

interface Hold {
  readonly id: HoldId
  readonly status: StoredStatus
  readonly deadlineMs: number
  readonly lines: readonly LineRecord[]
  readonly units: readonly Unit[]
  /** What of the record cannot be read. */
  readonly broken: readonly string[]
}

async function readHolds(node: Node, ids: readonly HoldId[]): Promise<readonly Hold[]> {
  const records = await readEach(node, ids, (pipeline, id) =>
    pipeline.hgetall(`${node.prefix}${VENUE}:hold:${id}`),
  )
  return ids.map((id, at) => holdOf(id, records[at] as Record<string, string>))
}

function holdOf(id: HoldId, record: Readonly<Partial<Record<string, string>>>): Hold {
  const { status = '', payload, units, deadline_us, deadline_ms } = record
  const deadlineMs = deadline_us === undefined ? Number(deadline_ms) : Number(deadline_us) / 1_000
  const lines = pairs<ResourceId>(payload)
  const broken: string[] = []
  if (!isStatus(status)) broken.push(`is "${status}", which is no status`)
  if (!Number.isFinite(deadlineMs)) broken.push('has no deadline')
  if (lines === undefined || lines.length === 0) broken.push('has no lines')
  const named = (lines ?? []).map(([resourceId]) => resourceId)
  for (const resourceId of new Set(named.filter((each, at) => named.indexOf(each) !== at))) {
    broken.push(`has more than one line on ${resourceId}`)
  }
  return {
    id,
    status: isStatus(status) ? status : 'expired',
    deadlineMs: Number.isFinite(deadlineMs) ? deadlineMs : 0,
    lines: lines ?? [],
    units: pairs<ResourceId>(units) ?? [],
    broken,
  }
}

function isStatus(status: string): status is StoredStatus {
  return status === 'held' || status === 'confirmed' || status === 'released' || status === 'expired'
}

/** `[[name, number], …]`, or undefined for anything else. */
function pairs<Name extends string>(
  json: string | undefined,
): readonly (readonly [Name, number])[] | undefined {
  if (json === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(json)
    const isPairs =
      Array.isArray(parsed) &&
      parsed.every(
        (each) => Array.isArray(each) && typeof each[0] === 'string' && Number.isSafeInteger(each[1]),
      )
    return isPairs ? (parsed as readonly (readonly [Name, number])[]) : undefined
  } catch {
    return undefined
  }
}

function brokenly({ id, broken }: Hold): readonly string[] {
  return broken.map((how) => `hold ${id} ${how}`)
}

/** What a layout comes to. */
interface Told {
  readonly resources: StoreReading['resources']
  readonly holds: StoreReading['holds']
  readonly complaints: readonly string[]
}

/**
 * A counter still counts a hold that is due until somebody wants its units: lazy expiry, and no fault. So it is compared
 * with all that nobody ended yet, and what is reported as taken leaves out what is due. The lists of live holds are how due
 * ones are found: one that is missing there keeps its units for ever.
 */
async function readCounters(node: Node, names: Names, holds: readonly Hold[], nowMs: number): Promise<Told> {
  const { client, prefix } = node
  const complaints: string[] = []
  const counters = await readEach(node, names.resource, (pipeline, id) =>
    pipeline.hget(resourceKey(node, id), 'taken'),
  )
  const known = new Set<string>(names.resource)
  for (const { id, lines } of holds) {
    for (const [resourceId] of lines) {
      if (!known.has(resourceId))
        complaints.push(`hold ${id} has a line on ${resourceId}, which does not exist`)
    }
  }
  const unended = holds.filter(({ status }) => status === 'held' || status === 'confirmed')
  const isDue = ({ status, deadlineMs }: Hold) => status === 'held' && deadlineMs <= nowMs
  const owned = unitsIn(unended)
  const due = unitsIn(unended.filter(isDue))
  const resources = names.resource.map((id, at) => {
    const counted = Number(counters[at] ?? Number.NaN)
    const expected = owned.get(id) ?? 0
    if (counted !== expected)
      complaints.push(`${id} counts ${counted} units as taken, but its holds have ${expected}`)
    return { id, taken: (Number.isFinite(counted) ? counted : 0) - (due.get(id) ?? 0) }
  })

  const byId = new Map<string, Hold>(holds.map((hold) => [hold.id, hold]))
  const live = holds.filter(({ status }) => status === 'held')
  const compare = (listed: ReadonlyMap<string, number>, expected: readonly Hold[], list: string): void => {
    for (const { id, deadlineMs } of expected) {
      const listedMs = listed.get(id)
      if (listedMs === undefined)
        complaints.push(`hold ${id} is held, but missing from the live holds of ${list}`)
      else if (listedMs !== deadlineMs) {
        complaints.push(
          `hold ${id} ends at ${deadlineMs} ms, but by the live holds of ${list} at ${listedMs} ms`,
        )
      }
    }
    const members = new Set<string>(expected.map(({ id }) => id))
    for (const id of listed.keys()) {
      if (members.has(id)) continue
      const status = byId.get(id)?.status
      const is = status === undefined ? 'not stored' : status === 'held' ? 'held elsewhere' : status
      complaints.push(`the live holds of ${list} name ${id}, which is ${is}`)
    }
  }
  compare(await listedIn(client, `${prefix}${VENUE}:live`), live, 'the venue')
  const listsOf = new Set([
    ...names.live,
    ...live.flatMap(({ lines }) => lines.map(([resourceId]) => resourceId)),
  ])
  const on = Map.groupBy(
    live.flatMap((hold) => hold.lines.map(([resourceId]) => ({ resourceId, hold }))),
    ({ resourceId }) => resourceId,
  )
  for (const id of listsOf) {
    const expected = new Set((on.get(id) ?? []).map(({ hold }) => hold))
    compare(await listedIn(client, `${prefix}${VENUE}:live:${id}`), [...expected], id)
  }
  return {
    resources,
    holds: holds.map((hold) => readingOf(hold, isDue(hold) ? 'expired' : hold.status)),
    complaints,
  }
}

/** A list of live holds: their deadlines in milliseconds. */
async function listedIn(client: Redis, key: string): Promise<ReadonlyMap<string, number>> {
  const members = await client.zrange(key, '0', '-1', 'WITHSCORES')
  const listed = new Map<string, number>()
  for (let at = 0; at < members.length; at += 2) {
    listed.set(members[at] ?? '', Number(members[at + 1]) / 1_000)
  }
  return listed
}

/** A key per unit names its hold and ends with it; that of a sale never ends. PostgreSQL says what was sold. */
async function readSeats(
  node: Node,
  names: Names,
  {
    holds,
    sales,
    nowMs,
  }: { readonly holds: readonly Hold[]; readonly sales: readonly Sale[]; readonly nowMs: number },
): Promise<Told> {
  const capacities = new Map<string, number>()
  const stored = await readEach(node, names.resource, (pipeline, id) => pipeline.get(resourceKey(node, id)))
  for (const [at, id] of names.resource.entries()) capacities.set(id, Number(stored[at]))

  const seats = await seatsOf(node, names.seat)
  const readMs = await nowOf(node.client)
  const soldTo = new Set<string>(sales.map((sale) => sale.holdId))
  // Only PostgreSQL makes a sale. A confirm that did not get so far has made the keys permanent: the units are taken for good.
  const statusNow = ({ id, status, deadlineMs }: Hold): StoredStatus => {
    if (status === 'held' && deadlineMs <= nowMs) return 'expired'
    return status === 'confirmed' && !soldTo.has(id) ? 'held' : status
  }
  const statuses = new Map<string, StoredStatus>(holds.map((hold) => [hold.id, statusNow(hold)]))
  const isLive = ({ id }: Hold) => statuses.get(id) === 'held' || statuses.get(id) === 'confirmed'

  const complaints: string[] = []
  const owners = new Map<string, Hold>()
  for (const hold of holds.filter(isLive)) {
    if (!sameUnits(unitsIn([hold]), countedUnits(hold.units))) {
      complaints.push(`hold ${hold.id} has other units than its lines ask for`)
    }
    for (const unit of hold.units) {
      const name = nameOf(unit)
      const other = owners.get(name)
      if (other === undefined) owners.set(name, hold)
      else complaints.push(`${name} belongs to hold ${other.id} and to hold ${hold.id}`)
      if (!seats.has(name)) complaints.push(`hold ${hold.id} has ${name}, but there is no key of it`)
    }
  }
  for (const [name, { unit, holdId, leftMs }] of seats) {
    const [resourceId, unitNo] = unit
    const capacity = capacities.get(resourceId)
    if (capacity === undefined) complaints.push(`there is a key of ${name}, but ${resourceId} does not exist`)
    else if (!(unitNo >= 1 && unitNo <= capacity)) {
      complaints.push(`there is a key of ${name}, but ${resourceId} has ${capacity} units`)
    }
    const owner = owners.get(name)
    if (owner === undefined) {
      const is = statuses.has(holdId) ? `is ${statuses.get(holdId)} and does not have it` : 'is not stored'
      complaints.push(`the key of ${name} names hold ${holdId}, which ${is}`)
    } else if (owner.id !== holdId) {
      complaints.push(`hold ${owner.id} has ${name}, but its key names hold ${holdId}`)
    } else if (owner.status === 'held' && leftMs === NEVER_ENDS) {
      complaints.push(`the key of ${name} never ends, but hold ${holdId} does`)
    } else if (owner.status === 'confirmed' && leftMs !== NEVER_ENDS) {
      complaints.push(`the key of ${name} ends, but hold ${holdId} is confirmed`)
    } else if (owner.status === 'held') {
      const [earliestMs, latestMs] = [nowMs + leftMs - CLOCK_GRAIN_MS, readMs + leftMs + CLOCK_GRAIN_MS]
      if (owner.deadlineMs < earliestMs || owner.deadlineMs > latestMs) {
        complaints.push(`the key of ${name} does not end when hold ${holdId} does, but in ${leftMs} ms`)
      }
    }
  }
  const taken = countedUnits([...seats.values()].map(({ unit }) => unit))
  return {
    resources: names.resource.map((id) => ({ id, taken: taken.get(id) ?? 0 })),
    holds: holds.map((hold) => readingOf(hold, statusNow(hold))),
    complaints: [...complaints, ...disagreements(holds, statuses, sales)],
  }
}

interface Seat {
  readonly unit: Unit
  readonly holdId: string
  readonly leftMs: number
}

async function seatsOf(node: Node, units: readonly Unit[]): Promise<ReadonlyMap<string, Seat>> {
  const key = ([id, unitNo]: Unit) => `${node.prefix}${VENUE}:seat:${unitNo}:${id}`
  const owners = await readEach(node, units, (pipeline, unit) => pipeline.get(key(unit)))
  const left = await readEach(node, units, (pipeline, unit) => pipeline.pttl(key(unit)))
  const seats = new Map<string, Seat>()
  units.forEach((unit, at) => {
    const holdId = owners[at]
    // It may have ended since it was listed.
    if (typeof holdId === 'string' && left[at] !== -2) {
      seats.set(nameOf(unit), { unit, holdId, leftMs: Number(left[at]) })
    }
  })
  return seats
}

function nameOf([resourceId, unitNo]: Unit): string {
  return `unit ${unitNo} of ${resourceId}`
}

interface Sale {
  readonly unit: Unit
  readonly holdId: HoldId
}

/** Undefined where PostgreSQL is not asked for sales. */
async function salesOf(postgres: PostgresStore | undefined): Promise<readonly Sale[] | undefined> {
  if (postgres === undefined) return undefined
  const { rows: found } = await postgres.observer.query<{ there: boolean }>(
    `select exists (select from pg_tables where schemaname = $1 and tablename = 'sale') as there`,
    [postgres.schema],
  )
  if (found[0]?.there !== true) return undefined
  const { rows } = await postgres.observer.query<{ id: ResourceId; unit_no: number; hold_id: HoldId }>(
    `select resource_id as id, unit_no, hold_id from "${postgres.schema.replaceAll('"', '""')}".sale`,
  )
  return rows.map(({ id, unit_no, hold_id }) => ({ unit: [id, unit_no], holdId: hold_id }))
}

/** Where the sales of PostgreSQL and the holds of Redis tell different stories. */
function disagreements(
  holds: readonly Hold[],
  statuses: ReadonlyMap<string, StoredStatus>,
  sales: readonly Sale[],
): readonly string[] {
  const sold = Map.groupBy(sales, ({ holdId }) => holdId)
  const complaints = holds.flatMap(({ id, units }) => {
    const inPostgres = sold.get(id) ?? []
    sold.delete(id)
    const status = statuses.get(id)
    if (status !== 'confirmed') {
      if (inPostgres.length === 0) return []
      return [`hold ${id} is ${status} in Redis, but PostgreSQL has sold ${inPostgres.length} units to it`]
    }
    const names = new Set(units.map(nameOf))
    const isSame =
      inPostgres.length === units.length && inPostgres.every(({ unit }) => names.has(nameOf(unit)))
    if (isSame) return []
    const has = units.length === inPostgres.length ? 'other units' : `${inPostgres.length} units`
    return [
      `hold ${id} is confirmed with ${units.length} units in Redis, but PostgreSQL has sold ${has} to it`,
    ]
  })
  for (const [id, { length }] of sold) {
    complaints.push(`PostgreSQL has sold ${length} units to hold ${id}, of which Redis knows nothing`)
  }
  return complaints
}

function readingOf({ id, lines, deadlineMs }: Hold, status: StoredStatus): StoreReading['holds'][number] {
  return { id, status, lines, deadlineMs }
}

/** Units per resource that these holds have by their lines. */
function unitsIn(holds: readonly Hold[]): ReadonlyMap<string, number> {
  const units = new Map<string, number>()
  for (const { lines } of holds) {
    for (const [id, quantity] of lines) units.set(id, (units.get(id) ?? 0) + quantity)
  }
  return units
}

/** Units per resource, one by one. */
function countedUnits(units: readonly Unit[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [id] of units) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

function sameUnits(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one].every(([id, units]) => other.get(id) === units)
}

async function keysOf({ client, prefix }: Node): Promise<readonly string[]> {
  const pattern = `${prefix.replaceAll(/[[\]*?\\]/g, String.raw`\$&`)}*`
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', STEP_KEYS)
    for (const key of found) keys.add(key.slice(prefix.length))
    cursor = next
  } while (cursor !== '0')
  return [...keys]
}

/** Milliseconds since the epoch. */
async function nowOf(client: Redis): Promise<number> {
  const [seconds, microseconds] = await client.time()
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000
}

async function readEach<Name>(
  { client }: Node,
  names: readonly Name[],
  read: (pipeline: ReturnType<Redis['pipeline']>, name: Name) => unknown,
): Promise<readonly unknown[]> {
  const values: unknown[] = []
  for (let from = 0; from < names.length; from += STEP_KEYS) {
    const pipeline = client.pipeline()
    for (const name of names.slice(from, from + STEP_KEYS)) read(pipeline, name)
    for (const [error, value] of (await pipeline.exec()) ?? []) {
      if (error !== null) throw error
      values.push(value)
    }
  }
  return values
}
