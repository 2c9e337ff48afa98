/** Reads what `ByteWriter` has written. Nothing about the bytes is trusted. */
import { FieldError } from '../fields.ts'

/** More would not fit into a whole number. */
const COUNT_BYTES_MAX = 8

const CUT_OFF = 'ends in the middle of a record'

const STRICT = new TextDecoder('utf-8', { fatal: true })

export class ByteReader {
  readonly bytes: Buffer
  readonly #view: DataView
  /** The index of the next byte. */
  at: number

  /** Reads from index `at` on. */
  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length
  }

  /** Each of these throws a `FieldError` if there are not enough bytes, or if they are not what was asked. */
  byte(): number {
    const value = this.bytes[this.at++]
    if (value === undefined) throw new FieldError(CUT_OFF)
    return value
  }

  count(): number {
    const first = this.byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    let scale = 0x80
    for (let taken = 1; taken < COUNT_BYTES_MAX; taken++) {
      const next = this.byte()
      value += (next & 0x7f) * scale
      if (next < 0x80) return value
      scale *= 0x80
    }
    throw new FieldError('has a number of too many bytes')
  }

  number(): number {
    const folded = this.count()
    return folded === 0 ? this.double() : unfolded(folded)
  }

  near(before: number): number {
    const folded = this.count()
    return folded === 0 ? this.double() : before + unfolded(folded)
  }

  double(): number {
    const from = this.at
    this.at += 8
    if (this.at > this.bytes.length) throw new FieldError(CUT_OFF)
    return this.#view.getFloat64(from, true)
  }

  /** Skips a text, and returns how many bytes it has: it ends at `at`. */
  skipText(): number {
    const length = this.count()
    const from = this.at
    this.at += length
    if (this.at > this.bytes.length) throw new FieldError(CUT_OFF)
    for (let index = from; index < this.at; index++) {
      if ((this.bytes[index] ?? 0) < 0x80) continue
      requireUtf8(this.bytes.subarray(index, this.at))
      break
    }
    return length
  }

  text(): string {
    const length = this.skipText()
    return this.bytes.toString('utf8', this.at - length, this.at)
  }
}

function unfolded(folded: number): number {
  return folded % 2 === 1 ? (folded - 1) / 2 : -folded / 2
}

/** An invalid byte would be decoded as a replacement character, and two ids might become equal. */
function requireUtf8(bytes: Uint8Array): void {
  try {
    STRICT.decode(bytes)
  } catch {
    throw new FieldError('has a text that is not UTF-8')
  }
}
