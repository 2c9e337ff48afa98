/**
 * Plays a plan against a strategy: every caller one session after another, all callers at
 * once, each call recorded.
 *
 * A caller that gets no answer cannot know what happened. It goes on under a new process number, so
 * that a late effect never overlaps with what the same process does next; the answer, should it
 * come after all, is ignored.
 */
import {
  type HoldId,
  type HoldOutcome,
  type HoldRequest,
  InvalidRequestError,
  type Line,
  type ReservationStrategy,
} from '../../strategies/strategy.ts'
import { holdId as toHoldId, wholeSeconds } from '../../strategies/validation.ts'
import { invokedNowUs, monotonicMs, returnedNowUs } from '../clock.ts'
import { oneLine } from '../errors.ts'
import type { Operation } from '../history/record.ts'
import {
  type Answer,
  availabilityRecord,
  confirmRecord,
  holdRecord,
  releaseRecord,
  type Stamp,
} from './recorder.ts'
import type { BuyerSession, Caller, HoldSession, Role, Send, Step, WorkloadPlan } from './workload.ts'

/** No buyer waits longer; and every strategy's own limits lie well below. */
export const CALL_TIMEOUT_MS = 30_000
/**
 * Nobody having had any answer for so long means that the engine is gone: going on would prove
 * nothing. Longer than a database that lost a process takes to recover, in which it refuses
 * everybody as fast as they ask.
 */
const SILENCE_MS_MAX = 10_000
/** One call without an answer says nothing of the engine: somebody else must have had none either. */
const UNKNOWNS_IN_A_ROW_MIN = 2
/**
 * A caller waits after an unknown answer, twice as long after each further one, so that a dead engine is not
 * asked as fast as errors can be made and one that comes back is noticed soon.
 */
const UNKNOWN_PAUSE_MS_FIRST = 20
const UNKNOWN_PAUSE_MS_MAX = 640

export interface PlayOptions {
  /** Receives every operation as it ends. */
  readonly record: (operation: Operation, role: Role) => void
  /**
   * Receives every operation as it begins, as what it is should this process end before its answer: unknown.
   * A reader that writes it down at once loses nothing by that end.
   */
  readonly announce?: (operation: Operation, role: Role) => void
  /** The callers that are played here, where several processes share the plan; all by default. */
  readonly share?: Share
  /** How the engine's clock relates to this process's: deadlines are waited for by it. */
  readonly clock: { readonly offsetMs: number }
  /** Instead of the plan's own: for a warm-up. */
  readonly durationMs?: number
  /** Put before every hold id; a warm-up has its own. */
  readonly prefix?: string
  /** Stands in every hold id, so that no two trials share one; absent where there is only one. */
  readonly trial?: string
  /** Ends the play at once; calls in flight become unknown. */
  readonly signal?: AbortSignal
  readonly callTimeoutMs?: number
  readonly silenceMsMax?: number
}

/** Every `of`-th caller, from this one on. */
export interface Share {
  /** 0 for the first. */
  readonly index: number
  readonly of: number
}

export interface PlayOutcome {
  readonly elapsedMs: number
  /**
   * `time`: the duration passed. `demand`: nobody wanted anything more. `no-answers`: the
   * engine seems to be gone.
   */
  readonly ended: 'time' | 'demand' | 'no-answers' | 'aborted'
  /**
   * Waits until calls that got no answer in time have settled after all, at most so
   * long; says how many have not.
   */
  settle(waitMsMax: number): Promise<number>
}

/** Throws what a strategy throws when the harness itself asked for something impossible. */
export async function play(
  strategy: ReservationStrategy,
  plan: WorkloadPlan,
  options: PlayOptions,
): Promise<PlayOutcome> {
  const stage = new Stage(strategy, plan, options)
  return stage.play()
}

type Unanswered = (error: string) => void

const UNANSWERED = { kind: 'unknown', error: 'the process ended before an answer came' } as const

/** The hold of the session that a caller is in. */
interface Claim {
  readonly request: HoldRequest
  deadlineMs: number
}

