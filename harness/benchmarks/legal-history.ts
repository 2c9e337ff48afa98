/** Generates legal histories of any length, for measuring the checker. */
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import type { AuditRecord, HistoryRecord, Operation } from '../history/record.ts'

const RESOURCES = 1_000
const CAPACITY = 500
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

/** Clients hold, confirm, release and read; each call takes effect halfway between invocation and return. */
export function* legalHistory(operations: number): Generator<HistoryRecord> {
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
    resources: tiers.map(({ id }) => ({ id, capacity: CAPACITY })),
    clock: { offsetMs: OFFSET_MS, errorMs: 1 },
    freesLateMs: 0,
    refusals: 'exact',
  }
  const holds: AuditRecord['holds'][number][] = []
  const random = linearCongruential()
  let nowUs = 1_000_000
  for (let written = 0; written < operations; ) {
    nowUs += BETWEEN_CALLS_US
    for (const operation of visit(tiers, random, { written, nowUs, last: operations - 1 }, holds)) {
      yield operation
      written++
    }
  }
  yield auditOf(tiers, holds, nowUs)
}

/** One read, or one hold and how it ended. */
function* visit(
  tiers: readonly Tier[],
  random: (below: number) => number,
  { written, nowUs, last }: { readonly written: number; readonly nowUs: number; readonly last: number },
  holds: AuditRecord['holds'][number][],
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
    yield { ...interval, op: 'availability', result: 'ok', available: [[resourceId, CAPACITY - tier.sold]] }
    return
  }
  const holdId = `hold-${written.toString(36)}-${random(2 ** 30).toString(36)}` as HoldId
  const request = { ...interval, op: 'hold', holdId, lines: [[resourceId, 1]], ttlMs: TTL_MS } as const
  if (tier.sold === CAPACITY) {
    yield { ...request, result: 'fail', why: 'sold-out', resourceId, attempts: 1 }
    return
  }
  const deadlineMs = OFFSET_MS + nowUs / 1_000 + TTL_MS
  yield { ...request, result: 'ok', deadlineMs, versions: [++tier.version], attempts: 1 }
  const ended = (status: 'expired' | 'confirmed' | 'released') =>
    holds.push({ id: holdId, status, lines: request.lines, deadlineMs })
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

function auditOf(tiers: readonly Tier[], holds: AuditRecord['holds'], nowUs: number): AuditRecord {
  return {
    type: 'audit',
    takenUs: nowUs + TTL_MS * 1_000 + 10_000,
    resources: tiers.map(({ id, sold }) => ({ id, taken: sold })),
    holds,
    complaints: [],
    probes: tiers.map(({ id: resourceId, sold }) => {
      const units = CAPACITY - sold
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
