/** Deflated data (RFC 1951), for browsers that have no DecompressionStream with `deflate-raw`. */

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
]
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
]
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const BITS_MAX = 15
const END = 256

/** Symbols by length and code; `counts[n]`: how many have n bits. */
interface Codes {
  readonly counts: readonly number[]
  readonly symbols: readonly number[]
}

/** Throws for what is not deflated. */
export function inflated(deflated: Uint8Array): Uint8Array<ArrayBuffer> {
  const bits = new Bits(deflated)
  const out = new Output()
  for (let isLast = false; !isLast; ) {
    isLast = bits.take(1) === 1
    const kind = bits.take(2)
    if (kind === 0) out.append(bits.stored())
    else if (kind === 1) block(bits, out, FIXED)
    else if (kind === 2) block(bits, out, dynamic(bits))
    else throw new Error('not deflated')
  }
  return out.whole()
}

class Bits {
  readonly #from: Uint8Array
  #at = 0
  #held = 0
  #count = 0

  constructor(from: Uint8Array) {
    this.#from = from
  }

  take(count: number): number {
    while (this.#count < count) {
      const byte = this.#from[this.#at++]
      if (byte === undefined) throw new Error('it ends too early')
      this.#held |= byte << this.#count
      this.#count += 8
    }
    const value = this.#held & ((1 << count) - 1)
    this.#held >>>= count
    this.#count -= count
    return value
  }

  /** A block that is not compressed: its length is told twice. */
  stored(): Uint8Array {
    this.#held = 0
    this.#count = 0
    const length = (this.#from[this.#at] ?? 0) | ((this.#from[this.#at + 1] ?? 0) << 8)
    this.#at += 4
    const bytes = this.#from.subarray(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }

  symbol({ counts, symbols }: Codes): number {
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= BITS_MAX; length++) {
      code |= this.take(1)
      const count = counts[length] ?? 0
      if (code - count < first) return symbols[index + code - first] ?? 0
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw new Error('no such code')
  }
}

class Output {
  #bytes = new Uint8Array(1 << 16)
  #length = 0

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }

  push(byte: number): void {
    this.#room(1)
    this.#bytes[this.#length++] = byte
  }

  append(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** What was written so far back, again; it may reach into what it writes. */
  repeat(distance: number, length: number): void {
    if (distance > this.#length) throw new Error('it points before its beginning')
    for (let left = length; left > 0; left--) this.push(this.#bytes[this.#length - distance] ?? 0)
  }

  whole(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }
}

function codesOf(lengths: readonly number[]): Codes {
  const counts = Array.from(
    { length: BITS_MAX + 1 },
    (_, bits) => lengths.filter((each) => each === bits).length,
  )
  counts[0] = 0
  const symbols = lengths
    .map((length, symbol) => ({ length, symbol }))
    .filter(({ length }) => length > 0)
    .sort((one, other) => one.length - other.length || one.symbol - other.symbol)
    .map(({ symbol }) => symbol)
  return { counts, symbols }
}

type Both = readonly [lengths: Codes, distances: Codes]

const FIXED: Both = [
  codesOf(Array.from({ length: 288 }, (_, at) => (at < 144 ? 8 : at < 256 ? 9 : at < 280 ? 7 : 8))),
  codesOf(Array.from({ length: 30 }, () => 5)),
]

function dynamic(bits: Bits): Both {
  const literals = bits.take(5) + 257
  const distances = bits.take(5) + 1
  const given = bits.take(4) + 4
  const ofCodes = Array.from({ length: 19 }, () => 0)
  for (const place of CODE_ORDER.slice(0, given)) ofCodes[place] = bits.take(3)
  const codes = codesOf(ofCodes)
  const lengths: number[] = []
  while (lengths.length < literals + distances) {
    const symbol = bits.symbol(codes)
    if (symbol < 16) lengths.push(symbol)
    else {
      const repeated = symbol === 16 ? (lengths.at(-1) ?? 0) : 0
      const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7)
      for (let left = times; left > 0; left--) lengths.push(repeated)
    }
  }
  return [codesOf(lengths.slice(0, literals)), codesOf(lengths.slice(literals))]
}

function block(bits: Bits, out: Output, [lengths, distances]: Both): void {
  for (let symbol = bits.symbol(lengths); symbol !== END; symbol = bits.symbol(lengths)) {
    if (symbol < END) {
      out.push(symbol)
      continue
    }
    const at = symbol - END - 1
    const length = (LENGTH_BASE[at] ?? 0) + bits.take(LENGTH_EXTRA[at] ?? 0)
    const far = bits.symbol(distances)
    out.repeat((DISTANCE_BASE[far] ?? 0) + bits.take(DISTANCE_EXTRA[far] ?? 0), length)
  }
}
