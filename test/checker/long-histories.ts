/**
 * Legal histories of thousands of operations on a few resources, whose holds expire all the time, and ways to
 * damage one at one place: what windows must find although they have left it behind.
 */
import type { AuditRecord, HistoryHeader, Operation } from '../../harness/history/record.ts'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import type { Dice } from './seeded.ts'
import type { Simulated } from './simulate.ts'
import { SimulatedEngine } from './simulated-engine.ts'

const CLIENTS = 6
const BETWEEN_CALLS_US = 400
const HALF_CALL_US_MAX = 700
const TTL_MS_MAX = 20
const OFFSET_MS = 1_750_000_000_000

interface LongShape {
  readonly operations: number
  readonly resources: number
  /** In percent. */
  readonly unknown: number
  /** Of calls about an id that was used long before, in percent. */
  readonly late: number
}

export function longHistory(dice: Dice, shape: LongShape): Simulated & { readonly audit: AuditRecord } {
  const header = headerOf(dice, shape)
  const isVersioned = dice.chance(60)
  const engine = new SimulatedEngine({ dice, header, isVersioned, answersSoldOut: true })
  const freeAtUs = new Float64Array(CLIENTS)
  const requested: HoldId[] = []
  const operations: Operation[] = []
  let nowUs = 10_000
  while (operations.length < shape.operations) {
    nowUs += 1 + dice.below(2 * BETWEEN_CALLS_US)
    const process = dice.below(CLIENTS)
    const invokedUs = Math.max(nowUs - dice.below(HALF_CALL_US_MAX), (freeAtUs[process] ?? 0) + 1)
    if (invokedUs > nowUs) continue
    const returnedUs = nowUs + 1 + dice.below(HALF_CALL_US_MAX)
    freeAtUs[process] = returnedUs
    const isUnknown = dice.below(1_000) < 10 * shape.unknown
    const request = requestOf(dice, header, requested, shape)
    const effectUs = isUnknown && dice.chance(30) ? undefined : nowUs
    const answered = engine.answer({ ...request, effectUs, isUnknown })
    if (answered === undefined) continue
    operations.push({ type: 'operation', process, invokedUs, returnedUs, ...answered } as Operation)
  }
  operations.sort((a, b) => a.returnedUs - b.returnedUs)
  return { header, operations, audit: engine.audit(nowUs + 1_000_000) }
}

function headerOf(dice: Dice, { resources }: LongShape): HistoryHeader {
  return {
    type: 'history',
    format: 2,
    strategy: 'simulated',
    workload: 'long',
    seed: 0,
    startedAt: '2025-01-01T00:00:00.000Z',
    resources: Array.from({ length: resources }, (_, at) => ({
      id: `r${at}` as ResourceId,
      capacity: 3 + dice.below(60),
    })),
    clock: { offsetMs: OFFSET_MS, errorMs: dice.pick([0, 1, 2]) },
    freesLateMs: dice.pick([0, 0, 2]),
    refusals: dice.pick(['exact', 'exact', 'spurious']),
  }
}

function requestOf(
  dice: Dice,
  { resources }: HistoryHeader,
  requested: HoldId[],
  { late }: LongShape,
): Pick<Parameters<SimulatedEngine['answer']>[0], 'op' | 'id' | 'lines' | 'ttlMs'> {
  const what = dice.below(100)
  const ids = resources.map(({ id }) => id)
  const first = ids[dice.below(ids.length)] ?? ('r0' as ResourceId)
  const second = ids[dice.below(ids.length)] ?? first
  const lines = [[first, 1 + dice.below(2)] as const]
  if (second !== first && dice.chance(15)) lines.push([second, 1])
  const ttlMs = 3 + dice.below(TTL_MS_MAX)
  const recent = requested[requested.length - 1 - dice.below(8)]
  if (what < 10) return { op: 'availability', id: 'none' as HoldId, lines, ttlMs }
  const old = dice.chance(late) ? requested[dice.below(requested.length)] : recent
  if (what < 45 && old !== undefined) {
    const op = dice.pick(['confirm', 'release', 'release'])
    return { op: op as 'confirm' | 'release', id: old, lines, ttlMs }
  }
  const id = `hold-${requested.length}` as HoldId
  requested.push(id)
  return { op: 'hold', id, lines, ttlMs }
}

/** The same history with something wrong in what the store shows, or in what its auditor says. */
export function withWrongStore(dice: Dice, { holds, ...audit }: AuditRecord): AuditRecord {
  const at = dice.below(holds.length)
  const hold = holds[at]
  const [line] = hold?.lines ?? []
  if (hold === undefined || line === undefined) return { ...audit, holds }
  const others = holds.toSpliced(at, 1)
  switch (dice.below(8)) {
    case 0:
      return { ...audit, holds: others }
    case 1:
      return { ...audit, holds: [...holds, hold] }
    case 2:
      return { ...audit, holds: [...others, { ...hold, deadlineMs: hold.deadlineMs + 5_000 }] }
    case 3:
      return {
        ...audit,
        holds: [...others, { ...hold, status: dice.pick(['confirmed', 'released', 'held']) }],
      }
    case 4:
      return { ...audit, holds: [...others, { ...hold, lines: [[line[0], line[1] + 1]] }] }
    case 5:
      return { ...audit, holds: [...others, { ...hold, id: 'phantom' as HoldId }] }
    case 6:
      return { ...audit, holds, complaints: ['a row of no hold'] }
    default:
      return {
        ...audit,
        holds,
        resources: audit.resources.map((each) => ({ ...each, taken: each.taken + 1 })),
      }
  }
}
