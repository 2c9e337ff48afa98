/** Sorts columns of numbers by position, so that a million operations never become a million objects. */
import { doubleAt, uintAt } from './at.ts'

/** Below this many keys a comparison sort is faster than clearing the radix counters. */
const RADIX_WORTHWHILE = 4_096

const DIGIT_BITS = 11
const DIGIT_COUNT = 1 << DIGIT_BITS
const DIGIT_MASK = DIGIT_COUNT - 1

/** The positions of `keys` in ascending order of key; equal keys keep their order. NaN is not allowed. */
export function ascending(keys: Float64Array): Uint32Array {
  const positions = new Uint32Array(keys.length)
  for (let at = 0; at < positions.length; at++) positions[at] = at
  if (keys.length < RADIX_WORTHWHILE) {
    return positions.sort((a, b) => compare(doubleAt(keys, a), doubleAt(keys, b)) || a - b)
  }
  return radixSorted(keys, positions)
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Least significant digit first: each round keeps the order of the rounds before it among equal digits. */
function radixSorted(keys: Float64Array, positions: Uint32Array): Uint32Array {
  const { low, high } = sortableWords(keys)
  let from = positions
  let to: Uint32Array = new Uint32Array(keys.length)
  const counts = new Uint32Array(DIGIT_COUNT)
  for (const word of [low, high]) {
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      if (!countDigits(word, shift, counts)) continue
      moveByDigit({ word, shift, counts, from, to })
      const swap = from
      from = to
      to = swap
    }
  }
  discard(low, high, to)
  return from
}

/**
 * The two halves of each double, changed so that they sort like an unsigned number: the sign bit is
 * inverted, and in a negative number all other bits too.
 */
function sortableWords(keys: Float64Array): { readonly low: Uint32Array; readonly high: Uint32Array } {
  const low = new Uint32Array(keys.length)
  const high = new Uint32Array(keys.length)
  const double = new Float64Array(1)
  const words = new Uint32Array(double.buffer)
  const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
  const lowIndex = isLittleEndian ? 0 : 1
  for (let at = 0; at < keys.length; at++) {
    double[0] = doubleAt(keys, at) + 0 // turns -0 into 0, so that the two stay equal
    const top = uintAt(words, 1 - lowIndex)
    const bottom = uintAt(words, lowIndex)
    const isNegative = top >>> 31 === 1
    high[at] = isNegative ? ~top : top ^ 0x8000_0000
    low[at] = isNegative ? ~bottom : bottom
  }
  return { low, high }
}

/**
 * Leaves in `counts` where the keys of each digit start. False if every key has the same digit: nothing
 * would move.
 */
function countDigits(word: Uint32Array, shift: number, counts: Uint32Array): boolean {
  counts.fill(0)
  for (let at = 0; at < word.length; at++) {
    const digit = (uintAt(word, at) >>> shift) & DIGIT_MASK
    counts[digit] = uintAt(counts, digit) + 1
  }
  const firstDigit = (uintAt(word, 0) >>> shift) & DIGIT_MASK
  if (uintAt(counts, firstDigit) === word.length) return false
  let start = 0
  for (let digit = 0; digit < DIGIT_COUNT; digit++) {
    const size = uintAt(counts, digit)
    counts[digit] = start
    start += size
  }
  return true
}

/**
 * Moves the positions `from` into `to`, in order of one digit of `word`; `counts` holds where each digit
 * starts.
 */
function moveByDigit(move: {
  readonly word: Uint32Array
  readonly shift: number
  readonly counts: Uint32Array
  readonly from: Uint32Array
  readonly to: Uint32Array
}): void {
  const { word, shift, counts, from, to } = move
  for (let at = 0; at < from.length; at++) {
    const position = uintAt(from, at)
    const digit = (uintAt(word, position) >>> shift) & DIGIT_MASK
    const target = uintAt(counts, digit)
    to[target] = position
    counts[digit] = target + 1
  }
}

/**
 * Releases the memory of arrays at once; they must not be used again. The garbage collector sees only their
 * small handles and would leave tens of megabytes of each waiting.
 */
export function discard(...arrays: readonly (Float64Array | Int32Array | Uint32Array)[]): void {
  for (const { buffer } of arrays) if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
