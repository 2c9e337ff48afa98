/** A set of ids by their fingerprints, for the few of a long history that must be looked at again. */
import { uintAt } from '../at.ts'

/** More than this are no longer few. */
const IDS_MAX = 1_000_000

const HIGH = 2 ** 32
/** The whole numbers that a double can tell apart leave this many bits of the higher word. */
const HIGH_BITS = 21

export class IdSet {
  readonly #numbers = new Set<number>()

  get size(): number {
    return this.#numbers.size
  }

  get isFull(): boolean {
    return this.#numbers.size >= IDS_MAX
  }

  /** Does nothing when the set is full. */
  add(fingerprint: Uint32Array): void {
    if (!this.isFull) this.#numbers.add(numberOf(fingerprint))
  }

  /** Also true of an id that shares 53 bits with one of the set. */
  has(fingerprint: Uint32Array): boolean {
    return this.#numbers.size > 0 && this.#numbers.has(numberOf(fingerprint))
  }
}

/** 53 bits of a fingerprint. */
export function numberOf(fingerprint: Uint32Array): number {
  return (uintAt(fingerprint, 1) >>> (32 - HIGH_BITS)) * HIGH + uintAt(fingerprint, 0)
}
