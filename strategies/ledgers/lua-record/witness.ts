/**
 * Reads the record in Redis. A counter still includes a due hold until another caller needs its units: this
 * is lazy expiry and no fault. So the counter is compared with all holds that are not ended yet, and the
 * units reported as taken leave out due holds. Due holds are found through the lists of live holds: a hold
 * that is missing there keeps its units permanently.
 */
import type { HoldId, ResourceId } from '../../strategy.ts'
import type { FoundStatus, NotRead, ReadOrder, StoreReading, Stores, Witness } from '../ledger.ts'
import { redisIn } from '../stores.ts'
import { readAtRest, type Told } from '../witnessing/redis/at-rest.ts'
import { type Hold, recordedHold, told, unitsIn } from '../witnessing/redis/holds.ts'
import { type HoldNode, isOfVenue, keyOf, named, nodeOf, readEach, VENUE } from '../witnessing/redis/keys.ts'
import { EVERYTHING, soldOf } from '../witnessing/sold.ts'

export const witness: Witness = {
  read,
  async status(stores, id): Promise<FoundStatus> {
    const node = nodeOf(redisIn(stores))
    const record = await node.client.get(keyOf(node, 'hold', id))
    return record === null ? 'none' : parsedHold(id, record).status
  },
  sold: async (stores) => soldOf(await read(stores, EVERYTHING)),
  isOwnKey: isOfVenue,
  keepsResourcesIn: ['redis'],
}

function read(stores: Stores, order: ReadOrder): Promise<StoreReading | NotRead> {
  const node = nodeOf(redisIn(stores))
  return readAtRest(node, order, async (keys, nowMs) => {
    // Not `not-read`, which means that something else is stored: a server that lost every sale looks like
    // this, too.
    if (keys.length === 0) throw new Error('Redis no longer has any data of this trial')
    const resources = named<ResourceId>(keys, 'resource')
    const kinds = await readEach(node, resources, (pipeline, id) =>
      pipeline.type(keyOf(node, 'resource', id)),
    )
    if (kinds.length === 0 || kinds.some((kind) => kind !== 'hash')) {
      return { kind: 'not-read', reason: 'Redis holds no counters of resources' }
    }
    const ids = named<HoldId>(keys, 'hold')
    const records = await readEach(node, ids, (pipeline, id) => pipeline.get(keyOf(node, 'hold', id)))
    const holds = ids.map((id, at) => parsedHold(id, String(records[at] ?? '')))
    const { units, complaints } = await readCounters(node, resources, holds, nowMs)
    const lists = await listComplaints(node, named<ResourceId>(keys, 'live'), holds)
    const sweeps = await sweepComplaints(node, resources, holds)
    return {
      kind: 'told',
      stored: holds,
      resources: units,
      holds: holds.map((hold) => told(hold, isDue(hold, nowMs) ? 'expired' : hold.status)),
      complaints: [...complaints, ...lists, ...sweeps],
    } satisfies Told
  })
}

/** What cannot be read is broken. */
function parsedHold(id: HoldId, text: string): Hold {
  const [, status = text, deadlineUs = '', payload] = /^(\S+) (\d*) \S* ?(.*)$/.exec(text) ?? []
  const deadlineMs = deadlineUs === '' ? Number.NaN : Number(deadlineUs) / 1_000
  return recordedHold(id, { status, ...(payload !== undefined && { payload }) }, deadlineMs)
}

function isDue({ status, deadlineMs }: Hold, nowMs: number): boolean {
  return status === 'held' && deadlineMs <= nowMs
}

async function readCounters(
  node: HoldNode,
  ids: readonly ResourceId[],
  holds: readonly Hold[],
  nowMs: number,
): Promise<{ readonly units: StoreReading['resources']; readonly complaints: readonly string[] }> {
  const counters = await readEach(node, ids, (pipeline, id) =>
    pipeline.hget(keyOf(node, 'resource', id), 'taken'),
  )
  const known = new Set<string>(ids)
  const complaints = holds.flatMap(({ id, lines }) =>
    lines.flatMap(([resourceId]) =>
      known.has(resourceId) ? [] : [`hold ${id} has a line on ${resourceId}, which does not exist`],
    ),
  )
  const unended = holds.filter(({ status }) => status === 'held' || status === 'confirmed')
  const owned = unitsIn(unended)
  const due = unitsIn(unended.filter((hold) => isDue(hold, nowMs)))
  const units = ids.map((id, at) => {
    const counted = Number(counters[at] ?? Number.NaN)
    const expected = owned.get(id) ?? 0
    if (counted !== expected)
      complaints.push(`${id} counts ${counted} units as taken, but its holds have ${expected}`)
    return { id, taken: (Number.isFinite(counted) ? counted : 0) - (due.get(id) ?? 0) }
  })
  return { units, complaints }
}

