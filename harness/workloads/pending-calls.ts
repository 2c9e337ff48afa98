/** Calls in flight: each is answered or, after a time limit, unknown. A late answer is ignored. */
import { InvalidRequestError } from '../../strategies/strategy.ts'
import { oneLine } from '../errors.ts'
import type { Answer } from './recorder.ts'

/** Long enough for an engine's message, short enough that a thousand of them do not swell a history. */
const ERROR_LENGTH_MAX = 200

export class PendingCalls {
  readonly #timeoutMs: number
  readonly #unanswered = new Set<(error: string) => void>()
  /** Calls that were given up and have not settled. */
  readonly #late = new Set<Promise<void>>()

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /**
   * Throws only an `InvalidRequestError`: the harness sent a bad request. An unknown resource is not one: the
   * engine lost it.
   */
  answer<T>(call: () => Promise<T>): Promise<Answer<T>> {
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
      const giveUp = (error: string) => {
        if (!isFirst()) return
        this.#late.add(settled.promise)
        void settled.promise.then(() => this.#late.delete(settled.promise))
        resolve({ kind: 'unknown', error })
      }
      const timer = setTimeout(giveUp, this.#timeoutMs, `no answer within ${this.#timeoutMs} ms`)
      this.#unanswered.add(giveUp)
      call()
        .then(
          (outcome) => {
            if (isFirst()) resolve({ kind: 'answered', outcome })
          },
          (error: unknown) => {
            if (!isFirst()) return
            if (error instanceof InvalidRequestError) reject(error)
            else resolve({ kind: 'unknown', error: messageOf(error) })
          },
        )
        .finally(settled.resolve)
    })
  }

  /** All calls in flight become unknown. */
  giveUp(): void {
    for (const giveUp of this.#unanswered) giveUp('the run was ended before an answer came')
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
}

/** One short line, because reports show it beside the operation. */
function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error), ERROR_LENGTH_MAX)
}