class Stage {
  readonly #strategy: ReservationStrategy
  readonly #plan: WorkloadPlan
  readonly #options: PlayOptions
  readonly #callTimeoutMs: number
  readonly #silenceMsMax: number
  readonly #share: Share
  /** No session is begun and nobody sleeps any more; those begun go on to their end. */
  #over: boolean = false
  /** No call is made any more. */
  #stopped: 'no-answers' | 'aborted' | 'failed' | undefined
  #failure: unknown
  /** From the queue that callers share. */
  #hasDrawn: boolean = false
  #unknownsInARow = 0
  #lastAnswerMs = 0
  #processes: number
  readonly #unanswered = new Set<Unanswered>()
  readonly #sleepers = new Set<() => void>()
  readonly #late = new Set<Promise<void>>()

  constructor(strategy: ReservationStrategy, plan: WorkloadPlan, options: PlayOptions) {
    this.#strategy = strategy
    this.#plan = plan
    this.#options = options
    this.#callTimeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS
    this.#silenceMsMax = options.silenceMsMax ?? SILENCE_MS_MAX
    this.#share = options.share ?? { index: 0, of: 1 }
    // Fresh numbers follow those of the callers, and are disjoint as the shares are.
    this.#processes = plan.callers.length + this.#share.index
  }

  async play(): Promise<PlayOutcome> {
    const { signal, durationMs = this.#plan.durationMs } = this.#options
    const abort = () => this.#stop('aborted')
    const startedMs = monotonicMs()
    this.#lastAnswerMs = startedMs
    const timer = setTimeout(() => this.#end(), durationMs)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
    try {
      const endMs = startedMs + durationMs
      const { index: first, of } = this.#share
      await Promise.all(
        this.#plan.callers.map(async (caller, index) => {
          if (index % of === first) await this.#caller(caller, index, endMs)
        }),
      )
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    if (this.#stopped === 'failed') throw this.#failure
    return {
      elapsedMs: monotonicMs() - startedMs,
      ended: this.#stopped ?? (this.#over ? 'time' : 'demand'),
      settle: (waitMsMax) => this.#settle(waitMsMax),
    }
  }

  async #caller(caller: Caller, index: number, endMs: number): Promise<void> {
    const { prefix = '', trial } = this.#options
    const name = `${prefix}${caller.role}${index}${trial === undefined ? '' : `-${trial}`}`
    const part = new Part(caller.role, index, name)
    try {
      // The clock is asked as well as the timer: a strategy that never leaves the event
      // loop starves every timer.
      let pauseMs = UNKNOWN_PAUSE_MS_FIRST
      while (!this.#over && this.#stopped === undefined && monotonicMs() < endMs) {
        const session = this.#next(caller)
        if (session === undefined) return
        if (await this.#session(part, session)) {
          pauseMs = UNKNOWN_PAUSE_MS_FIRST
        } else {
          await this.#sleep(pauseMs)
          pauseMs = Math.min(2 * pauseMs, UNKNOWN_PAUSE_MS_MAX)
        }
      }
    } catch (error) {
      // The first failure is the one to tell; what follows from stopping the others is not.
      this.#failure ??= error
      this.#stop('failed')
    }
  }

  /**
   * From a queue that all callers share, each process takes the sessions of its share,
   * and leaves out the others'.
   */
  #next(caller: Caller): BuyerSession | undefined {
    if (caller.queue !== 'shared') return caller.next()
    const { index, of } = this.#share
    const others = this.#hasDrawn ? of - 1 : index
    this.#hasDrawn = true
    for (let skipped = 0; skipped < others; skipped++) caller.next()
    return caller.next()
  }

