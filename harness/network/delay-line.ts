/**
 * Wakes pipes when their next bytes are due, to about a tenth of a millisecond. Timers of Node have a
 * resolution of one millisecond, which would double a latency of one. So the last one or two are waited in
 * short sleeps of the whole thread, and the sockets are polled between two of them; to wait without sleeping
 * would take a processor from what is being measured. This needs a thread of its own: the main thread may not
 * be stopped, and the sleeps would delay everything else in it.
 */

/** Something that has bytes to pass on at a certain time. */
export interface Waiting {
  /** Infinite if there is nothing, or nothing that can be passed on yet. */
  nextMs(): number
  passOn(nowMs: number): void
}

/** One sleep. The kernel adds its own slack of a twentieth of a millisecond. */
const SLEEP_MS = 0.1
/** A timer that is set for this much less than the wait is hardly ever too late. */
const TIMER_ERROR_MS = 1.5

export class DelayLine {
  readonly #all = new Set<Waiting>()
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4))
  #nextMs = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  /** Called whenever something is due earlier than before. */
  add(waiting: Waiting): void {
    this.#all.add(waiting)
    const nextMs = waiting.nextMs()
    if (nextMs >= this.#nextMs) return
    this.#nextMs = nextMs
    this.#wake(nextMs - performance.now())
  }

  remove(waiting: Waiting): void {
    this.#all.delete(waiting)
  }

  #wake(waitMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (waitMs > TIMER_ERROR_MS) {
      clearImmediate(this.#immediate)
      this.#immediate = undefined
      this.#timer = setTimeout(() => this.#turn(), Math.floor(waitMs - TIMER_ERROR_MS))
    } else {
      this.#immediate ??= setImmediate(() => this.#turn())
    }
  }

  #turn(): void {
    this.#immediate = undefined
    const waitMs = this.#nextMs - performance.now()
    if (waitMs > TIMER_ERROR_MS) {
      this.#wake(waitMs)
      return
    }
    if (waitMs > 0) Atomics.wait(this.#sleeper, 0, 0, Math.min(waitMs, SLEEP_MS))
    const nowMs = performance.now()
    if (nowMs >= this.#nextMs) this.#passOn(nowMs)
    if (this.#nextMs !== Number.POSITIVE_INFINITY) this.#wake(this.#nextMs - nowMs)
  }

  #passOn(nowMs: number): void {
    let earliestMs = Number.POSITIVE_INFINITY
    for (const waiting of this.#all) {
      if (waiting.nextMs() <= nowMs) waiting.passOn(nowMs)
      const nextMs = waiting.nextMs()
      if (nextMs === Number.POSITIVE_INFINITY) this.#all.delete(waiting)
      else earliestMs = Math.min(earliestMs, nextMs)
    }
    this.#nextMs = earliestMs
  }
}
