/**
 * What must be true of seat keys, the holds that they name, and the sales; one sentence for each violation.
 */
import type { HoldId, ResourceId } from '../../strategy.ts'
import type { StoredStatus } from '../ledger.ts'
import { CLOCK_GRAIN_MS } from '../witnessing/redis/at-rest.ts'
import { type Hold, unitsIn } from '../witnessing/redis/holds.ts'

/** What Redis answers for the remaining time of a key that never expires. */
const NEVER_EXPIRES = -1

/** [resource, number] */
export type Unit = readonly [resourceId: ResourceId, unitNo: number]

/** A key of a unit. */
export interface Seat {
  readonly unit: Unit
  readonly holdId: string
  readonly leftMs: number
}

export interface Sale {
  readonly unit: Unit
  readonly holdId: HoldId
}

/**
 * A hold with the units that its record lists; `status` is what Redis stores, `statusNow` takes the deadline
 * into account.
 */
export interface SeatOwner extends Hold {
  readonly units: readonly Unit[]
  readonly statusNow: StoredStatus
}

export interface SeatStore {
  readonly owners: readonly SeatOwner[]
  /** By the unit's name. */
  readonly seats: ReadonlyMap<string, Seat>
  readonly sales: readonly Sale[]
  readonly capacities: ReadonlyMap<string, number>
  /** The server's time before the keys were read, and after. */
  readonly nowMs: number
  readonly readMs: number
}

export function contradictions(store: SeatStore): readonly string[] {
  const { owners, sales } = store
  const ownerOf = new Map<string, SeatOwner>()
  const ofHolds = owners
    .filter(({ statusNow }) => statusNow === 'held' || statusNow === 'confirmed')
    .flatMap((owner) => unitComplaints(owner, ownerOf, store))
  const byId = new Map<string, SeatOwner>(owners.map((owner) => [owner.id, owner]))
  const ofKeys = [...store.seats].flatMap(([name, seat]) => [
    ...resourceComplaints(name, seat, store),
    ...keyComplaints(name, seat, { owner: ownerOf.get(name), named: byId.get(seat.holdId), store }),
  ])
  return [...ofHolds, ...ofKeys, ...saleComplaints(owners, sales)]
}

/** The individual units per resource. */
export function countedUnits(units: readonly Unit[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [id] of units) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

function sameUnits(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one].every(([id, units]) => other.get(id) === units)
}

function nameOf([resourceId, unitNo]: Unit): string {
  return `unit ${unitNo} of ${resourceId}`
}

/** For a live hold. Records the owner of its units in `ownerOf`. */
function unitComplaints(
  owner: SeatOwner,
  ownerOf: Map<string, SeatOwner>,
  { seats }: SeatStore,
): readonly string[] {
  const complaints: string[] = []
  if (!sameUnits(unitsIn([owner]), countedUnits(owner.units))) {
    complaints.push(`hold ${owner.id} has other units than its lines ask for`)
  }
  for (const unit of owner.units) {
    const name = nameOf(unit)
    const other = ownerOf.get(name)
    if (other === undefined) ownerOf.set(name, owner)
    else complaints.push(`${name} belongs to hold ${other.id} and to hold ${owner.id}`)
    if (!seats.has(name)) complaints.push(`hold ${owner.id} has ${name}, but it has no key`)
  }
  return complaints
}

function resourceComplaints(name: string, { unit }: Seat, { capacities }: SeatStore): readonly string[] {
  const [resourceId, unitNo] = unit
  const capacity = capacities.get(resourceId)
  if (capacity === undefined) return [`there is a key of ${name}, but ${resourceId} does not exist`]
  if (unitNo >= 1 && unitNo <= capacity) return []
  return [`there is a key of ${name}, but ${resourceId} has ${capacity} units`]
}

/**
 * `owner` is the live hold whose record lists the unit, `named` the hold that the key names; either may be
 * missing.
 */
function keyComplaints(
  name: string,
  { holdId, leftMs }: Seat,
  of: {
    readonly owner: SeatOwner | undefined
    readonly named: SeatOwner | undefined
    readonly store: SeatStore
  },
): readonly string[] {
  const { owner, named, store } = of
  if (owner === undefined) {
    const is = named === undefined ? 'is not stored' : `is ${named.statusNow} and does not have it`
    return [`the key of ${name} names hold ${holdId}, which ${is}`]
  }
  if (owner.id !== holdId) return [`hold ${owner.id} has ${name}, but its key names hold ${holdId}`]
  if (owner.status === 'confirmed') {
    return leftMs === NEVER_EXPIRES ? [] : [`the key of ${name} expires, but hold ${holdId} is confirmed`]
  }
  if (owner.status !== 'held') return []
  if (leftMs === NEVER_EXPIRES) return [`the key of ${name} never expires, but hold ${holdId} does`]
  const earliestMs = store.nowMs + leftMs - CLOCK_GRAIN_MS
  const latestMs = store.readMs + leftMs + CLOCK_GRAIN_MS
  if (owner.deadlineMs >= earliestMs && owner.deadlineMs <= latestMs) return []
  return [`the key of ${name} does not expire when hold ${holdId} does, but in ${leftMs} ms`]
}

/** Where the sales in PostgreSQL and the holds in Redis disagree. */
function saleComplaints(owners: readonly SeatOwner[], sales: readonly Sale[]): readonly string[] {
  const sold = Map.groupBy(sales, ({ holdId }) => holdId)
  const complaints = owners.flatMap(({ id, units, statusNow }) => {
    const inPostgres = sold.get(id) ?? []
    sold.delete(id)
    if (statusNow !== 'confirmed') {
      if (inPostgres.length === 0) return []
      return [`hold ${id} is ${statusNow} in Redis, but PostgreSQL has sold ${inPostgres.length} units to it`]
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
    complaints.push(`PostgreSQL has sold ${length} units to hold ${id}, which Redis does not know`)
  }
  return complaints
}
