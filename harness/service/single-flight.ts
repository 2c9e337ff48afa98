/** Limits expensive work: one run at a time, shared by its callers. */
import type { ServiceMetrics } from './metrics.ts'
import { Problem } from './problems.ts'

/**
 * Work that runs once for all callers that arrive during the previous run. It starts after the last of them
 * arrived, so that each sees everything from before its call. At most one run is in progress and one waits.
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

/** Limits concurrent large reads; further ones are refused. */
export class BulkReads {
  readonly #max: number
  readonly #metrics: ServiceMetrics
  #running = 0

  /** `max` 0: no limit. */
  constructor(max: number, metrics: ServiceMetrics) {
    this.#max = max
    this.#metrics = metrics
  }

  /** Throws a `Problem` of kind `overloaded` if too many are in progress. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#max > 0 && this.#running >= this.#max) {
      this.#metrics.turnedAway('bulk')
      throw new Problem('overloaded', `${this.#max} large reads are in progress, which is the maximum`)
    }
    this.#running += 1
    try {
      return await work()
    } finally {
      this.#running -= 1
    }
  }
}