  /** Says whether every call of it was answered. */
  async #session(part: Part, session: BuyerSession): Promise<boolean> {
    if (session.kind === 'read') return this.#read(part, session.resourceIds)
    if (session.kind === 'sweep') return this.#sweep(session.limit, session.pauseMs)
    const claim = await this.#hold(part, session)
    if (claim === 'refused') return true
    if (claim === 'unknown') return false
    for (const step of session.steps) {
      if (this.#stopped !== undefined) return true
      if (!(await this.#step(part, claim, step))) return false
      // A buyer who was still making up its mind when the doors closed does not come back.
      if (step.do === 'wait-for-deadline' && this.#over) return true
    }
    return true
  }

  async #hold(part: Part, session: HoldSession): Promise<Claim | 'refused' | 'unknown'> {
    const { lines, ttlMs, copies, retryAfterMs } = session
    for (let tries = 0; ; tries++) {
      const request: HoldRequest = { holdId: part.nextHoldId(), lines, ttlMs }
      const answers = await Promise.all(
        Array.from({ length: tries === 0 ? copies : 1 }, (_, lane) => this.#sendHold(part, lane, request)),
      )
      const outcomes = answers.map((answer) => (answer.kind === 'answered' ? answer.outcome : undefined))
      if (outcomes.includes(undefined)) {
        // It may be held or come to be: the buyer releases it rather than keep a seat
        // that it does not know of.
        if (this.#stopped === undefined)
          await this.#send(part, 0, { request, deadlineMs: 0 }, { do: 'release' })
        return 'unknown'
      }
      const held = outcomes.find((outcome) => outcome?.kind === 'held')
      if (held?.kind === 'held') return { request, deadlineMs: held.deadlineMs }
      const waitMs = retryAfterMs[tries]
      const contended = outcomes.some((outcome) => outcome?.kind === 'contended')
      if (!contended || waitMs === undefined || this.#over || this.#stopped !== undefined) return 'refused'
      await this.#sleep(waitMs)
    }
  }

  async #step(part: Part, claim: Claim, step: Step): Promise<boolean> {
    switch (step.do) {
      case 'pause':
        await this.#sleep(step.ms)
        return true
      case 'wait-for-deadline':
        await this.#sleep(claim.deadlineMs + step.offsetMs - this.#options.clock.offsetMs - monotonicMs())
        return true
      case 'concurrently': {
        const answered = await Promise.all(
          step.sends.map((send, lane) => this.#send(part, lane, claim, send)),
        )
        return answered.every(Boolean)
      }
      default: {
        if (await this.#send(part, 0, claim, step)) return true
        // Said again, because it is idempotent and because a seat must not stay held by nobody.
        if (step.do === 'release' && this.#stopped === undefined) await this.#send(part, 0, claim, step)
        return false
      }
    }
  }

  /** Says whether it was answered. */
  async #send(part: Part, lane: number, claim: Claim, send: Send): Promise<boolean> {
    const { request } = claim
    const { holdId } = request
    switch (send.do) {
      case 'confirm': {
        const answer = await this.#call(
          part,
          lane,
          () => this.#strategy.confirm(holdId),
          (stamp, each) => confirmRecord(stamp, holdId, each),
        )
        return answer.kind === 'answered'
      }
      case 'release': {
        const answer = await this.#call(
          part,
          lane,
          () => this.#strategy.release(holdId),
          (stamp, each) => releaseRecord(stamp, holdId, each),
        )
        return answer.kind === 'answered'
      }
      case 'replay-hold':
        return (await this.#sendHold(part, lane, request)).kind === 'answered'
      case 'reuse-id':
        return (await this.#sendHold(part, lane, { ...request, lines: send.lines })).kind === 'answered'
    }
  }

  async #sendHold(part: Part, lane: number, request: HoldRequest): Promise<Answer<HoldOutcome>> {
    const asSeen = { ...request, ttlMs: wholeSeconds(request.ttlMs) }
    return await this.#call(
      part,
      lane,
      () => this.#strategy.hold(request),
      (stamp, each) => holdRecord(stamp, asSeen, each),
    )
  }

  async #read(part: Part, resourceIds: readonly Line['resourceId'][]): Promise<boolean> {
    const answer = await this.#call(
      part,
      0,
      () => this.#strategy.availability(resourceIds),
      availabilityRecord,
    )
    return answer.kind === 'answered'
  }

  async #sweep(limit: number, pauseMs: number): Promise<boolean> {
    const answer = await this.#answer(() => this.#strategy.expireDue(limit))
    await this.#sleep(pauseMs)
    return answer.kind === 'answered'
  }

  async #call<T>(
    part: Part,
    lane: number,
    ask: () => Promise<T>,
    recordOf: (stamp: Stamp, answer: Answer<T>) => Operation,
  ): Promise<Answer<T>> {
    const process = part.process(lane, () => this.#freshProcess())
    const invokedUs = invokedNowUs()
    const { announce } = this.#options
    announce?.(recordOf({ process, invokedUs, returnedUs: invokedUs }, UNANSWERED), part.role)
    const answer = await this.#answer(ask)
    const stamp = { process, invokedUs, returnedUs: returnedNowUs() }
    if (answer.kind === 'answered') {
      this.#unknownsInARow = 0
      this.#lastAnswerMs = monotonicMs()
    } else {
      part.retireProcess(lane)
      this.#unknownsInARow++
      const isSilent = monotonicMs() - this.#lastAnswerMs >= this.#silenceMsMax
      if (isSilent && this.#unknownsInARow >= UNKNOWNS_IN_A_ROW_MIN) this.#stop('no-answers')
    }
    this.#options.record(recordOf(stamp, answer), part.role)
    return answer
  }

  #freshProcess(): number {
    const fresh = this.#processes
    this.#processes += this.#share.of
    return fresh
  }

  /**
   * Throws only what proves the request itself wrong. A resource that nobody knows any more was
   * forgotten by the engine.
   */
  #answer<T>(ask: () => Promise<T>): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      let isWaiting = true
      const isFirst = () => {
        const first = isWaiting
        isWaiting = false
        clearTimeout(timer)
        this.#unanswered.delete(giveUp)
        return first
      }
      const settled = Promise.withResolvers<void>()
      const giveUp: Unanswered = (error) => {
        if (!isFirst()) return
        this.#late.add(settled.promise)
        void settled.promise.then(() => this.#late.delete(settled.promise))
        resolve({ kind: 'unknown', error })
      }
      const timer = setTimeout(giveUp, this.#callTimeoutMs, `no answer within ${this.#callTimeoutMs} ms`)
      this.#unanswered.add(giveUp)
      ask()
        .then(
          (outcome) => {
            if (isFirst()) resolve({ kind: 'answered', outcome })
          },
          (error: unknown) => {
            if (!isFirst()) return
            if (error instanceof InvalidRequestError) reject(error)
            else resolve({ kind: 'unknown', error: toldOf(error) })
          },
        )
        .finally(settled.resolve)
    })
  }

