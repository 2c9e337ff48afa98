/**
 * Makes small histories that are legal by construction: operations with random overlapping intervals, each
 * taking effect at one moment inside its own, by the sequential specification, on an engine whose clock is
 * wrong by up to ε.
 */
import type {
  AuditRecord,
  HistoryHeader,
  HistoryRecord,
  LineRecord,
  Operation,
} from '../../harness/history/record.ts'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import { Dice, type RandomBelow } from './seeded.ts'
import { type Call, SimulatedEngine } from './simulated-engine.ts'

export interface Shape {
  readonly operationsMax: number
  /** Whether holds may expire within the history. */
  readonly expiry: boolean
  /** Whether `sold-out` may be answered, or such requests are left out. */
  readonly refusals: boolean
  /** Whether outcomes may be unknown. */
  readonly unknowns: boolean
  readonly reads: boolean
  readonly audit: boolean
  /** Whether an operation may return in the very microsecond in which another is invoked. */
  readonly ties: boolean
}

export const EVERYTHING: Shape = {
  operationsMax: 8,
  expiry: true,
  refusals: true,
  unknowns: true,
  reads: true,
  audit: true,
  ties: true,
}

const STEP_US = 1_000
const AUDIT_US = 200 * STEP_US

export interface Simulated {
  readonly header: HistoryHeader
  readonly operations: readonly Operation[]
  readonly audit: AuditRecord | undefined
}

export function recordsOf({ header, operations, audit }: Simulated): HistoryRecord[] {
  return audit === undefined ? [header, ...operations] : [header, ...operations, audit]
}

export function simulate(random: RandomBelow, shape: Shape): Simulated {
  const dice = new Dice(random)
  const resourceIds: [ResourceId, ...ResourceId[]] = ['r0' as ResourceId]
  if (dice.chance(50)) resourceIds.push('r1' as ResourceId)
  const resources = resourceIds.map((id) => ({ id, capacity: 1 + random(dice.chance(50) ? 1 : 3) }))
  const errorUs = shape.expiry ? dice.pick([0, 1, 2]) * STEP_US : 0
  const freesLateUs = shape.expiry ? dice.pick([0, 0, 2]) * STEP_US : 0
  const offsetMs = shape.audit ? 1_750_000_000_000 + random(1_000) : 0
  const isVersioned = dice.chance(50)
  const header: HistoryHeader = {
    type: 'history',
    format: 2,
    strategy: 'simulated',
    workload: 'random',
    seed: 0,
    startedAt: '2025-01-01T00:00:00.000Z',
    resources,
    clock: { offsetMs, errorMs: errorUs / 1_000 },
    freesLateMs: freesLateUs / 1_000,
    refusals: 'exact',
  }
  const payload = (): Pick<Call, 'lines' | 'ttlMs'> => payloadOf(dice, resourceIds, shape)
  const holds = Array.from({ length: 1 + random(4) }, (_, at) => `h${at}` as HoldId).map((id) => ({
    id,
    payload: payload(),
  }))
  const engine = new SimulatedEngine({ dice, header, isVersioned, answersSoldOut: shape.refusals })
  const operations: (Operation | undefined)[] = []
  for (const { op, hold, interval, isUnknown, effectUs } of timedCalls(dice, shape, holds.length)) {
    const { id, payload: usual } = holds[hold] ?? { id: 'h0' as HoldId, payload: payload() }
    const request = op === 'hold' && !dice.chance(90) ? payload() : usual
    const answered = engine.answer({ op, id, ...request, effectUs, isUnknown })
    if (answered === undefined) continue
    operations[interval.process] = { ...interval, ...answered } as Operation
  }
  return {
    header,
    operations: operations.filter((operation) => operation !== undefined),
    audit: shape.audit ? engine.audit(AUDIT_US) : undefined,
  }
}

function payloadOf(
  dice: Dice,
  resourceIds: readonly ResourceId[],
  { expiry }: Shape,
): { readonly lines: LineRecord[]; readonly ttlMs: number } {
  const lines: LineRecord[] = []
  for (const id of dice.chance(50) ? resourceIds : [...resourceIds].reverse()) {
    if (lines.length === 0 || dice.chance(40)) lines.push([id, 1 + dice.below(dice.chance(70) ? 1 : 2)])
  }
  return { lines, ttlMs: expiry && dice.chance(60) ? 4 + dice.below(12) : 1_000_000 }
}

/** In the order of their effects; `effectUs` is undefined for a call that never takes effect. */
function timedCalls(dice: Dice, shape: Shape, holds: number) {
  const count = 1 + dice.below(shape.operationsMax)
  const span = 6 + dice.below(30)
  return Array.from({ length: count }, (_, process) => {
    // Even microseconds for invocations and odd ones for returns, and none twice.
    const invokedUs = dice.below(span) * STEP_US + (shape.ties ? 0 : 2 * process)
    const returnedUs = invokedUs + (dice.chance(5) ? 0 : 1 + dice.below(8)) * STEP_US + (shape.ties ? 0 : 1)
    const isUnknown = shape.unknowns && dice.chance(15)
    const latestUs = isUnknown ? returnedUs + dice.below(20) * STEP_US : returnedUs
    const isAtOnce = dice.chance(20)
    const isLost = isUnknown && dice.chance(40)
    const laterUs = () => Math.floor((latestUs - invokedUs) * (dice.below(1_000) / 1_000))
    const effectUs = isLost ? undefined : isAtOnce ? invokedUs : invokedUs + laterUs()
    const isRead = shape.reads && dice.chance(12)
    const op = isRead ? 'availability' : dice.chance(55) ? 'hold' : dice.chance(50) ? 'confirm' : 'release'
    const interval = { type: 'operation', process, invokedUs, returnedUs } as const
    return { op, hold: dice.below(holds), interval, isUnknown, effectUs } as const
  }).sort((a, b) => (a.effectUs ?? Infinity) - (b.effectUs ?? Infinity))
}
