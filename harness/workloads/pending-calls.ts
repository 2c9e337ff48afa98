/** Calls in flight: each is answered or, after a time limit, unknown. A late answer is ignored. */
import { InvalidRequestError } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import { oneLine } from '../errors.ts'
import { type Deadline, SharedTimer } from '../shared-timer.ts'
import type { Answer } from './recorder.ts'

/** Long enough for an engine's message, short enough that a thousand of them do not swell a history. */
const ERROR_LENGTH_MAX = 200

/** One call in flight. */
interface WaitingCall {
  readonly resolve: (answer: { readonly kind: 'unknown'; readonly error: string }) => void
  /** Called when a call that was given up settles. */
  settled: (() => void) | undefined
}

export class PendingCalls {
  readonly #deadlines: SharedTimer
  /** Why a call is given up. */
  #why: string
  /** Calls that were given up and have not settled. */
  readonly #late = new Set<Promise<void>>()

  constructor(timeoutMs: number) {
    this.#deadlines = new SharedTimer(timeoutMs)
    this.#why = `no answer within ${timeoutMs} ms`
  }

  /**
   * Throws only an `InvalidRequestError`: the harness sent a bad request. An unknown resource is not one: the
   * engine lost it. `sinceMs`: when the call begins.
   */
  answer<T>(call: () => Promise<T>, sinceMs: number = monotonicMs()): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      const waiting: WaitingCall = { resolve, settled: undefined }
      const deadline = this.#deadlines.begin(() => this.#giveUp(waiting), sinceMs)
      let answer: Promise<T>
      try {
        answer = call()
      } catch (error) {
        this.#deadlines.end(deadline)
        reject(error)
        return
      }
      answer.then(
        (outcome) => {
          if (this.#isInTime(waiting, deadline)) resolve({ kind: 'answered', outcome })
        },
        (error: unknown) => {
          if (!this.#isInTime(waiting, deadline)) return
          if (error instanceof InvalidRequestError) reject(error)
          else resolve({ kind: 'unknown', error: messageOf(error) })
        },
      )
    })
  }

  /** All calls in flight become unknown; no more calls are made. */
  giveUp(): void {
    this.#why = 'the run was ended before an answer came'
    this.#deadlines.endAll()
  }

  /** Must be called when no more calls are made. */
  stop(): void {
    this.#deadlines.stop()
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

  #giveUp(waiting: WaitingCall): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.settled = resolve
    this.#late.add(promise)
    void promise.then(() => this.#late.delete(promise))
    waiting.resolve({ kind: 'unknown', error: this.#why })
  }

  /** Whether the call was still waited for. */
  #isInTime(waiting: WaitingCall, deadline: Deadline): boolean {
    if (this.#deadlines.end(deadline)) return true
    waiting.settled?.()
    return false
  }
}

/** One short line, because reports show it beside the operation. */
function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error), ERROR_LENGTH_MAX)
}
