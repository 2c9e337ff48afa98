/** What a line of a history must be. Handwritten, because a million lines must pass through it in seconds. */
import { FieldError, isFields } from './fields.ts'
import type { HistoryRecord } from './record.ts'
import { RecordChecker } from './record-checker.ts'

/** One line or block of a history is malformed. The message is one sentence and names it. */
export class HistoryFormatError extends Error {
  override readonly name = 'HistoryFormatError'
  readonly code = 'history-format'
  /** Counted from 1. In a binary history, the block. */
  readonly line: number

  constructor(line: number, what: string, unit: 'Line' | 'Block' = 'Line') {
    super(`${unit} ${line} ${what}.`)
    this.line = line
  }
}

/**
 * Turns the lines of a history into records, in order, and checks each: nothing that came from a file is
 * trusted.
 */
export class RecordReader {
  readonly #checker = new RecordChecker()
  #line = 0

  /** The number of the line that comes next. */
  get nextLine(): number {
    return this.#line + 1
  }

  /** Whether an operation may come next. */
  get takesOperations(): boolean {
    return this.#checker.takesOperations
  }

  /** Counts a line that was read as an operation, and checked, by other means. */
  countOperation(): void {
    this.#line++
  }

  /** The record that this line holds. Throws `HistoryFormatError`. */
  record(text: string): HistoryRecord {
    return this.#take(text, (value) => this.#checker.check(value))
  }

  /**
   * As `record`, for a line that may be the seal: then `undefined`. `crc32` is that of all bytes before this
   * line.
   */
  recordOrSeal(text: string, crc32: number): HistoryRecord | undefined {
    return this.#take(text, (value) => {
      if (!isFields(value) || value.type !== 'seal') return this.#checker.check(value)
      this.#checker.checkSeal(value, { records: this.#line - 1, crc32 })
      return undefined
    })
  }

  /** Must be called after the last line. Throws `HistoryFormatError` if the header or the seal is missing. */
  end(): void {
    const missing = this.#checker.missing()
    if (missing !== undefined) throw new HistoryFormatError(Math.max(1, this.#line), missing)
  }

  #take<Taken>(text: string, check: (value: unknown) => Taken): Taken {
    this.#line++
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw new HistoryFormatError(this.#line, text.trim() === '' ? 'is empty' : 'is not JSON')
    }
    try {
      return check(value)
    } catch (error) {
      if (error instanceof FieldError) throw new HistoryFormatError(this.#line, error.message)
      throw error
    }
  }
}
