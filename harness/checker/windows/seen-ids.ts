/**
 * The ids of a long history, each as 61 bits of its fingerprint and what became of it: 8 to 14 bytes an id,
 * where the ids themselves would take 40. Two ids may be taken for one, so that an id that comes again must
 * be looked at again; none that comes again is missed.
 */
import { uintAt } from '../at.ts'

/** What became of an id while it was in a window. */
export const Fate = {
  /** It was requested, and never granted. */
  refused: 0,
  /** It was held, and neither confirmed nor released. */
  expired: 1,
  released: 2,
  sold: 3,
  /** Answers about an id that was not requested. */
  stray: 4,
} as const

const FATE_BITS = 3
const FATE_MASK = (1 << FATE_BITS) - 1
const HIGH_VALUES = 2 ** (32 - FATE_BITS)

/** Each table grows by itself, so that little memory is needed for the old and the new one together. */
const TABLES = 256
const INITIAL_PLACES = 32
const GROWTH = 1.5
/** How full a table may be: above this, a free place is far. */
const FULL = 0.85

export class SeenIds {
  readonly #tables = Array.from({ length: TABLES }, () => new Table())

  /**
   * What became of the id with this fingerprint, if it was added before; otherwise adds it with `fate` and
   * returns -1.
   */
  add(fingerprint: Uint32Array, fate: number): number {
    return this.#table(fingerprint).add(uintAt(fingerprint, 0), wordOf(fingerprint, fate))
  }

  has(fingerprint: Uint32Array): boolean {
    return this.#table(fingerprint).has(uintAt(fingerprint, 0), wordOf(fingerprint, 0))
  }

  #table(fingerprint: Uint32Array): Table {
    const table = this.#tables[uintAt(fingerprint, 0) % TABLES]
    if (table === undefined) throw new RangeError('there is no such table')
    return table
  }
}

function wordOf(fingerprint: Uint32Array, fate: number): number {
  return ((uintAt(fingerprint, 1) & ~FATE_MASK) | fate) >>> 0
}

/**
 * Pairs of words, both of them 0 where there is none, at the place that the higher gives or the next free
 * one.
 */
class Table {
  #words = new Uint32Array(2 * INITIAL_PLACES)
  #count = 0

  add(low: number, high: number): number {
    const place = this.#find(low, high)
    if (!this.#isFree(place)) return uintAt(this.#words, 2 * place + 1) & FATE_MASK
    this.#words[2 * place] = notBothZero(low, high)
    this.#words[2 * place + 1] = high
    this.#count++
    if (this.#count > FULL * this.#places) this.#grow()
    return -1
  }

  has(low: number, high: number): boolean {
    return !this.#isFree(this.#find(low, high))
  }

  /** Where the pair is, or would be put. */
  #find(low: number, high: number): number {
    const first = notBothZero(low, high)
    for (let place = this.#placeOf(high); ; place = this.#after(place)) {
      if (this.#isFree(place)) return place
      const isSame = uintAt(this.#words, 2 * place) === first
      if (isSame && uintAt(this.#words, 2 * place + 1) >>> FATE_BITS === high >>> FATE_BITS) return place
    }
  }

  #isFree(place: number): boolean {
    return uintAt(this.#words, 2 * place) === 0 && uintAt(this.#words, 2 * place + 1) === 0
  }

  get #places(): number {
    return this.#words.length / 2
  }

  #placeOf(high: number): number {
    return Math.floor(((high >>> FATE_BITS) / HIGH_VALUES) * this.#places)
  }

  #after(place: number): number {
    return place + 1 === this.#places ? 0 : place + 1
  }

  #grow(): void {
    const old = this.#words
    this.#words = new Uint32Array(2 * Math.ceil((old.length / 2) * GROWTH))
    for (let at = 0; at < old.length; at += 2) {
      const [low, high] = [uintAt(old, at), uintAt(old, at + 1)]
      if (low === 0 && high === 0) continue
      let place = this.#placeOf(high)
      while (!this.#isFree(place)) place = this.#after(place)
      this.#words[2 * place] = low
      this.#words[2 * place + 1] = high
    }
    old.buffer.transfer(0)
  }
}

/**
 * The lower word: a pair of zeros would be taken for a free place, whatever the lowest bits of the higher.
 */
function notBothZero(low: number, high: number): number {
  return low === 0 && high >>> FATE_BITS === 0 ? 1 : low
}
