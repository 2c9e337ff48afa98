/** When bytes that are sent now arrive at the other end of one direction: latency, jitter, bandwidth. */
import { type Conditions, NO_DELAY } from './conditions.ts'

/** A slow link delivers in pieces that each take so long, as packets do, and not all at the end. */
const PIECE_MS = 5
const PIECE_BYTES_MIN = 64

/** Shared by all connections of a proxy in this direction. Times are milliseconds of one clock. */
export class Link {
  /** Only answers are delayed. */
  readonly #isDelayed: boolean
  #conditions: Conditions = NO_DELAY
  #draw: () => number = drawing(0)
  #freeMs = 0

  constructor({ isDelayed }: { readonly isDelayed: boolean }) {
    this.#isDelayed = isDelayed
  }

  set(conditions: Conditions): void {
    this.#conditions = conditions
    this.#draw = drawing(conditions.seed ?? 0)
    this.#freeMs = 0
  }

  /** How many bytes are sent in one piece; all of them where there is no limit. */
  pieceBytes(): number {
    const { bytesPerSecond } = this.#conditions
    if (bytesPerSecond === undefined) return Number.POSITIVE_INFINITY
    return Math.max(PIECE_BYTES_MIN, Math.floor((bytesPerSecond * PIECE_MS) / 1_000))
  }

  /** When a piece of so many bytes, sent at `nowMs`, has arrived. */
  arrivalMs(nowMs: number, bytes: number): number {
    const { latencyMs, jitterMs = 0, bytesPerSecond } = this.#conditions
    let sentMs = nowMs
    if (bytesPerSecond !== undefined) {
      sentMs = Math.max(nowMs, this.#freeMs) + (bytes * 1_000) / bytesPerSecond
      this.#freeMs = sentMs
    }
    if (!this.#isDelayed) return sentMs
    return sentMs + latencyMs + (jitterMs > 0 ? jitterMs * this.#draw() : 0)
  }
}

/** From 0 up to 1: mulberry32, which is short, fast, and good enough for delays. */
function drawing(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
