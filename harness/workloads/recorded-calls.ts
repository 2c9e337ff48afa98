/**
 * Calls to the strategy, each recorded.
 *
 * After an unknown answer the caller continues under a new process number, so that a late effect never
 * overlaps with the next call of the same process.
 */
import type {
  HoldId,
  HoldOutcome,
  HoldRequest,
  ReservationStrategy,
  ResourceId,
} from '../../strategies/strategy.ts'
import { wholeSeconds } from '../../strategies/validation.ts'
import { invokedNowUs, monotonicMs, returnedNowUs } from '../clock.ts'
import type { Operation } from '../history/record.ts'
import type { CallerIds } from './caller-ids.ts'
import type { PendingCalls } from './pending-calls.ts'
import {
  type Answer,
  availabilityRecord,
  confirmRecord,
  holdRecord,
  releaseRecord,
  type Stamp,
} from './recorder.ts'
import type { Role } from './workload.ts'

/** A single call without an answer may be due to that call alone. */
const UNKNOWNS_IN_A_ROW_MIN = 2

const UNANSWERED = { kind: 'unknown', error: 'the process ended before an answer came' } as const

export interface RecordedCallsOptions {
  readonly strategy: ReservationStrategy
  readonly pending: PendingCalls
  readonly record: (operation: Operation, role: Role) => void
  readonly announce: ((operation: Operation, role: Role) => void) | undefined
  /** The next process number to give out, and the distance to the one after it. */
  readonly processes: { readonly first: number; readonly step: number }
  readonly silenceMsMax: number
  /** No call has been answered for `silenceMsMax`. */
  readonly onSilence: () => void
}

export class RecordedCalls {
  readonly #options: RecordedCallsOptions
  #nextProcess: number
  #unknownsInARow = 0
  #lastAnswerMs = monotonicMs()

  constructor(options: RecordedCallsOptions) {
    this.#options = options
    this.#nextProcess = options.processes.first
  }

  hold(ids: CallerIds, lane: number, request: HoldRequest): Promise<Answer<HoldOutcome>> {
    const ttlMs = wholeSeconds(request.ttlMs)
    return this.#call(
      ids,
      lane,
      (strategy) => strategy.hold(request),
      (stamp, answer) => holdRecord(stamp, request, answer, ttlMs),
    )
  }

  confirm(ids: CallerIds, lane: number, holdId: HoldId): Promise<Answer<unknown>> {
    return this.#call(
      ids,
      lane,
      (strategy) => strategy.confirm(holdId),
      (stamp, answer) => confirmRecord(stamp, holdId, answer),
    )
  }

  release(ids: CallerIds, lane: number, holdId: HoldId): Promise<Answer<unknown>> {
    return this.#call(
      ids,
      lane,
      (strategy) => strategy.release(holdId),
      (stamp, answer) => releaseRecord(stamp, holdId, answer),
    )
  }

  read(ids: CallerIds, resourceIds: readonly ResourceId[]): Promise<Answer<unknown>> {
    return this.#call(ids, 0, (strategy) => strategy.availability(resourceIds), availabilityRecord)
  }

  /** Not recorded: a history has no such operation. */
  sweep(limit: number): Promise<Answer<unknown>> {
    const { strategy, pending } = this.#options
    return pending.answer(() => strategy.expireDue(limit))
  }

  async #call<T>(
    ids: CallerIds,
    lane: number,
    call: (strategy: ReservationStrategy) => Promise<T>,
    recordOf: (stamp: Stamp, answer: Answer<T>) => Operation,
  ): Promise<Answer<T>> {
    const { strategy, pending, announce, record } = this.#options
    const process = ids.process(lane, () => this.#newProcess())
    const invokedUs = invokedNowUs()
    announce?.(recordOf({ process, invokedUs, returnedUs: invokedUs }, UNANSWERED), ids.role)
    const answer = await pending.answer(() => call(strategy), invokedUs / 1_000)
    const stamp = { process, invokedUs, returnedUs: returnedNowUs() }
    if (answer.kind === 'unknown') ids.retireProcess(lane)
    this.#watchForSilence(answer, stamp.returnedUs / 1_000)
    record(recordOf(stamp, answer), ids.role)
    return answer
  }

  #watchForSilence({ kind }: Answer<unknown>, nowMs: number): void {
    if (kind === 'answered') {
      this.#unknownsInARow = 0
      this.#lastAnswerMs = nowMs
      return
    }
    this.#unknownsInARow++
    const isSilent = nowMs - this.#lastAnswerMs >= this.#options.silenceMsMax
    if (isSilent && this.#unknownsInARow >= UNKNOWNS_IN_A_ROW_MIN) this.#options.onSilence()
  }

  #newProcess(): number {
    const process = this.#nextProcess
    this.#nextProcess += this.#options.processes.step
    return process
  }
}
