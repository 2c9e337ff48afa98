/**
 * Names, such as the ids of holds, numbered from 0 in the order of first use, from their bytes. A `Map` of as
 * many strings would take three times the memory, and cannot have more than 16 million entries.
 */
import { fingerprint } from './fingerprint.ts'
import { grownBytes, grownInts, grownUints } from './grown.ts'

/** More names than can be numbered. The message is one sentence. */
export class TooManyNamesError extends Error {
  override readonly name = 'TooManyNamesError'
}

/** The most names that can be told apart. */
export const NAMES_MAX = 2 ** 27

/** Places of bytes are kept in 32 bits. */
const BYTES_MAX = 2 ** 32 - 1

const INITIAL_NAMES = 512
const INITIAL_BYTES = 16_384
/** Of UTF-8, for each UTF-16 code unit. */
const BYTES_PER_UNIT_MAX = 3

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()

export class Names {
  readonly #most: number
  /** All names, one after the other, in UTF-8. */
  #bytes = new Uint8Array(INITIAL_BYTES)
  /** By number: where the name ends, which is where the next one starts. */
  #ends = new Uint32Array(INITIAL_NAMES)
  /** By number. */
  #hashes = new Int32Array(INITIAL_NAMES)
  /** Number + 1, at the place that the hash gives or the next free one; 0 where there is none. */
  #slots = new Int32Array(2 * INITIAL_NAMES)
  /** A text to look up, in UTF-8. */
  #asked = new Uint8Array(256)
  count = 0

  constructor(most: number = NAMES_MAX) {
    this.#most = most
  }

  /**
   * The number of `text`; a new one if it was not seen before. Throws a `TooManyNamesError` if there is none
   * left.
   */
  numberOf(text: string): number {
    const needed = text.length * BYTES_PER_UNIT_MAX
    if (this.#asked.length < needed) this.#asked = new Uint8Array(2 * needed)
    const asked = this.#asked
    let length = 0
    for (; length < text.length; length++) {
      const unit = text.charCodeAt(length)
      if (unit >= 0x80) break
      asked[length] = unit
    }
    const isAscii = length === text.length
    return this.numberOfBytes(asked, 0, isAscii ? length : ENCODER.encodeInto(text, asked).written)
  }

  /** As `numberOf`, for the UTF-8 bytes of a text, from index `from` up to, not including, `to`. */
  numberOfBytes(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(bytes, from, to)
    const slot = this.#slotOf(hash, bytes, from, to)
    const taken = this.#slots[slot] ?? 0
    return taken === 0 ? this.#add(bytes, { from, to, hash, slot }) : taken - 1
  }

  /** As `numberOfBytes`, but -1 for a name that was not seen before. */
  find(bytes: Uint8Array, from: number, to: number): number {
    return (this.#slots[this.#slotOf(hashOf(bytes, from, to), bytes, from, to)] ?? 0) - 1
  }

  /** Gives a name the number that `other` has for it, or a new one there. */
  copy(number: number, other: Names): number {
    return other.numberOfBytes(this.#bytes, this.#start(number), this.#ends[number] ?? 0)
  }

  /** Leaves the fingerprint of a name in `into`. */
  fingerprint(number: number, into: Uint32Array): void {
    fingerprint(this.#bytes, { from: this.#start(number), to: this.#ends[number] ?? 0 }, into)
  }

  /** Releases what only looking for names needs; the next look builds it again. */
  release(): void {
    this.#slots.buffer.transfer(0)
    this.#slots = new Int32Array(0)
  }

  /** Where the name is, or where it would be put. */
  #slotOf(hash: number, bytes: Uint8Array, from: number, to: number): number {
    if (this.#slots.length === 0) this.#placeAll()
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1
      if (number === -1) return slot
      if ((this.#hashes[number] ?? 0) === hash && this.#is(number, bytes, from, to)) return slot
    }
  }

  /** Throws a `RangeError` for a number that was never assigned. */
  text(number: number): string {
    if (number >= this.count) throw new RangeError(`There is no name ${number} among ${this.count}.`)
    return DECODER.decode(this.#bytes.subarray(this.#start(number), this.#ends[number] ?? 0))
  }

  #start(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0)
  }

  #is(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#start(number)
    if ((this.#ends[number] ?? 0) - start !== to - from) return false
    for (let at = from; at < to; at++) {
      if (this.#bytes[start + at - from] !== bytes[at]) return false
    }
    return true
  }

  #add(
    bytes: Uint8Array,
    name: { readonly from: number; readonly to: number; readonly hash: number; readonly slot: number },
  ): number {
    const { from, to, hash, slot } = name
    const number = this.count
    const start = this.#start(number)
    const end = start + to - from
    if (number === this.#most || end > BYTES_MAX) {
      throw new TooManyNamesError(`it has more than ${number} different ids, more than can be told apart.`)
    }
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, end)
    if (number === this.#ends.length) {
      const size = 2 * number
      this.#ends = grownUints(this.#ends, size)
      this.#hashes = grownInts(this.#hashes, size)
    }
    for (let at = from; at < to; at++) this.#bytes[start + at - from] = bytes[at] ?? 0
    this.#ends[number] = end
    this.#hashes[number] = hash
    this.#slots[slot] = number + 1
    this.count++
    // At most half full, so that a free place is near.
    if (2 * this.count > this.#slots.length) this.#placeAll()
    return number
  }

  #placeAll(): void {
    // Twice as many as names, until there is no room for another name either.
    const size = 2 * this.#ends.length * (this.count < this.#ends.length ? 1 : 2)
    this.#slots.buffer.transfer(0)
    const slots = new Int32Array(size)
    for (let number = 0; number < this.count; number++) {
      let slot = (this.#hashes[number] ?? 0) & (size - 1)
      while ((slots[slot] ?? 0) !== 0) slot = (slot + 1) & (size - 1)
      slots[slot] = number + 1
    }
    this.#slots = slots
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  return grownBytes(bytes, Math.min(BYTES_MAX, Math.max(needed, 2 * bytes.length)))
}

/** FNV-1a, mixed once more, since only its low bits choose a place. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c_9dc5
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return hash ^ (hash >>> 16)
}
