/** Bounds what costs much: one at a time, and shared. */
import type { ServiceMetrics } from './metrics.ts'
import { Problem } from './problems.ts'

/**
 * Work that is done once for all who ask while the one before is under way: it begins after the last of them
 * has asked, so that each sees what had happened by then. At most one is under way and one waits.
 */
export class SharedRun<T> {
  readonly #work: () => Promise<T>
  #running: Promise<unknown> | undefined
  #next: Promise<T> | undefined

  constructor(work: () => Promise<T>) {
    this.#work = work
  }

  run(): Promise<T> {
    if (this.#running === undefined) return this.#begun()
    this.#next ??= this.#running.then(
      () => this.#begun(),
      () => this.#begun(),
    )
    return this.#next
  }

  #begun(): Promise<T> {
    this.#next = undefined
    const running = this.#work().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }
}

/** So many large reads at once; others are turned away. */
export class BulkReads {
  readonly #max: number
  readonly #metrics: ServiceMetrics
  #running = 0

  /** `max` 0: without a limit. */
  constructor(max: number, metrics: ServiceMetrics) {
    this.#max = max
    this.#metrics = metrics
  }

  /** Throws a `Problem` of kind `overloaded` where too many are under way. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#max > 0 && this.#running >= this.#max) {
      this.#metrics.turnedAway('bulk')
      throw new Problem('overloaded', `${this.#max} large reads are under way, which is as many as may be`)
    }
    this.#running += 1
    try {
      return await work()
    } finally {
      this.#running -= 1
    }
  }
}