/** Where the lists of live holds and the holds disagree. */
async function listComplaints(
  node: HoldNode,
  listed: readonly ResourceId[],
  holds: readonly Hold[],
): Promise<readonly string[]> {
  const byId = new Map<string, Hold>(holds.map((hold) => [hold.id, hold]))
  const on = liveOn(holds)
  const complaints: string[] = []
  for (const id of new Set([...listed, ...on.keys()])) {
    const list = await membersOf(node, keyOf(node, 'live', id))
    complaints.push(...compared(list, [...(on.get(id) ?? [])], { list: id, byId }))
  }
  return complaints
}

/** Live holds that no sweep will find in time. */
async function sweepComplaints(
  node: HoldNode,
  resources: readonly ResourceId[],
  holds: readonly Hold[],
): Promise<readonly string[]> {
  const due = await membersOf(node, `${node.prefix}${VENUE}:due`)
  const fields = await readEach(node, resources, (pipeline, id) =>
    pipeline.hget(keyOf(node, 'resource', id), 'due_us'),
  )
  const live = liveOn(holds)
  return resources.flatMap((id, at) => {
    const field = fields[at]
    const ownMs = typeof field === 'string' ? Number(field) / 1_000 : undefined
    const dueMs = due.get(id)
    if (ownMs !== dueMs)
      return [`${id} is due at ${ownMs ?? 'no'} ms by its own count, and by the list at ${dueMs ?? 'no'} ms`]
    const late = [...(live.get(id) ?? [])].find(({ deadlineMs }) => dueMs === undefined || deadlineMs < dueMs)
    return late === undefined ? [] : [`hold ${late.id} is held on ${id}, but no sweep will find it in time`]
  })
}

/** The holds with units of each resource that have not ended. */
function liveOn(holds: readonly Hold[]): ReadonlyMap<ResourceId, ReadonlySet<Hold>> {
  const on = new Map<ResourceId, Set<Hold>>()
  for (const hold of holds) {
    if (hold.status !== 'held') continue
    for (const [resourceId] of hold.lines) {
      on.set(resourceId, (on.get(resourceId) ?? new Set<Hold>()).add(hold))
    }
  }
  return on
}

/** A sorted set of deadlines, in milliseconds. */
async function membersOf({ client }: HoldNode, key: string): Promise<ReadonlyMap<string, number>> {
  const members = await client.zrange(key, '0', '-1', 'WITHSCORES')
  const listed = new Map<string, number>()
  for (let at = 0; at < members.length; at += 2) {
    listed.set(members[at] ?? '', Number(members[at + 1]) / 1_000)
  }
  return listed
}

function compared(
  listed: ReadonlyMap<string, number>,
  expected: readonly Hold[],
  { list, byId }: { readonly list: string; readonly byId: ReadonlyMap<string, Hold> },
): readonly string[] {
  const missing = expected.flatMap(({ id, deadlineMs }) => {
    const listedMs = listed.get(id)
    if (listedMs === undefined) return [`hold ${id} is held, but missing from the live holds of ${list}`]
    if (listedMs === deadlineMs) return []
    return [`hold ${id} ends at ${deadlineMs} ms, but by the live holds of ${list} at ${listedMs} ms`]
  })
  const members = new Set<string>(expected.map(({ id }) => id))
  const strange = [...listed.keys()].flatMap((id) => {
    if (members.has(id)) return []
    const status = byId.get(id)?.status
    const is = status === undefined ? 'not stored' : status === 'held' ? 'held elsewhere' : status
    return [`the live holds of ${list} name ${id}, which is ${is}`]
  })
  return [...missing, ...strange]
}
