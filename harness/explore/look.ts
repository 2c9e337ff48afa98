/**
 * What was stored after a step of a schedule, and who held which lock, for a drawing: read by the ledger's
 * witness and from the engines, while no client moves.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ReadOrder, StoredHold } from '../../strategies/ledgers/ledger.ts'
import type { HoldId, Resource, ResourceId } from '../../strategies/strategy.ts'
import { plain } from '../engines/wording.ts'
import type { Scenario } from './scenario.ts'
import type { Testbed } from './testbed.ts'

/** A row as it is committed, or the accounts of a resource. Names are those of the scenario. */
export interface SeenThing {
  /** The resource, and the unit if each has a row of its own. */
  readonly name: string
  readonly capacity: number
  readonly values: Readonly<Record<string, unknown>>
  /** The number of the client that has it locked. */
  readonly lockedBy?: number
}

interface SeenHold {
  readonly id: string
  readonly status: StoredHold['status']
  /** The names of its resources. */
  readonly on: readonly string[]
}

interface SeenLease {
  readonly key: string
  /** The number of its owner; absent if no client of the schedule has taken it. */
  readonly client?: number
}

/** A lock that is no row and keeps others out. */
interface SeenLock {
  readonly name: string
  /** The number of the client that has it, or waits for it. */
  readonly client: number
  readonly isGranted: boolean
}

/** The state after a step. */
export interface Look {
  /** 0: before the first. */
  readonly step: number
  readonly rows: readonly SeenThing[]
  readonly accounts: readonly SeenThing[]
  readonly holds: readonly SeenHold[]
  readonly leases: readonly SeenLease[]
  readonly locks: readonly SeenLock[]
}

export interface LookedAt {
  readonly mark: string
  readonly resources: readonly Resource[]
  /** That anyone asks for in it. */
  readonly holds: ReadOrder['holds']
}

/**
 * Longer than a wait lasts before the database looks for a deadlock: so the wait that closes the circle is
 * the one that finds it, in every drawing.
 */
const SETTLED_MS = 30

/** Reads everything; what is not stored as the ledger says is not seen. */
export async function lookAt(testbed: Testbed, at: LookedAt, step: number): Promise<Look> {
  await delay(SETTLED_MS)
  const { mark, resources } = at
  // At the same time: a lease is to outlast all looks.
  const [accounts, rows, holds, leases, locks] = await Promise.all([
    accountsOf(testbed, resources),
    rowsOf(testbed, resources),
    holdsOf(testbed, at),
    leasesOf(testbed, mark),
    locksOf(testbed, mark),
  ])
  return { step, accounts, rows, holds, leases, locks }
}

/** Every hold that a schedule of the scenario may ask for, with this many clients. */
export function holdsAskedFor(scenario: Scenario, clients: number, mark: string): ReadOrder['holds'] {
  const requests = Array.from({ length: clients }, (_, client) => scenario.requests(client)).flat()
  const asked = [...(scenario.before === undefined ? [] : [scenario.before]), ...requests]
  const seats = new Map(asked.flatMap((each) => ('seats' in each ? [[each.hold, each.seats]] : [])))
  return [...seats].map(([hold, names]) => ({
    id: `${hold}${mark}` as HoldId,
    lines: names.map((seat) => [`${seat}${mark}` as ResourceId, 1] as const),
  }))
}

async function accountsOf(
  { witness, stores }: Testbed,
  resources: readonly Resource[],
): Promise<readonly SeenThing[]> {
  const told = (await witness?.accounts?.(stores, resources)) ?? []
  return told.map(({ id, budget, pending, posted }) => ({
    name: plain(id),
    capacity: capacityOf(resources, id),
    values: { budget, pending, posted },
  }))
}

async function rowsOf(testbed: Testbed, resources: readonly Resource[]): Promise<readonly SeenThing[]> {
  const { lockedRows, engines = [] } = testbed.entry.ledger ?? {}
  // The last of them is what a claim takes: units, where each has a row.
  const rows = lockedRows?.resource.at(-1)
  if (rows === undefined) return []
  const seen = await Promise.all(
    engines.map((engine) =>
      testbed.explorable(engine)?.committed?.(
        rows,
        resources.map(({ id }) => id),
      ),
    ),
  )
  return seen
    .flatMap((each) => each ?? [])
    .map(({ values, lockedBy }) => {
      const id = String(values[rows.column])
      const client = lockedBy === undefined ? undefined : clientIn(testbed, lockedBy)
      return {
        name: [plain(id), values.unit_no ?? ''].join(' ').trim(),
        capacity: capacityOf(resources, id),
        values,
        ...(client !== undefined && { lockedBy: client }),
      }
    })
}

async function holdsOf(
  { witness, stores }: Testbed,
  { mark, resources, holds }: LookedAt,
): Promise<readonly SeenHold[]> {
  const order = { resources, holds, skip: { prefix: '' }, begins() {} }
  // Throws for a store that has just lost everything.
  const read = await witness?.read(stores, order).catch(() => undefined)
  if (read?.kind !== 'read') return []
  return read.holds
    .filter(({ id }) => id.endsWith(mark))
    .map(({ id, status, lines }) => ({
      id: plain(id),
      status,
      on: lines.map(([resource]) => plain(resource)),
    }))
}

async function leasesOf(testbed: Testbed, mark: string): Promise<readonly SeenLease[]> {
  const locks = await testbed.locksHeld(mark)
  return locks.map(({ key, token }) => {
    const client = testbed.clientConnections.findIndex((each) => each.hasSent(token))
    return { key: plain(key), ...(client !== -1 && { client: client + 1 }) }
  })
}

/** Of engines in which sessions wait. */
async function locksOf(testbed: Testbed, mark: string): Promise<readonly SeenLock[]> {
  const engines = testbed.engineNames.filter((engine) => testbed.waitsOf(engine) !== undefined)
  const views = await Promise.all(engines.map((engine) => testbed.explorable(engine)?.view?.(mark)))
  return views
    .flatMap((view) => view?.locks ?? [])
    .filter(({ isExclusive }) => isExclusive)
    .flatMap(({ what, session, isGranted }) => {
      const client = clientIn(testbed, session)
      return client === undefined ? [] : [{ name: plain(what), client, isGranted }]
    })
}

/** The number of the client that this session serves. */
function clientIn({ clientConnections }: Testbed, session: number): number | undefined {
  const at = clientConnections.findIndex((each) => each.sessions().includes(session))
  return at === -1 ? undefined : at + 1
}

function capacityOf(resources: readonly Resource[], id: string): number {
  return resources.find((resource) => resource.id === id)?.capacity ?? 0
}
