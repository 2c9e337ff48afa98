/** The lines of a file that is read in chunks. */
import { isUtf8 } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { HistoryFormatError } from './validation.ts'

/**
 * The longest line that is read or written. The header names every resource and the audit every hold, each
 * in one line, so lines are long; a line of more than this is a mistake.
 */
export const LINE_BYTES_MAX = 256 * 1024 * 1024

/** The chunk size: large enough that system calls do not matter, small compared to a history. */
export const CHUNK_BYTES = 256 * 1024

const LINE_BREAK = 0x0a

/** Lines that are complete, with their line breaks, until the next bytes are asked for. */
interface Lines {
  readonly bytes: Buffer
  /** CRC-32 of all bytes of the file before the last of these lines. */
  readonly sumBeforeLast: number
}

/** Collects the bytes of a file until a line is complete. It grows for a long line, and shrinks after it. */
export class LineBuffer {
  #bytes: Buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  /** From here up to `#end`, the bytes belong to a line that has not ended. */
  #rest = 0
  #end = 0
  /** CRC-32 of the lines that were complete so far. */
  #sum = 0

  /** Whether there are bytes of a line that has not ended. */
  get hasRest(): boolean {
    return this.#rest < this.#end
  }

  /**
   * Where the next bytes go; never empty. `line` is the number of the line that has not ended, for the error.
   */
  free(line: number): Buffer {
    this.#keepRest()
    if (this.#end === this.#bytes.length) {
      if (this.#bytes.length >= LINE_BYTES_MAX) {
        throw new HistoryFormatError(line, `is longer than ${LINE_BYTES_MAX} bytes`)
      }
      this.#replace(this.#bytes.length * 2, this.#bytes)
    }
    return this.#bytes.subarray(this.#end)
  }

  /**
   * Takes the bytes that were written to `free`. `line` is the number of the first line among them. Throws a
   * `HistoryFormatError` where they are not UTF-8.
   */
  filled(byteCount: number, line: number): Lines {
    const before = this.#end
    this.#end += byteCount
    // Cut at line breaks only, so that no character is split.
    this.#rest = before + this.#bytes.subarray(before, this.#end).lastIndexOf(LINE_BREAK) + 1
    if (this.#rest === before) {
      this.#rest = 0
      return { bytes: this.#bytes.subarray(0, 0), sumBeforeLast: this.#sum }
    }
    const lines = this.#bytes.subarray(0, this.#rest)
    requireUtf8(lines, line)
    const last = lines.lastIndexOf(LINE_BREAK, -2) + 1
    const sumBeforeLast = crc32(lines.subarray(0, last), this.#sum)
    this.#sum = crc32(lines.subarray(last), sumBeforeLast)
    return { bytes: lines, sumBeforeLast }
  }

  /** Moves the line that has not ended to the start. */
  #keepRest(): void {
    if (this.#rest === 0) return
    const rest = this.#bytes.subarray(this.#rest, this.#end)
    this.#rest = 0
    this.#end = rest.length
    if (this.#bytes.length > CHUNK_BYTES && rest.length < CHUNK_BYTES) this.#replace(CHUNK_BYTES, rest)
    else this.#bytes.set(rest)
  }

  /**
   * The memory is released at once: the garbage collector would keep a long line several times for a while.
   */
  #replace(size: number, content: Buffer): void {
    const old = this.#bytes
    this.#bytes = Buffer.allocUnsafe(size)
    this.#bytes.set(content)
    if (old.buffer instanceof ArrayBuffer) old.buffer.transfer(0)
  }
}

/** An invalid byte would be decoded as a replacement character, and two ids might become equal. */
function requireUtf8(lines: Buffer, first: number): void {
  if (isUtf8(lines)) return
  let line = first
  for (let from = 0; from < lines.length; line++) {
    const to = lines.indexOf(LINE_BREAK, from) + 1
    if (!isUtf8(lines.subarray(from, to))) break
    from = to
  }
  throw new HistoryFormatError(line, 'is not UTF-8')
}
