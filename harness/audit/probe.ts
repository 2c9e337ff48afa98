/**
 * Checks through the strategy what is left: exactly the free units can be held, and not one more. Rows may be
 * consistent while units are lost, if the strategy's answers differ from them.
 */
import { randomBytes } from 'node:crypto'
import type { StoreReading } from '../../strategies/ledgers/ledger.ts'
import {
  type ContendedReason,
  type HoldId,
  type HoldOutcome,
  InvalidRequestError,
  inEventOf,
  type Line,
  type ReservationStrategy,
  type Resource,
  type ResourceId,
} from '../../strategies/strategy.ts'
import { holdId } from '../../strategies/validation.ts'
import type { AuditRecord } from '../history/record.ts'
import { NoAnswerError, within } from '../within.ts'

type Probe = AuditRecord['probes'][number]
/** A new id for a hold on this resource. */
type NextId = (of: ResourceId) => HoldId

/**
 * Enough to cover the contended resources; each costs a few round trips, and a comparison makes hundreds of
 * audits.
 */
const PROBED_RESOURCES_MAX = 24
/** Probes in flight at once: one after another would be slow, and many would contend with each other. */
const PROBES_IN_FLIGHT = 6
/** A contended probe is tried again; alone on its resource it should not need that. */
const TRIES_MAX = 5
/** Longer than any audit takes. */
const PROBE_TTL_MS = 60_000
/** No other client is active. Replicas that return need some seconds; after that no answer comes. */
const ANSWER_MS_MAX = 30_000
const PROBE_PREFIX = 'probe-'
/** No two audits use the same id. */
const AUDIT_BYTES = 4

/** What answers the probe. */
export type Seller = Pick<ReservationStrategy, 'hold' | 'release'>

/** Holds this many units, releases them at once, and returns whether they could be held. */
export type CanHold = (units: number) => Promise<boolean>

export interface ProbeQuestion {
  readonly resourceId: ResourceId
  /** Units that should be free. */
  unitsExpected(canHold: CanHold): Promise<number>
}

/** The strategy says that another caller is in the way, but there is none. */
class StarvedError extends Error {
  override readonly name = 'StarvedError'
}

/** Reasons for contended that only other callers can cause. */
const OF_OTHERS: ReadonlySet<ContendedReason> = new Set([
  'lock-not-available',
  'version-changed',
  'serialization-failure',
  'deadlock',
  'units-in-motion',
])

/** The limits of a probe. */
export interface ProbeLimits {
  /** After this many resources that cannot be held, the rest is not probed; 1 if absent. */
  readonly starvedMax?: number
  /** How long a call may take, in milliseconds. */
  readonly answerMsMax?: number
}

export interface Probed {
  readonly probes: readonly Probe[]
  /** Resources that could not be probed, and why: one sentence each. */
  readonly failures: readonly string[]
  /** Resources that cannot be held, one sentence each: answered contended without any other caller. */
  readonly starved: readonly string[]
  /** Whether a call had no answer: it may still be running. */
  readonly isStuck: boolean
}

/** Probes the first of these resources that the store does not count as oversold; releases what it held. */
export function probeFreeUnits(
  strategy: ReservationStrategy,
  reading: StoreReading,
  resources: readonly Resource[],
  limits?: ProbeLimits,
): Promise<Probed> {
  const live = liveUnits(reading)
  const questions = resources
    .map(({ id, capacity }) => ({ resourceId: id, units: capacity - (live.get(id) ?? 0) }))
    .filter(({ units }) => units >= 0)
    .map(({ resourceId, units }) => ({ resourceId, unitsExpected: async () => units }))
  return probe(questions, () => strategy, limits)
}

/**
 * Answers the first of the probes. Several probers work concurrently, each with its own instance of the
 * strategy and one probe at a time. A probe that is answered contended is repeated after all others have
 * ended; if it is contended again, without any other caller, the units cannot be held at all.
 */
