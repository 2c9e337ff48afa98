/**
 * Reads hash fields: units and holds are fields of one hash. A unit of a due hold counts as free, whether or
 * not its field is still there.
 */
import type { HoldId, ResourceId } from '../../strategy.ts'
import type { FoundStatus, NotRead, ReadOrder, StoreReading, Stores, Witness } from '../ledger.ts'
import { redisIn } from '../stores.ts'
import { readAtRest, type Told } from '../witnessing/redis/at-rest.ts'
import { type Hold, pairs, recordedHold, told, unitsIn } from '../witnessing/redis/holds.ts'
import { type HoldNode, isOfVenue, keyOf, named, nodeOf, readEach, VENUE } from '../witnessing/redis/keys.ts'
import { EVERYTHING, soldOf } from '../witnessing/sold.ts'

/** What the strategy adds to a deadline to make the moment at which the server drops the record. */
const RECORD_OUTLIVES_MS = 315_360_000_000
/** What Redis answers for the expiry of a field that has none. */
const NEVER = -1

export const witness: Witness = {
  read,
  async status(stores, id): Promise<FoundStatus> {
    const { client, prefix } = nodeOf(redisIn(stores))
    const [record, ended] = await client.hmget(`${prefix}${VENUE}:units`, `hold:${id}`, `end:${id}`)
    if (typeof record !== 'string') return 'none'
    return ended === 'confirmed' || ended === 'released' || ended === 'expired' ? ended : 'held'
  },
  sold: async (stores) => soldOf(await read(stores, EVERYTHING)),
  isOwnKey: isOfVenue,
  keepsResourcesIn: ['redis'],
}

/** A hold, and the fields of its units. */
interface FieldHold extends Hold {
  readonly unitFields: readonly string[]
}

interface FieldUnit {
  readonly resourceId: ResourceId
  readonly number: number
  readonly owner: string
  readonly isForEver: boolean
}

function read(stores: Stores, order: ReadOrder): Promise<StoreReading | NotRead> {
  const node = nodeOf(redisIn(stores))
  return readAtRest(node, order, async (keys, nowMs) => {
    if (keys.length === 0) throw new Error('Redis no longer has any data of this trial')
    const resources = named<ResourceId>(keys, 'resource')
    const kinds = await readEach(node, resources, (pipeline, id) =>
      pipeline.type(keyOf(node, 'resource', id)),
    )
    if (kinds.length === 0 || kinds.some((kind) => kind !== 'string')) {
      return { kind: 'not-read', reason: 'Redis holds no capacities of resources' }
    }
    const stored = await readEach(node, resources, (pipeline, id) =>
      pipeline.get(keyOf(node, 'resource', id)),
    )
    const capacities = new Map(resources.map((id, at) => [id, Number(stored[at])]))
    const { holds, units } = await fieldsOf(node)
    const byId = new Map<string, FieldHold>(holds.map((hold) => [hold.id, hold]))
    const taken = new Map<ResourceId, number>()
    for (const { resourceId, owner } of units.values()) {
      const hold = byId.get(owner)
      if (hold === undefined || !isDue(hold, nowMs)) {
        taken.set(resourceId, (taken.get(resourceId) ?? 0) + 1)
      }
    }
    return {
      kind: 'told',
      stored: holds,
      resources: resources.map((id) => ({ id, taken: taken.get(id) ?? 0 })),
      holds: holds.map((hold) => told(hold, isDue(hold, nowMs) ? 'expired' : hold.status)),
      complaints: [
        ...holds.flatMap((hold) => holdComplaints(hold, units)),
        ...[...units].flatMap(([field, unit]) =>
          unitComplaints(field, unit, {
            hold: byId.get(unit.owner),
            capacity: capacities.get(unit.resourceId),
          }),
        ),
      ],
    } satisfies Told
  })
}

function isDue({ status, deadlineMs }: Hold, nowMs: number): boolean {
  return status === 'held' && deadlineMs <= nowMs
}

async function fieldsOf(node: HoldNode): Promise<{
  readonly holds: readonly FieldHold[]
  readonly units: ReadonlyMap<string, FieldUnit>
}> {
  const { client, prefix } = node
  const key = `${prefix}${VENUE}:units`
  const fields = await client.hgetall(key)
  const names = Object.keys(fields)
  const expiries = new Map<string, number>()
  const answers = await readEach(node, names, (pipeline, name) =>
    pipeline.hpexpiretime(key, 'FIELDS', 1, name),
  )
  for (const [at, name] of names.entries()) expiries.set(name, Number((answers[at] as readonly number[])[0]))
  const holds = names.flatMap((name): readonly FieldHold[] => {
    if (!name.startsWith('hold:')) return []
    const id = name.slice('hold:'.length) as HoldId
    const [payload = '', listed = ''] = (fields[name] ?? '').split('\n')
    const expiryMs = expiries.get(name) ?? NEVER
    const deadlineMs = expiryMs > 0 ? expiryMs - RECORD_OUTLIVES_MS : Number.NaN
    const hold = recordedHold(
      id,
      { status: fields[`end:${id}`] ?? 'held', payload, units: listed },
      deadlineMs,
    )
    const unitFields = (pairs<ResourceId>(listed) ?? []).map(
      ([resource, number]) => `unit:${number}:${resource}`,
    )
    return [{ ...hold, unitFields }]
  })
  const units = new Map<string, FieldUnit>()
  for (const name of names) {
    const [, number, resourceId] = /^unit:(\d+):(.*)$/.exec(name) ?? []
    if (resourceId === undefined) continue
    units.set(name, {
      resourceId: resourceId as ResourceId,
      number: Number(number),
      owner: fields[name] ?? '',
      isForEver: expiries.get(name) === NEVER,
    })
  }
  return { holds, units }
}

/** Of a hold that is not ended, or sold. */
function holdComplaints(hold: FieldHold, units: ReadonlyMap<string, FieldUnit>): readonly string[] {
  const { id, status, unitFields, record } = hold
  if (status !== 'held' && status !== 'confirmed') return []
  const wanted = unitsIn([hold])
  const has = unitsIn([{ lines: (pairs<ResourceId>(record.units) ?? []).map(([resource]) => [resource, 1]) }])
  const isSame =
    wanted.size === has.size && [...wanted].every(([resource, count]) => has.get(resource) === count)
  return [
    ...(isSame ? [] : [`hold ${id} has other units than its lines ask for`]),
    ...unitFields.flatMap((field) =>
      units.get(field)?.owner === id ? [] : [`hold ${id} has ${field}, but that field does not name it`],
    ),
  ]
}

function unitComplaints(
  field: string,
  { resourceId, number, owner, isForEver }: FieldUnit,
  { hold, capacity }: { readonly hold: FieldHold | undefined; readonly capacity: number | undefined },
): readonly string[] {
  if (capacity === undefined) return [`there is ${field}, but ${resourceId} does not exist`]
  if (number < 1 || number > capacity) return [`there is ${field}, but ${resourceId} has ${capacity} units`]
  if (hold === undefined) return [`${field} names hold ${owner}, which is not stored`]
  if (hold.status !== 'held' && hold.status !== 'confirmed') {
    return [`${field} names hold ${owner}, which is ${hold.status}`]
  }
  if (!hold.unitFields.includes(field)) return [`${field} names hold ${owner}, which does not have it`]
  if (hold.status === 'confirmed' && !isForEver) return [`${field} expires, but hold ${owner} is confirmed`]
  return []
}
