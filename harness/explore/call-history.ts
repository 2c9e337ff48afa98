/**
 * The calls and answers of a schedule's clients, as a history. It uses the schedule's own time: the n-th step
 * is at n milliseconds, so that the same schedule gives the same history, however busy the machine is. A call
 * begins with its first step and ends with the answer to its last: the narrowest interval that its caller can
 * know.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type {
  ConfirmOutcome,
  HoldOutcome,
  HoldRequest,
  ReleaseOutcome,
  Resource,
} from '../../strategies/strategy.ts'
import type { AuditRecord, HistoryHeader, Operation } from '../history/record.ts'
import { type Answer, confirmRecord, holdRecord, releaseRecord } from '../workloads/recorder.ts'
import type { CallMade } from './client.ts'

const STEP_US = 1_000
/** The time from a step's beginning to its answer. */
const ANSWER_US = 500
/** Long after the last step of any schedule. */
const NEVER_MS = 10_000_000

/** TTL of the initial hold, in milliseconds: so long that its deadline never passes by itself. */
export const TTL_BEFORE_MS = 1_800_000
/** TTL of all other holds: longer than the total time that all schedules of one namespace let pass. */
export const TTL_MS = 48 * TTL_BEFORE_MS

/** A request as it is sent. */
export type Sent =
  | { readonly op: 'hold'; readonly request: HoldRequest }
  | { readonly op: 'confirm' | 'release'; readonly holdId: HoldRequest['holdId'] }

/** A call, its client and its time. */
export interface RecordedCall {
  readonly client: number
  readonly sent: Sent
  readonly began: number
  readonly ended: number
  readonly answer: Answer<unknown>
}

export function recordedCall(client: number, sent: Sent, { began, ended, answer }: CallMade): RecordedCall {
  return { client, sent, began, ended, answer }
}

/** Converts deadlines to the schedule's time. */
export class Deadlines {
  readonly #first = new Map<string, number>()
  readonly #passed: ReadonlyMap<string, number>

  /** `passed`: when a hold's deadline passed, in steps. */
  constructor(passed: ReadonlyMap<string, number>) {
    this.#passed = passed
  }

  /** The distance between two deadlines of one hold is kept. */
  at(holdId: string, deadlineMs: number): number {
    const step = this.#passed.get(holdId)
    if (step !== undefined) return (step * STEP_US) / 1_000
    const first = this.#first.get(holdId) ?? deadlineMs
    this.#first.set(holdId, first)
    return NEVER_MS + (deadlineMs - first)
  }
}

export function operationsOf(calls: readonly RecordedCall[], deadlines: Deadlines): readonly Operation[] {
  return calls.map(({ client, sent, began, ended, answer }) => {
    // No call ends before its first step, whichever step its answer is recorded under.
    const returnedUs = Math.max(began, ended) * STEP_US + ANSWER_US
    const stamp = { process: client, invokedUs: began * STEP_US, returnedUs }
    switch (sent.op) {
      case 'hold': {
        const told = answer as Answer<HoldOutcome>
        if (told.kind === 'answered' && told.outcome.kind === 'held') {
          const deadlineMs = deadlines.at(sent.request.holdId, told.outcome.deadlineMs)
          return holdRecord(stamp, sent.request, {
            kind: 'answered',
            outcome: { ...told.outcome, deadlineMs },
          })
        }
        return holdRecord(stamp, sent.request, told)
      }
      case 'confirm':
        return confirmRecord(stamp, sent.holdId, answer as Answer<ConfirmOutcome>)
      case 'release':
        return releaseRecord(stamp, sent.holdId, answer as Answer<ReleaseOutcome>)
      default:
        return sent satisfies never
    }
  })
}

export function headerOf(
  { name, promises }: StrategyEntry,
  scenario: string,
  resources: readonly Resource[],
): HistoryHeader {
  return {
    type: 'history',
    format: 2,
    strategy: name,
    workload: `every interleaving: ${scenario}`,
    seed: 0,
    startedAt: new Date(0).toISOString(),
    resources,
    clock: { offsetMs: 0, errorMs: 0, isStepped: true },
    freesLateMs: promises.freesLateMs,
    refusals: promises.refusals,
  }
}

/** Calls that were made one after another after the last step, in the schedule's time. */
export function afterwards(
  operations: readonly Operation[],
  steps: number,
  deadlines: Deadlines,
): readonly Operation[] {
  return operations.map((operation, at) => {
    const invokedUs = (steps + 1 + at) * STEP_US
    const moved = { ...operation, invokedUs, returnedUs: invokedUs + ANSWER_US }
    if (moved.op !== 'hold' || moved.result !== 'ok') return moved
    return { ...moved, deadlineMs: deadlines.at(moved.holdId, moved.deadlineMs) }
  })
}

/** An audit's record in the schedule's time, taken after its last step. */
export function auditOf(record: AuditRecord, steps: number, deadlines: Deadlines): AuditRecord {
  return {
    ...record,
    takenUs: (steps + 1) * STEP_US,
    holds: record.holds.map((hold) => ({ ...hold, deadlineMs: deadlines.at(hold.id, hold.deadlineMs) })),
  }
}
