/** Runs one session of a caller: a hold and its steps, a read, or a sweep. */
import type { HoldOutcome, HoldRequest } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import type { CallerIds } from './caller-ids.ts'
import type { RecordedCalls } from './recorded-calls.ts'
import type { Answer } from './recorder.ts'
import type { RunState } from './run-state.ts'
import { type BuyerSession, CONFIRM, type HoldSession, type Send, type Step } from './workload.ts'

/** A hold that was granted. */
interface GrantedHold {
  readonly request: HoldRequest
  readonly deadlineMs: number
  readonly resends: number
}

/** The wait before a call is sent again, twice as long after each further time. */
const RESEND_AFTER_MS = 50

export interface SessionOptions {
  /** Of the engine against this process. */
  readonly clock: { readonly offsetMs: number }
  /** How long a caller works when its hold was granted, before its further steps; milliseconds. */
  readonly afterHold?: () => number
}

export class SessionRunner {
  readonly #calls: RecordedCalls
  readonly #run: RunState
  /** Of the engine's clock against this process's. */
  readonly #offsetMs: number
  readonly #afterHold: () => number

  constructor(calls: RecordedCalls, run: RunState, { clock, afterHold = () => 0 }: SessionOptions) {
    this.#calls = calls
    this.#run = run
    this.#offsetMs = clock.offsetMs
    this.#afterHold = afterHold
  }

  /**
   * Returns whether all its calls were answered. `onAnswer`: called when it is known whether a hold was
   * granted, after the retries, or that this cannot be known.
   */
  async run(ids: CallerIds, session: BuyerSession, onAnswer: () => void = () => undefined): Promise<boolean> {
    switch (session.kind) {
      case 'read':
        return isAnswer(await this.#calls.read(ids, session.resourceIds))
      case 'sweep': {
        const answer = await this.#calls.sweep(session.limit)
        await this.#run.sleep(session.pauseMs)
        return isAnswer(answer)
      }
      case 'hold': {
        const hold = await this.#hold(ids, session)
        onAnswer()
        if (hold === 'refused') return true
        if (hold === 'unknown') return false
        const workMs = this.#afterHold()
        if (workMs > 0) await this.#run.sleep(workMs)
        return await this.#steps(ids, hold, session.steps)
      }
    }
  }

  async #hold(ids: CallerIds, session: HoldSession): Promise<GrantedHold | 'refused' | 'unknown'> {
    const { lines, ttlMs, copies, retryAfterMs, resends = 0 } = session
    const [first] = lines
    if (first === undefined) throw new RangeError('a session holds nothing')
    for (let tries = 0; ; tries++) {
      const request: HoldRequest = { holdId: ids.nextHoldId(first.resourceId), lines, ttlMs }
      const count = tries === 0 ? copies : 1
      const send = (_: unknown, lane: number) =>
        this.#sent(resends, () => this.#calls.hold(ids, lane, request))
      // Most sessions send one copy, and a list of promises takes longer than one.
      const answers =
        count === 1 ? [await send(undefined, 0)] : await Promise.all(Array.from({ length: count }, send))
      let isContended = false
      let held: HoldOutcome | undefined
      for (const answer of answers) {
        if (answer.kind !== 'answered') {
          // It may have been granted, now or later: a buyer that does not know releases it.
          if (this.#run.stopped === undefined) await this.#calls.release(ids, 0, request.holdId)
          return 'unknown'
        }
        if (answer.outcome.kind === 'contended') isContended = true
        else if (answer.outcome.kind === 'held') held ??= answer.outcome
      }
      if (held?.kind === 'held') return { request, deadlineMs: held.deadlineMs, resends }
      const waitMs = retryAfterMs[tries]
      if (!isContended || waitMs === undefined || this.#run.isOver) return 'refused'
      await this.#run.sleep(waitMs)
    }
  }

  async #steps(ids: CallerIds, hold: GrantedHold, steps: readonly Step[]): Promise<boolean> {
    for (const step of steps) {
      if (this.#run.stopped !== undefined) return true
      if (!(await this.#step(ids, hold, step))) return false
      // The wait may have been cut short: what follows could come before the deadline.
      if (step.do === 'wait-for-deadline' && this.#run.isOver) return true
    }
    return true
  }

  async #step(ids: CallerIds, hold: GrantedHold, step: Step): Promise<boolean> {
    switch (step.do) {
      case 'pause':
        await this.#run.sleep(step.ms)
        return true
      case 'wait-for-deadline':
        await this.#run.sleep(hold.deadlineMs + step.offsetMs - this.#offsetMs - monotonicMs())
        return true
      case 'confirm-if':
        return step.isWanted() ? isAnswer(await this.#send(ids, 0, hold, CONFIRM)) : true
      case 'concurrently': {
        const answers = await Promise.all(step.sends.map((send, lane) => this.#send(ids, lane, hold, send)))
        return answers.every(isAnswer)
      }
      default: {
        if (isAnswer(await this.#send(ids, 0, hold, step))) return true
        // Repeated once, because a release is idempotent and the seat should not stay held.
        if (step.do === 'release' && this.#run.stopped === undefined) await this.#send(ids, 0, hold, step)
        return false
      }
    }
  }

  /** Sends a call, and sends it again while it gets no answer. */
  #sent<T>(resends: number, call: () => Promise<Answer<T>>): Promise<Answer<T>> {
    return resends === 0 ? call() : this.#sentAgain(resends, call)
  }

  async #sentAgain<T>(resends: number, call: () => Promise<Answer<T>>): Promise<Answer<T>> {
    let answer = await call()
    for (let again = 0; again < resends && !isAnswer(answer) && this.#run.stopped === undefined; again++) {
      await this.#run.sleep(RESEND_AFTER_MS * 2 ** again)
      answer = await call()
    }
    return answer
  }

  #send(ids: CallerIds, lane: number, hold: GrantedHold, send: Send): Promise<Answer<unknown>> {
    const { request, resends } = hold
    switch (send.do) {
      case 'confirm':
        return this.#sent(resends, () => this.#calls.confirm(ids, lane, request.holdId))
      case 'release':
        return this.#calls.release(ids, lane, request.holdId)
      case 'replay-hold':
        return this.#calls.hold(ids, lane, request)
      case 'reuse-id':
        return this.#calls.hold(ids, lane, { ...request, lines: send.lines })
    }
  }
}

function isAnswer({ kind }: Answer<unknown>): boolean {
  return kind === 'answered'
}
