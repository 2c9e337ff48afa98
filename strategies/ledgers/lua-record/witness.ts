/**
 * Reads the record in Redis. A counter still includes a due hold until another caller needs its units: this
 * is lazy expiry and no fault. So the counter is compared with all holds that are not ended yet, and the
 * units reported as taken leave out due holds. Due holds are found through the lists of live holds: a hold
 * that is missing there keeps its units permanently.
 */
import type { HoldId, ResourceId } from '../../strategy.ts'
import type { NotRead, ReadOrder, StoreReading, Stores, Witness } from '../ledger.ts'
import { redisIn } from '../stores.ts'
import { readAtRest, type Told } from '../witnessing/redis/at-rest.ts'
import { type Hold, readHolds, statusOf, told, unitsIn } from '../witnessing/redis/holds.ts'
import { type HoldNode, isOfVenue, keyOf, named, nodeOf, readEach, VENUE } from '../witnessing/redis/keys.ts'
import { EVERYTHING, soldOf } from '../witnessing/sold.ts'

export const witness: Witness = {
  read,
  status: (stores, id) => statusOf(nodeOf(redisIn(stores)), id),
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
    const holds = await readHolds(node, ids, ({ deadline_us }) => Number(deadline_us) / 1_000)
    const { units, complaints } = await readCounters(node, resources, holds, nowMs)
    const lists = await listComplaints(node, named<ResourceId>(keys, 'live'), holds)
    return {
      kind: 'told',
      stored: holds,
      resources: units,
      holds: holds.map((hold) => told(hold, isDue(hold, nowMs) ? 'expired' : hold.status)),
      complaints: [...complaints, ...lists],
    } satisfies Told
  })
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
  const { client, prefix } = node
  const byId = new Map<string, Hold>(holds.map((hold) => [hold.id, hold]))
  const live = holds.filter(({ status }) => status === 'held')
  const all = await membersOf(client, `${prefix}${VENUE}:live`)
  const complaints = [...compared(all, live, { list: 'all resources', byId })]
  const on = Map.groupBy(
    live.flatMap((hold) => hold.lines.map(([resourceId]) => ({ resourceId, hold }))),
    ({ resourceId }) => resourceId,
  )
  for (const id of new Set([...listed, ...on.keys()])) {
    const expected = new Set((on.get(id) ?? []).map(({ hold }) => hold))
    complaints.push(
      ...compared(await membersOf(client, keyOf(node, 'live', id)), [...expected], { list: id, byId }),
    )
  }
  return complaints
}

/** A list of live holds: their deadlines in milliseconds. */
async function membersOf(client: HoldNode['client'], key: string): Promise<ReadonlyMap<string, number>> {
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
