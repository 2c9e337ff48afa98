/**
 * An open loop: buyers begin at intended times, whether or not earlier ones have their answers. Those who
 * come while all callers are busy begin late, and their wait counts from when they meant to begin: a stall is
 * then paid for by everybody who would have come during it, as in life.
 */
export interface OpenLoop {
  /** Buyers, over all callers. */
  readonly perSecond: number
  /** A buyer began. */
  began(): void
  /** A buyer has its last answer to a request for a hold, so many milliseconds after it meant to begin. */
  answered(waitMs: number): void
}

/** Intended times at equal distances. */
export class Pacer {
  readonly #startedMs: number
  readonly #untilMs: number
  readonly #everyMs: number
  #taken = 0

  constructor({ perSecond }: Pick<OpenLoop, 'perSecond'>, startedMs: number, durationMs: number) {
    this.#startedMs = startedMs
    this.#untilMs = startedMs + durationMs
    this.#everyMs = 1_000 / perSecond
  }

  /** When the next buyer means to begin; undefined if that is after the end. */
  next(): number | undefined {
    const intendedMs = this.#startedMs + this.#taken * this.#everyMs
    if (intendedMs >= this.#untilMs) return undefined
    this.#taken += 1
    return intendedMs
  }
}
