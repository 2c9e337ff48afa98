/** Calls in flight: each is answered or, after a time limit, unknown. A late answer is ignored. */
import { InvalidRequestError } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import { oneLine } from '../errors.ts'
import type { Answer } from './recorder.ts'

/** Long enough for an engine's message, short enough that a thousand of them do not swell a history. */
const ERROR_LENGTH_MAX = 200

/** One call in flight, between those that were made before and after it. */
interface WaitingCall {
  readonly dueMs: number
  readonly resolve: (answer: { readonly kind: 'unknown'; readonly error: string }) => void
  isWaiting: boolean
  /** Called when a call that was given up settles. */
  settled: (() => void) | undefined
  before: WaitingCall | undefined
  after: WaitingCall | undefined
}

export class PendingCalls {
  readonly #timeoutMs: number
  /** In the order in which they were made, which is that in which they are given up. */
  #first: WaitingCall | undefined
  #last: WaitingCall | undefined
  /** Calls that were given up and have not settled. */
  readonly #late = new Set<Promise<void>>()
  /** One for all calls: it is due no later than the first one. */
  #timer: NodeJS.Timeout | undefined

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /**
   * Throws only an `InvalidRequestError`: the harness sent a bad request. An unknown resource is not one: the
   * engine lost it. `sinceMs`: when the call begins.
   */
  answer<T>(call: () => Promise<T>, sinceMs: number = monotonicMs()): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      const waiting = this.#wait(resolve, sinceMs)
      let answer: Promise<T>
      try {
        answer = call()
      } catch (error) {
        this.#end(waiting)
        reject(error)
        return
      }
      answer.then(
        (outcome) => {
          if (this.#end(waiting)) resolve({ kind: 'answered', outcome })
        },
        (error: unknown) => {
          if (!this.#end(waiting)) return
          if (error instanceof InvalidRequestError) reject(error)
          else resolve({ kind: 'unknown', error: messageOf(error) })
        },
      )
    })
  }

  /** All calls in flight become unknown. */
  giveUp(): void {
    while (this.#first !== undefined) this.#giveUp(this.#first, 'the run was ended before an answer came')
  }

  /** Must be called when no more calls are made: a timer would keep the process alive. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Waits for calls that were given up; returns how many have still not settled. */
  async settle(waitMsMax: number): Promise<number> {
    if (this.#late.size === 0) return 0
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMsMax)
    })
    await Promise.race([Promise.all(this.#late), enough])
    clearTimeout(timer)
    return this.#late.size
  }

  #wait(resolve: WaitingCall['resolve'], sinceMs: number): WaitingCall {
    const before = this.#last
    const dueMs = sinceMs + this.#timeoutMs
    const waiting: WaitingCall = {
      dueMs,
      resolve,
      isWaiting: true,
      settled: undefined,
      before,
      after: undefined,
    }
    if (before === undefined) this.#first = waiting
    else before.after = waiting
    this.#last = waiting
    this.#timer ??= setTimeout(this.#giveUpDue, this.#timeoutMs)
    return waiting
  }

  /** Gives up what is due. A timer that comes too early, for a call that was answered, is set again. */
  readonly #giveUpDue = (): void => {
    this.#timer = undefined
    const nowMs = monotonicMs()
    while (this.#first !== undefined && this.#first.dueMs <= nowMs) {
      this.#giveUp(this.#first, `no answer within ${this.#timeoutMs} ms`)
    }
    if (this.#first !== undefined) this.#timer = setTimeout(this.#giveUpDue, this.#first.dueMs - nowMs)
  }

  #giveUp(waiting: WaitingCall, error: string): void {
    this.#remove(waiting)
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.settled = resolve
    this.#late.add(promise)
    void promise.then(() => this.#late.delete(promise))
    waiting.resolve({ kind: 'unknown', error })
  }

  /** Whether the call was still waited for. */
  #end(waiting: WaitingCall): boolean {
    if (waiting.isWaiting) {
      this.#remove(waiting)
      return true
    }
    waiting.settled?.()
    return false
  }

  #remove(waiting: WaitingCall): void {
    const { before, after } = waiting
    waiting.isWaiting = false
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    // A call that is referred to for long must not keep all that came after it.
    waiting.before = undefined
    waiting.after = undefined
  }
}

/** One short line, because reports show it beside the operation. */
function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error), ERROR_LENGTH_MAX)
}
