/**
 * Seeded random numbers. A stream is identified by its keys, so that what one caller does depends only on the
 * seed and its own name: not on other callers, nor on how fast the strategy answers.
 */
import { createHash } from 'node:crypto'

export class Random {
  // The state of sfc32, a small generator that passes PractRand; its quality is ample for choosing seats.
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** The stream of this seed and these keys; other keys give an unrelated stream. */
  constructor(seed: number, ...keys: readonly (string | number)[]) {
    // A hash rather than arithmetic: streams of neighbouring seeds or callers must not be similar.
    const digest = createHash('sha256')
      .update(JSON.stringify([seed, ...keys]))
      .digest()
    this.#a = digest.readInt32LE(0)
    this.#b = digest.readInt32LE(4)
    this.#c = digest.readInt32LE(8)
  }

  /** A number in [0, 1). */
  float(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return (sum >>> 0) / 2 ** 32
  }

  /** A whole number in [0, count). */
  below(count: number): number {
    return Math.floor(this.float() * count)
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.float() < probability
  }

  pick<T>(items: readonly T[]): T {
    const index = this.below(items.length)
    const item = items[index]
    if (item === undefined) throw new Error(`nothing to pick at ${index} of ${items.length} items`)
    return item
  }

  /** The same items in a random order; the argument stays as it is. */
  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, rank: this.float() }))
      .sort((one, other) => one.rank - other.rank)
      .map(({ item }) => item)
  }
}

/**
 * A sampler of whole numbers in [0, count) with Zipf's distribution: n is 1/(n+1)^exponent as frequent as 0.
 */
export function zipf(count: number, exponent: number): (random: Random) => number {
  const cumulated = new Float64Array(count)
  let total = 0
  for (let rank = 0; rank < count; rank++) {
    total += 1 / (rank + 1) ** exponent
    cumulated[rank] = total
  }
  return (random) => {
    const wanted = random.float() * total
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulated[middle] ?? total) <= wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}
