/** Sorting and grouping by column, so that a million operations never become a million objects. */

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
    return positions.sort((a, b) => compare(keys[a] ?? 0, keys[b] ?? 0) || a - b)
  }
  return radixSorted(keys, positions)
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Least significant digit first. The bits of a double sort like an unsigned number once the sign bit is turned over,
 * and all bits of a negative one.
 */
function radixSorted(keys: Float64Array, positions: Uint32Array): Uint32Array {
  const count = keys.length
  const low = new Uint32Array(count)
  const high = new Uint32Array(count)
  const double = new Float64Array(1)
  const words = new Uint32Array(double.buffer)
  const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
  const lowAt = littleEndian ? 0 : 1
  for (let at = 0; at < count; at++) {
    double[0] = (keys[at] ?? 0) + 0 // turns -0 into 0, so that the two stay equal
    const top = words[1 - lowAt] ?? 0
    const negative = top >>> 31 === 1
    high[at] = negative ? ~top : top ^ 0x8000_0000
    low[at] = negative ? ~(words[lowAt] ?? 0) : (words[lowAt] ?? 0)
  }
  let from: Uint32Array = positions
  let to: Uint32Array = new Uint32Array(count)
  const counts = new Uint32Array(DIGIT_COUNT)
  for (const word of [low, high]) {
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      counts.fill(0)
      for (let at = 0; at < count; at++) {
        const digit = ((word[at] ?? 0) >>> shift) & DIGIT_MASK
        counts[digit] = (counts[digit] ?? 0) + 1
      }
      const digitOfFirst = ((word[0] ?? 0) >>> shift) & DIGIT_MASK
      if (counts[digitOfFirst] === count) continue // every key has this digit: nothing would move
      let start = 0
      for (let digit = 0; digit < DIGIT_COUNT; digit++) {
        const size = counts[digit] ?? 0
        counts[digit] = start
        start += size
      }
      for (let at = 0; at < count; at++) {
        const position = from[at] ?? 0
        const digit = ((word[position] ?? 0) >>> shift) & DIGIT_MASK
        const target = counts[digit] ?? 0
        to[target] = position
        counts[digit] = target + 1
      }
      const swap = from
      from = to
      to = swap
    }
  }
  discard(low, high, to)
  return from
}

/**
 * Gives the memory of arrays back at once. The collector sees only their small handles, and would leave tens of
 * megabytes of each waiting.
 */
export function discard(...arrays: readonly (Float64Array | Int32Array | Uint32Array)[]): void {
  for (const { buffer } of arrays) if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** Members by group: those of group g are `members[first[g]]` up to, not including, `members[first[g + 1]]`. */
export interface Groups {
  readonly first: Int32Array
  readonly members: Int32Array
}

/** Groups positions by `groupOf[position]`; a negative group is left out. Within a group the given order is kept. */
export function grouped(
  groupOf: Int32Array,
  { groupCount, order }: { readonly groupCount: number; readonly order?: Uint32Array },
): Groups {
  const first = new Int32Array(groupCount + 1)
  for (const group of groupOf) if (group >= 0) first[group + 1] = (first[group + 1] ?? 0) + 1
  for (let group = 0; group < groupCount; group++) {
    first[group + 1] = (first[group + 1] ?? 0) + (first[group] ?? 0)
  }
  const next = first.slice()
  const members = new Int32Array(first[groupCount] ?? 0)
  for (let at = 0; at < groupOf.length; at++) {
    const position = order === undefined ? at : (order[at] ?? 0)
    const group = groupOf[position] ?? -1
    if (group < 0) continue
    const target = next[group] ?? 0
    members[target] = position
    next[group] = target + 1
  }
  discard(next)
  return { first, members }
}
