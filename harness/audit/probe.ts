/**
 * Asks the strategy itself what is left: exactly the free units can be held, and not one more. Rows may agree with each
 * other and units still be lost, if what they say is not what a buyer is told.
 */
import {
  type HoldId,
  type HoldOutcome,
  InvalidRequestError,
  type Line,
  type ReservationStrategy,
  type Resource,
  type ResourceId,
} from '../../strategies/strategy.ts'
import { holdId } from '../../strategies/validation.ts'
import type { AuditRecord } from '../history/record.ts'
import type { StoreReading } from './store-reading.ts'

type Probe = AuditRecord['probes'][number]

/** Enough to meet what was fought over; each costs a few round trips, and a comparison makes hundreds of audits. */
const PROBED_RESOURCES_MAX = 24
/** Probes in flight at once: one after another would be slow, and many would contend with each other. */
const PROBES_IN_FLIGHT = 6
/** A probe that the strategy gives up on is tried again; alone on its resource it should not need to be. */
const TRIES_MAX = 5
/** Longer than any audit takes. */
const PROBE_TTL_MS = 60_000
const PROBE_PREFIX = 'probe-'

export interface Probed {
  readonly probes: readonly Probe[]
  /** Resources that could not be probed, and why: one sentence each. */
  readonly failures: readonly string[]
}

/** Probes the first of these resources that the store does not count as oversold; releases what it held. */
export async function probe(
  strategy: ReservationStrategy,
  reading: StoreReading,
  resources: readonly Resource[],
): Promise<Probed> {
  const live = liveUnits(reading)
  const queue = resources
    .map(({ id, capacity }) => ({ resourceId: id, unitsExpected: capacity - (live.get(id) ?? 0) }))
    .filter(({ unitsExpected }) => unitsExpected >= 0)
    .slice(0, PROBED_RESOURCES_MAX)
    .values()
  const probes: Probe[] = []
  const failures: string[] = []
  let ids = 0
  const nextId = () => holdId(`${PROBE_PREFIX}${++ids}`)

  async function work(): Promise<void> {
    for (const { resourceId, unitsExpected } of queue) {
      if (failures.length > 0) return
      try {
        probes.push(await probeOne(strategy, { resourceId, unitsExpected, nextId }))
      } catch (error) {
        if (error instanceof InvalidRequestError) throw error
        const why = error instanceof Error ? error.message : String(error)
        failures.push(`the probe of ${resourceId} failed: ${why}`)
        // One failure leaves the proof open, and a strategy that answers no more would be waited for again and again.
        return
      }
    }
  }
  await Promise.all(Array.from({ length: PROBES_IN_FLIGHT }, work))
  return { probes, failures }
}

interface Question {
  readonly resourceId: ResourceId
  readonly unitsExpected: number
  readonly nextId: () => HoldId
}

async function probeOne(strategy: ReservationStrategy, question: Question): Promise<Probe> {
  const { resourceId, unitsExpected } = question
  const held: HoldId[] = []
  try {
    let unitsHeld = 0
    if (unitsExpected > 0) {
      const all = await holdFor(strategy, question, { resourceId, quantity: unitsExpected })
      if (all.outcome === 'held') {
        held.push(all.id)
        unitsHeld = unitsExpected
      }
    }
    const oneMore = await holdFor(strategy, question, { resourceId, quantity: 1 })
    if (oneMore.outcome === 'held') held.push(oneMore.id)
    return { resourceId, unitsExpected, unitsHeld, oneMoreRefused: oneMore.outcome === 'sold-out' }
  } finally {
    for (const id of held) await strategy.release(id)
  }
}

async function holdFor(
  strategy: ReservationStrategy,
  { nextId }: Question,
  line: Line,
): Promise<{ readonly id: HoldId; readonly outcome: 'held' | 'sold-out' }> {
  let last: HoldOutcome | undefined
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const id = nextId()
    last = await strategy.hold({ holdId: id, lines: [line], ttlMs: PROBE_TTL_MS })
    if (last.kind === 'held' || last.kind === 'sold-out') return { id, outcome: last.kind }
  }
  throw new Error(`answered ${JSON.stringify(last)} on each of ${TRIES_MAX} tries, with nobody else there`)
}

/** Units per resource that live holds and sales have at rest. */
function liveUnits(reading: StoreReading): ReadonlyMap<ResourceId, number> {
  const live = new Map<ResourceId, number>()
  for (const { status, lines } of reading.holds) {
    if (status !== 'held' && status !== 'confirmed') continue
    for (const [resourceId, quantity] of lines) live.set(resourceId, (live.get(resourceId) ?? 0) + quantity)
  }
  return live
}