export async function probe(
  questions: readonly ProbeQuestion[],
  sellerOf: (asker: number) => Seller,
  { starvedMax = 1, answerMsMax = ANSWER_MS_MAX }: ProbeLimits = {},
): Promise<Probed> {
  const found = { probes: [] as Probe[], failures: [] as string[], starved: [] as string[], isStuck: false }
  const queue = questions.slice(0, PROBED_RESOURCES_MAX).values()
  const inTheWay: ProbeQuestion[] = []
  let ids = 0
  const audit = randomBytes(AUDIT_BYTES).toString('hex')
  const nextId = (of: ResourceId) => holdId(inEventOf(of, `${PROBE_PREFIX}${audit}-${++ids}`))

  const bounded = (asker: number): Seller => {
    const seller = sellerOf(asker)
    return {
      hold: (request) => within(answerMsMax, seller.hold(request)),
      release: (id) => seller.release(id),
    }
  }
  async function answer(seller: Seller, question: ProbeQuestion, onStarved: (why: string) => void) {
    try {
      found.probes.push(await probeOne(seller, question, nextId))
    } catch (error) {
      if (error instanceof InvalidRequestError) throw error
      const why = error instanceof Error ? error.message : String(error)
      if (error instanceof StarvedError) return onStarved(why)
      found.isStuck ||= error instanceof NoAnswerError
      found.failures.push(`the probe of ${question.resourceId} failed: ${why}`)
    }
  }
  async function work(seller: Seller): Promise<void> {
    for (const question of queue) {
      await answer(seller, question, () => inTheWay.push(question))
      // One failure leaves the proof open, and a strategy that no longer answers would cause one wait after
      // another.
      if (found.failures.length > 0 || inTheWay.length >= starvedMax) return
    }
  }
  await Promise.all(Array.from({ length: PROBES_IN_FLIGHT }, (_, asker) => work(bounded(asker))))
  for (const question of inTheWay) {
    if (found.failures.length > 0 || found.starved.length >= starvedMax) break
    await answer(bounded(0), question, (why) =>
      found.starved.push(`${question.resourceId} cannot be held: ${why}`),
    )
  }
  return found
}

async function probeOne(seller: Seller, question: ProbeQuestion, nextId: NextId): Promise<Probe> {
  const { resourceId } = question
  const unitsExpected = await question.unitsExpected(async (quantity) => {
    const { id, outcome } = await holdFor(seller, { resourceId, quantity }, nextId)
    if (outcome === 'held') await seller.release(id)
    return outcome === 'held'
  })
  const held: HoldId[] = []
  try {
    let unitsHeld = 0
    if (unitsExpected > 0) {
      const all = await holdFor(seller, { resourceId, quantity: unitsExpected }, nextId)
      if (all.outcome === 'held') {
        held.push(all.id)
        unitsHeld = unitsExpected
      }
    }
    const oneMore = await holdFor(seller, { resourceId, quantity: 1 }, nextId)
    if (oneMore.outcome === 'held') held.push(oneMore.id)
    return { resourceId, unitsExpected, unitsHeld, oneMoreRefused: oneMore.outcome === 'sold-out' }
  } finally {
    for (const id of held) await seller.release(id)
  }
}

async function holdFor(
  seller: Seller,
  line: Line,
  nextId: NextId,
): Promise<{ readonly id: HoldId; readonly outcome: 'held' | 'sold-out' }> {
  let last: HoldOutcome | undefined
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const id = nextId(line.resourceId)
    last = await seller.hold({ holdId: id, lines: [line], ttlMs: PROBE_TTL_MS })
    if (last.kind === 'held' || last.kind === 'sold-out') return { id, outcome: last.kind }
  }
  const answer = last?.kind === 'contended' ? `contended (${last.reason})` : last?.kind
  const why = `${answer} was answered on each of ${TRIES_MAX} tries, although no other caller was active`
  throw last?.kind === 'contended' && OF_OTHERS.has(last.reason) ? new StarvedError(why) : new Error(why)
}

/** Units per resource in live holds and sales at rest. */
function liveUnits(reading: StoreReading): ReadonlyMap<ResourceId, number> {
  const live = new Map<ResourceId, number>()
  for (const { status, lines } of reading.holds) {
    if (status !== 'held' && status !== 'confirmed') continue
    for (const [resourceId, quantity] of lines) live.set(resourceId, (live.get(resourceId) ?? 0) + quantity)
  }
  return live
}