  #end(): void {
    this.#over = true
    for (const wake of this.#sleepers) wake()
  }

  #stop(why: 'no-answers' | 'aborted' | 'failed'): void {
    if (this.#stopped !== undefined) return
    this.#stopped = why
    this.#end()
    // Nobody waits for an engine that is gone, nor for one that is about to be ended.
    for (const giveUp of this.#unanswered) giveUp('the run was ended before an answer came')
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#over || ms <= 0) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#sleepers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#sleepers.add(wake)
    })
  }

  async #settle(waitMsMax: number): Promise<number> {
    if (this.#late.size === 0) return 0
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMsMax)
    })
    await Promise.race([Promise.all(this.#late), enough])
    clearTimeout(timer)
    return this.#late.size
  }
}

/** A caller's part: its hold ids, and the process numbers that its calls run under. */
class Part {
  readonly role: Role
  readonly #name: string
  #holds = 0
  readonly #lanes: (number | undefined)[]

  constructor(role: Role, index: number, name: string) {
    this.role = role
    this.#name = name
    this.#lanes = [index]
  }

  nextHoldId(): HoldId {
    return toHoldId(`${this.#name}-${++this.#holds}`)
  }

  /** What is in flight at the same time runs in lanes of its own. */
  process(lane: number, fresh: () => number): number {
    const process = this.#lanes[lane] ?? fresh()
    this.#lanes[lane] = process
    return process
  }

  retireProcess(lane: number): void {
    this.#lanes[lane] = undefined
  }
}

/** A reason in one short line, whatever was thrown; a report shows it beside the operation. */
function toldOf(error: unknown): string {
  return oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error), ERROR_LENGTH_MAX)
}

/** Long enough for an engine's message, short enough that a thousand of them do not swell a history. */
const ERROR_LENGTH_MAX = 200
