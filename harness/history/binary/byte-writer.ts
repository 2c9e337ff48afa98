/** Bytes that grow as numbers and texts are added. */
import { SHORT_BELOW } from './format.ts'

const INITIAL_BYTES = 4_096
/** More than any number takes. */
const NUMBER_BYTES_MAX = 16
/** Of UTF-8, for each UTF-16 code unit. */
const BYTES_PER_UNIT_MAX = 3

export class ByteWriter {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES)
  #view = viewOf(this.#bytes)
  /** How many bytes were added. */
  length = 0

  clear(): void {
    this.length = 0
  }

  /** What was added, without a copy: valid until the next change. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  byte(value: number): void {
    this.#ensure(1)
    this.#bytes[this.length++] = value
  }

  /** A whole number of at least 0: seven bits a byte, the lowest first. */
  count(value: number): void {
    this.#ensure(NUMBER_BYTES_MAX)
    let rest = value
    while (rest >= 0x8000_0000) {
      this.#bytes[this.length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    while (rest >= 0x80) {
      this.#bytes[this.length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.length++] = rest
  }

  /** Any number: a small whole one as a count, otherwise a zero and the double. */
  number(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) < SHORT_BELOW && !Object.is(value, -0)) {
      this.count(folded(value))
    } else {
      this.byte(0)
      this.double(value)
    }
  }

  /** A whole number, which is usually close to `before`. */
  near(value: number, before: number): void {
    const step = value - before
    if (Math.abs(step) < SHORT_BELOW) this.count(folded(step))
    else {
      this.byte(0)
      this.double(value)
    }
  }

  double(value: number): void {
    this.#ensure(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** The length in bytes, and the text in UTF-8. */
  text(value: string): void {
    const { length } = value
    this.#ensure(NUMBER_BYTES_MAX + length * BYTES_PER_UNIT_MAX)
    if (length >= 0x80 || !this.#shortAscii(value)) {
      const bytes = Buffer.byteLength(value, 'utf8')
      this.count(bytes)
      this.#bytes.write(value, this.length, 'utf8')
      this.length += bytes
    }
  }

  bytes(value: Uint8Array): void {
    this.#ensure(value.length)
    this.#bytes.set(value, this.length)
    this.length += value.length
  }

  /** Writes it if it is ASCII: a loop is faster than a call of the runtime. */
  #shortAscii(value: string): boolean {
    const bytes = this.#bytes
    const from = this.length + 1
    for (let at = 0; at < value.length; at++) {
      const unit = value.charCodeAt(at)
      if (unit >= 0x80) return false
      bytes[from + at] = unit
    }
    bytes[from - 1] = value.length
    this.length = from + value.length
    return true
  }

  #ensure(more: number): void {
    const needed = this.length + more
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.written)
    this.#bytes = larger
    this.#view = viewOf(larger)
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** At least 1, so that 0 can announce a double: 0, -1, 1, -2 become 1, 2, 3, 4. */
function folded(value: number): number {
  return value >= 0 ? value * 2 + 1 : -value * 2
}
