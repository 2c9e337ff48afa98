/**
 * A history as questions to Porcupine, one for each resource. This is sound because linearizability is local:
 * a history is linearizable if the history of each resource is. Holds of several lines join resources, so
 * their resources are left out, as are those whose holds use one id for two requests.
 */
import type { HistoryHeader, HistoryRecord, HoldOperation, Operation } from '../../history/record.ts'

/** One operation as the Go program reads it. Times are doubled microseconds: see `intervalOf`. */
interface Step {
  readonly op: 'hold' | 'confirm' | 'release' | 'due' | 'free'
  /** The hold's number within the resource. */
  readonly hold: number
  readonly units: number
  readonly answer: 'held' | 'sold-out' | 'ok' | 'gone' | 'already-confirmed' | 'unknown' | ''
  readonly call: number
  readonly return: number
}

export interface Inquiry {
  readonly resource: string
  readonly capacity: number
  readonly holds: number
  readonly exactRefusals: boolean
  /** Whether units may be freed after the deadline has passed. */
  readonly freesLate: boolean
  readonly steps: readonly Step[]
}

export interface Inquiries {
  readonly asked: readonly Inquiry[]
  /** Resources that cannot be judged separately. */
  readonly left: readonly string[]
  /** The resource of each hold. */
  readonly resourceOf: ReadonlyMap<string, string>
}

/** Later than everything. Whole numbers up to here are exact. */
const NEVER = 2 ** 52

/** The questions for a history. */
export function questionsOf(records: readonly HistoryRecord[]): Inquiries {
  const header = records.find((record) => record.type === 'history')
  if (header === undefined) throw new Error('the history has no header')
  const operations = records.filter((record) => record.type === 'operation')
  const holds = Map.groupBy(
    operations.filter((operation) => operation.op === 'hold'),
    ({ holdId }) => holdId,
  )
  const left = new Set<string>()
  const resourceOf = new Map<string, string>()
  for (const [id, asked] of holds) {
    const lines = new Set(asked.map((hold) => JSON.stringify(hold.lines)))
    const named = asked.flatMap((hold) => hold.lines.map(([resource]) => resource))
    const [resource = ''] = named
    resourceOf.set(id, resource)
    if (lines.size > 1 || named.length > asked.length) for (const one of named) left.add(one)
  }
  const ofResource = Map.groupBy(operations, (operation) =>
    operation.op === 'availability' ? '' : (resourceOf.get(operation.holdId) ?? ''),
  )
  const asked = header.resources
    .filter(({ id }) => !left.has(id) && ofResource.has(id))
    .map(({ id, capacity }) => questionOf(header, id, capacity, ofResource.get(id) ?? []))
  return { asked, left: [...left], resourceOf }
}

function questionOf(
  header: HistoryHeader,
  resource: string,
  capacity: number,
  operations: readonly Operation[],
): Inquiry {
  const numbers = new Map<string, number>()
  const steps: Step[] = []
  for (const operation of operations) {
    if (operation.op === 'availability') continue
    const hold = numbers.get(operation.holdId) ?? numbers.size
    numbers.set(operation.holdId, hold)
    const answer = answerOf(operation)
    if (answer === undefined) continue
    const units = operation.op === 'hold' ? (operation.lines[0]?.[1] ?? 0) : 0
    steps.push({ op: operation.op, hold, units, answer, ...intervalOf(operation) })
  }
  const endUs = Math.max(0, ...operations.map(({ returnedUs }) => returnedUs))
  for (const [id, hold] of numbers) {
    const asked = operations.filter((operation) => operation.op === 'hold' && operation.holdId === id)
    steps.push(...expiryOf(header, hold, asked as readonly HoldOperation[], endUs))
  }
  return {
    resource,
    capacity,
    holds: numbers.size,
    exactRefusals: header.refusals === 'exact',
    freesLate: header.freesLateMs > 0,
    steps,
  }
}

/** The answer; nothing for answers that claim nothing about this resource. */
function answerOf(operation: Exclude<Operation, { op: 'availability' }>): Step['answer'] | undefined {
  if (operation.result === 'info') return 'unknown'
  if (operation.result === 'ok') return operation.op === 'hold' ? 'held' : 'ok'
  return operation.why === 'contended' || operation.why === 'id-reused' ? undefined : operation.why
}

/**
 * For Porcupine, two operations overlap if one begins in the microsecond in which the other ends. Records
 * round beginnings down and ends up, so the second came after the first: beginnings are moved by half a
 * microsecond.
 */
function intervalOf(operation: Operation): { readonly call: number; readonly return: number } {
  const call = 2 * operation.invokedUs + 1
  return { call, return: operation.result === 'info' ? NEVER : Math.max(call, 2 * operation.returnedUs) }
}

/** Passing deadlines and freed units, as operations without a caller. */
function expiryOf(
  header: HistoryHeader,
  hold: number,
  asked: readonly HoldOperation[],
  endUs: number,
): readonly Step[] {
  const { clock, freesLateMs } = header
  const errorUs = Math.round(clock.errorMs * 1_000)
  const lateUs = Math.round(freesLateMs * 1_000)
  const told = asked.find((operation) => operation.result === 'ok')
  if (told === undefined && !asked.some(({ result }) => result === 'info')) return []
  const earliestUs = Math.min(...asked.map(({ invokedUs, ttlMs }) => invokedUs + ttlMs * 1_000)) - 2 * errorUs
  // It is unknown whether and when an unknown hold was made, so its deadline may be at any later time.
  const deadlineUs =
    told?.result === 'ok' ? Math.round((told.deadlineMs - clock.offsetMs) * 1_000) : undefined
  const fromUs = deadlineUs === undefined ? earliestUs : deadlineUs - errorUs
  if (fromUs > endUs) return []
  const call = 2 * fromUs
  const latest = deadlineUs === undefined ? NEVER : 2 * (deadlineUs + errorUs) + 1
  const step = { hold, units: 0, answer: '', call } as const
  const due: Step = { ...step, op: 'due', return: latest }
  if (lateUs === 0) return [due]
  return [due, { ...step, op: 'free', return: deadlineUs === undefined ? NEVER : latest + 2 * lateUs }]
}
