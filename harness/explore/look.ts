/**
 * What was stored after a step of a schedule, and who held which lock, for a drawing: read by the ledger's
 * witness and from the engines, while no client moves.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { StoredHold } from '../../strategies/ledgers/ledger.ts'
import type { Resource } from '../../strategies/strategy.ts'
import { plain } from '../engines/wording.ts'
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

/** The state after a step. */
export interface Look {
  /** 0: before the first. */
  readonly step: number
  readonly rows: readonly SeenThing[]
  readonly accounts: readonly SeenThing[]
  /** Empty where the accounts say more. */
  readonly holds: readonly SeenHold[]
  readonly leases: readonly SeenLease[]
}

interface LookedAt {
  readonly mark: string
  readonly resources: readonly Resource[]
}

/**
 * Longer than a wait lasts before the database looks for a deadlock: so the wait that closes the circle is
 * the one that finds it, in every drawing.
 */
const SETTLED_MS = 30

/** Reads everything; what is not stored as the ledger says is not seen. */
export async function lookAt(testbed: Testbed, { mark, resources }: LookedAt, step: number): Promise<Look> {
  await delay(SETTLED_MS)
  const accounts = await accountsOf(testbed, resources)
  return {
    step,
    accounts,
    rows: await rowsOf(testbed, resources),
    holds: accounts.length > 0 ? [] : await holdsOf(testbed, mark),
    leases: await leasesOf(testbed, mark),
  }
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
      const client = testbed.clientConnections.findIndex((each) =>
        lockedBy === undefined ? false : each.sessions().includes(lockedBy),
      )
      return {
        name: [plain(id), values.unit_no ?? ''].join(' ').trim(),
        capacity: capacityOf(resources, id),
        values,
        ...(client !== -1 && { lockedBy: client + 1 }),
      }
    })
}

async function holdsOf({ witness, stores }: Testbed, mark: string): Promise<readonly SeenHold[]> {
  const order = { resources: [], holds: [], skip: { prefix: '' }, begins() {} }
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

function capacityOf(resources: readonly Resource[], id: string): number {
  return resources.find((resource) => resource.id === id)?.capacity ?? 0
}
