/** Short functions for histories written by hand. Times are in milliseconds, to be read at a glance. */
import type {
  AuditRecord,
  HistoryHeader,
  HoldOperation,
  LineRecord,
  Operation,
} from '../../harness/history/record.ts'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'

export const OFFSET_MS = 1_750_000_000_000

type Interval = readonly [fromMs: number, untilMs: number]
type Lines = Readonly<Record<string, number>>

export function header(capacities: Lines, more: Partial<HistoryHeader> = {}): HistoryHeader {
  return {
    type: 'history',
    format: 2,
    strategy: 'by-hand',
    workload: 'example',
    seed: 1,
    startedAt: '2025-01-01T00:00:00.000Z',
    resources: Object.entries(capacities).map(([id, capacity]) => ({ id: id as ResourceId, capacity })),
    clock: { offsetMs: OFFSET_MS, errorMs: 1 },
    freesLateMs: 0,
    refusals: 'exact',
    ...more,
  }
}

let processes = 100

/** Every call is made by a client of its own, unless one is named. */
function during([fromMs, untilMs]: Interval, process: number = processes++) {
  return { type: 'operation', process, invokedUs: fromMs * 1_000, returnedUs: untilMs * 1_000 } as const
}

export function linesOf(lines: Lines): LineRecord[] {
  return Object.entries(lines).map(([id, units]) => [id as ResourceId, units])
}

interface Asked {
  readonly process?: number
  readonly ttl?: number
}

function request(holdId: string, lines: Lines, at: Interval, { process, ttl = 10_000 }: Asked = {}) {
  return {
    ...during(at, process),
    op: 'hold',
    holdId: holdId as HoldId,
    lines: linesOf(lines),
    ttlMs: ttl,
  } as const
}

/** Held until `deadline`, in milliseconds of the history; by default it asked for as long as that is. */
export function held(
  holdId: string,
  lines: Lines,
  at: Interval,
  more: Asked & { readonly deadline?: number; readonly versions?: readonly number[] } = {},
): HoldOperation {
  const { deadline = 10_000, versions } = more
  const told = { result: 'ok', deadlineMs: OFFSET_MS + deadline, attempts: 1 } as const
  const asked = request(holdId, lines, at, { ttl: Math.max(0, deadline - at[0]), ...more })
  return { ...asked, ...told, ...(versions === undefined ? {} : { versions }) }
}

export function soldOut(
  holdId: string,
  lines: Lines,
  at: Interval,
  resourceId = Object.keys(lines)[0] ?? '',
): HoldOperation {
  const why = { result: 'fail', why: 'sold-out', resourceId: resourceId as ResourceId, attempts: 1 } as const
  return { ...request(holdId, lines, at), ...why }
}

export function contended(holdId: string, lines: Lines, at: Interval): HoldOperation {
  return {
    ...request(holdId, lines, at),
    result: 'fail',
    why: 'contended',
    reason: 'deadlock',
    attempts: 3,
  }
}

export function idReused(holdId: string, lines: Lines, at: Interval): HoldOperation {
  return { ...request(holdId, lines, at), result: 'fail', why: 'id-reused' }
}

export function lostHold(holdId: string, lines: Lines, at: Interval): HoldOperation {
  return { ...request(holdId, lines, at), result: 'info', error: 'timeout' }
}

export function confirm(
  holdId: string,
  at: Interval,
  answer: 'confirmed' | 'gone' | 'unknown' = 'confirmed',
  process?: number,
): Operation {
  const asked = { ...during(at, process), op: 'confirm', holdId: holdId as HoldId } as const
  if (answer === 'confirmed') return { ...asked, result: 'ok' }
  return answer === 'gone'
    ? { ...asked, result: 'fail', why: 'gone' }
    : { ...asked, result: 'info', error: 'timeout' }
}

export function release(
  holdId: string,
  at: Interval,
  answer: 'released' | 'already-confirmed' | 'gone' | 'unknown' = 'released',
): Operation {
  const asked = { ...during(at), op: 'release', holdId: holdId as HoldId } as const
  if (answer === 'released') return { ...asked, result: 'ok' }
  return answer === 'unknown'
    ? { ...asked, result: 'info', error: 'timeout' }
    : { ...asked, result: 'fail', why: answer }
}

export function read(available: Lines, at: Interval, process?: number): Operation {
  return { ...during(at, process), op: 'availability', result: 'ok', available: linesOf(available) }
}

/** What the store shows after 20 s, by default at rest and in order. */
export function audit(
  holds: readonly (readonly [
    id: string,
    status: AuditRecord['holds'][number]['status'],
    lines: Lines,
    deadline?: number,
  ])[],
  more: Partial<AuditRecord> = {},
): AuditRecord {
  return {
    type: 'audit',
    takenUs: 20_000_000,
    resources: [],
    holds: holds.map(([id, status, lines, deadline = 10_000]) => ({
      id: id as HoldId,
      status,
      lines: linesOf(lines),
      deadlineMs: OFFSET_MS + deadline,
    })),
    complaints: [],
    probes: [],
    ...more,
  }
}
