/** Generates legal histories of any length, for measuring the checker. */
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import type { AuditRecord, HistoryRecord, Operation } from '../history/record.ts'

const RESOURCES = 1_000
const CAPACITY_MIN = 500
/** So that a long history does not consist of refusals. */
const OPERATIONS_PER_UNIT = 2
/** Enough that no client calls again before its previous answer. */
const CLIENTS = 256
const OFFSET_MS = 1_750_000_000_000
const TTL_MS = 10_000
/** From the call to its effect, and from its effect to the answer. */
const HALF_CALL_US = 400
const BETWEEN_CALLS_US = 20

interface Tier {
  readonly id: ResourceId
  sold: number
  version: number
}

type StoredHold = AuditRecord['holds'][number]

/** What one generation of the history needs. */
interface Making {
  readonly tiers: readonly Tier[]
  readonly capacity: number
  readonly random: (below: number) => number
  /** Called with each hold once it has ended. */
  readonly ended: (hold: StoredHold) => void
}

/** Clients hold, confirm, release and read; each call takes effect halfway between invocation and return. */
export function* legalHistory(operations: number): Generator<HistoryRecord> {
  const holds: StoredHold[] = []
  yield* historyWith(
    operations,
    (hold) => holds.push(hold),
    () => holds,
  )
}

/**
 * The same history without keeping its holds: the audit makes them again when they are iterated, which must
 * be all that is done with them.
 */
export function* legalHistoryWithoutKeeping(operations: number): Generator<HistoryRecord> {
  const again: Iterable<StoredHold> = { [Symbol.iterator]: () => storedHolds(operations) }
  yield* historyWith(
    operations,
    () => undefined,
    () => again as readonly StoredHold[],
  )
}

function* storedHolds(operations: number): Generator<StoredHold, undefined> {
  let ended: StoredHold[] = []
  for (const _ of historyWith(
    operations,
    (hold) => ended.push(hold),
    () => [],
  )) {
    yield* ended
    ended = []
  }
}

function* historyWith(
  operations: number,
  ended: (hold: StoredHold) => void,
  stored: () => readonly StoredHold[],
): Generator<HistoryRecord> {
  const capacity = Math.max(CAPACITY_MIN, Math.ceil(operations / RESOURCES / OPERATIONS_PER_UNIT))
  const tiers = Array.from(
    { length: RESOURCES },
    (_, at): Tier => ({ id: `class-${at}` as ResourceId, sold: 0, version: 0 }),
  )
  yield {
    type: 'history',
    format: 2,
    strategy: 'simulated',
    workload: 'benchmark',
    seed: 1,
    startedAt: '2025-01-01T00:00:00.000Z',
    resources: tiers.map(({ id }) => ({ id, capacity })),
    clock: { offsetMs: OFFSET_MS, errorMs: 1 },
    freesLateMs: 0,
    refusals: 'exact',
  }
  const making: Making = { tiers, capacity, ended, random: linearCongruential() }
  let nowUs = 1_000_000
  for (let written = 0; written < operations; ) {
    nowUs += BETWEEN_CALLS_US
    for (const operation of visit(making, { written, nowUs, last: operations - 1 })) {
      yield operation
      written++
    }
  }
  yield auditOf(making, stored(), nowUs)
}

/** One read, or one hold and how it ended. */
function* visit(
  { tiers, capacity, random, ended: end }: Making,
  { written, nowUs, last }: { readonly written: number; readonly nowUs: number; readonly last: number },
): Generator<Operation> {
  const interval = {
    type: 'operation',
    process: written % CLIENTS,
    invokedUs: nowUs - HALF_CALL_US,
    returnedUs: nowUs + HALF_CALL_US,
  } as const
  const tier = tiers[random(RESOURCES)]
  if (tier === undefined) throw new RangeError('there is no such resource')
  const { id: resourceId } = tier
  if (random(20) === 0) {
    yield { ...interval, op: 'availability', result: 'ok', available: [[resourceId, capacity - tier.sold]] }
    return
  }
  const holdId = `hold-${written.toString(36)}-${random(2 ** 30).toString(36)}` as HoldId
  const request = { ...interval, op: 'hold', holdId, lines: [[resourceId, 1]], ttlMs: TTL_MS } as const
  if (tier.sold === capacity) {
    yield { ...request, result: 'fail', why: 'sold-out', resourceId, attempts: 1 }
    return
  }
  const deadlineMs = OFFSET_MS + nowUs / 1_000 + TTL_MS
  yield { ...request, result: 'ok', deadlineMs, versions: [++tier.version], attempts: 1 }
  const ended = (status: 'expired' | 'confirmed' | 'released') =>
    end({ id: holdId, status, lines: request.lines, deadlineMs })
  if (written === last) {
    ended('expired')
    return
  }
  const later = {
    ...interval,
    invokedUs: interval.returnedUs + 5,
    returnedUs: interval.returnedUs + 2 * HALF_CALL_US,
  }
  const isSold = random(3) > 0
  if (isSold) tier.sold++
  yield { ...later, op: isSold ? 'confirm' : 'release', holdId, result: 'ok' }
  ended(isSold ? 'confirmed' : 'released')
}

function auditOf({ tiers, capacity }: Making, holds: readonly StoredHold[], nowUs: number): AuditRecord {
  return {
    type: 'audit',
    takenUs: nowUs + TTL_MS * 1_000 + 10_000,
    resources: tiers.map(({ id, sold }) => ({ id, taken: sold })),
    holds,
    complaints: [],
    probes: tiers.map(({ id: resourceId, sold }) => {
      const units = capacity - sold
      return { resourceId, unitsExpected: units, unitsHeld: units, oneMoreRefused: true }
    }),
  }
}

function linearCongruential(): (below: number) => number {
  let state = 1
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
