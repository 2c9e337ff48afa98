/** Counts numbers below a bound, each query and each addition in O(log n): a Fenwick tree. */
export class Fenwick {
  readonly #sums: Uint32Array

  /** Of numbers from 0 to `size` - 1. */
  constructor(size: number) {
    this.#sums = new Uint32Array(size + 1)
  }

  add(number: number): void {
    for (let at = number + 1; at < this.#sums.length; at += at & -at)
      this.#sums[at] = (this.#sums[at] ?? 0) + 1
  }

  /** How many were added that are smaller. */
  below(number: number): number {
    let sum = 0
    for (let at = number; at > 0; at -= at & -at) sum += this.#sums[at] ?? 0
    return sum
  }
}
