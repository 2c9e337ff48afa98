/**
 * Whether the store has exactly the holds that a long history acknowledged, without keeping any of them: what
 * should be stored is added up, and what is stored is taken off. What is left in a sum of 64 bits is 0 if
 * both are the same. There are many sums, and each id belongs to one, so that a difference concerns few of
 * them.
 */
import { mixed } from '../../history/fingerprint.ts'
import { uintAt } from '../at.ts'

const WORD = 2 ** 32

/** How a hold is, or should be, stored. One that is held or expired is `unsold`. */
export const Stored = { unsold: 1, released: 2, sold: 3 } as const

/** The lines of a hold, in any order, as two words. */
export class LineSum {
  low = 0
  high = 0

  clear(): void {
    this.low = 0
    this.high = 0
  }

  add(resource: number, units: number): void {
    const line = mixed(resource + 0x1000_0001) ^ mixed((units % WORD) + 0x2000_0003)
    const more = Math.floor(units / WORD)
    this.low = (this.low + mixed(line ^ more)) | 0
    this.high = (this.high + mixed(Math.imul(line, 0x9e37_79b1) ^ more)) | 0
  }
}

export class StoredSums {
  readonly #sums: Uint32Array
  readonly #count: number

  /** There are two to the power of `bits` sums, of eight bytes each. */
  constructor(bits: number) {
    this.#count = 2 ** bits
    this.#sums = new Uint32Array(2 * this.#count)
  }

  /** What a hold should be stored as. `deadlineMs`: to the microsecond. */
  add(fingerprint: Uint32Array, stored: number, lines: LineSum, deadlineMs: number): void {
    this.#change(fingerprint, { stored, lines, deadlineMs }, 1)
  }

  /** What a hold is stored as. */
  takeOff(fingerprint: Uint32Array, stored: number, lines: LineSum, deadlineMs: number): void {
    this.#change(fingerprint, { stored, lines, deadlineMs }, -1)
  }

  /** Whether what should be stored is what is stored, for the ids that share a sum with this one. */
  isBalanced(fingerprint: Uint32Array): boolean {
    const at = this.#placeOf(fingerprint)
    return uintAt(this.#sums, at) === 0 && uintAt(this.#sums, at + 1) === 0
  }

  /** Whether all sums are. */
  get areBalanced(): boolean {
    const sums = this.#sums
    for (let at = 0; at < sums.length; at++) if (sums[at] !== 0) return false
    return true
  }

  #placeOf(fingerprint: Uint32Array): number {
    return 2 * (uintAt(fingerprint, 0) % this.#count)
  }

  #change(
    fingerprint: Uint32Array,
    hold: { readonly stored: number; readonly lines: LineSum; readonly deadlineMs: number },
    by: 1 | -1,
  ): void {
    const deadlineUs = Math.round(hold.deadlineMs * 1_000)
    const when = mixed((deadlineUs % WORD) ^ mixed(Math.floor(deadlineUs / WORD) + hold.stored))
    const at = this.#placeOf(fingerprint)
    const low = mixed(uintAt(fingerprint, 0) ^ mixed(when ^ hold.lines.low))
    const high = mixed(uintAt(fingerprint, 1) ^ mixed(Math.imul(when, 0x9e37_79b1) ^ hold.lines.high))
    // An element of the array keeps the lowest 32 bits.
    this.#sums[at] = uintAt(this.#sums, at) + by * low
    this.#sums[at + 1] = uintAt(this.#sums, at + 1) + by * high
  }
}
