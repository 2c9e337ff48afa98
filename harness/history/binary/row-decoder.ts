/** Reads the rows of a block, and checks each: nothing that came from a file is trusted. */
import { AnswerCode, answersHold, STATUSES } from '../answer-code.ts'
import { FieldError } from '../fields.ts'
import { OperationRow, type StoredRow } from '../operation-row.ts'
import type { ClockRecord } from '../record.ts'
import { HistoryFormatError } from '../validation.ts'
import { ByteReader } from './byte-reader.ts'
import { CLOCK_ROW, REASONS, VERSIONED } from './format.ts'
import { IdsRead } from './ids.ts'

/** Where rows are read from. */
interface Block {
  /** Counted from 1. */
  readonly number: number
  readonly payload: Buffer
  /** The index of the first row. */
  readonly from: number
  /** How many resources the header names. */
  readonly resourceCount: number
}

/** What is wrong with a block, as an error that names it. */
export function inBlock({ number }: Pick<Block, 'number'>, error: unknown): unknown {
  return error instanceof FieldError ? new HistoryFormatError(number, error.message, 'Block') : error
}

/** The operations and readings of the clock of one block, one after the other. */
export class RowDecoder {
  readonly ids: IdsRead
  readonly row: OperationRow = new OperationRow()
  /** The last reading of the clock. */
  clock: ClockRecord | undefined
  /** How many rows were read. */
  count: number = 0
  readonly #reader: ByteReader
  readonly #block: Block
  #lastUs = 0

  constructor(block: Block) {
    this.#reader = new ByteReader(block.payload, block.from)
    this.ids = new IdsRead(this.#reader)
    this.#block = block
  }

  /** Moves to the next row: `row` or `clock` has it. Throws a `HistoryFormatError` if it is malformed. */
  next(): 'operation' | 'clock' | undefined {
    if (this.#reader.isAtEnd) return undefined
    try {
      const kind = this.#next()
      this.count++
      return kind
    } catch (error) {
      throw inBlock(this.#block, error)
    }
  }

  #next(): 'operation' | 'clock' {
    const reader = this.#reader
    const first = reader.byte()
    if (first === CLOCK_ROW) {
      this.clock = this.#readClock()
      return 'clock'
    }
    const answer = first & ~VERSIONED
    const { row } = this
    row.isVersioned = first !== answer
    if (answer > AnswerCode.readUnknown || (row.isVersioned && answer !== AnswerCode.held)) {
      throw new FieldError(`has a row of no known kind: it is ${first}`)
    }
    row.answer = answer
    row.process = whole(reader.count())
    row.invokedUs = whole(reader.near(this.#lastUs))
    row.returnedUs = whole(reader.near(row.invokedUs))
    this.#lastUs = row.invokedUs
    if (row.returnedUs < row.invokedUs) throw new FieldError('has a call that returns before it is invoked')
    row.lineCount = 0
    if (answer >= AnswerCode.read) {
      row.hold = -1
      if (answer === AnswerCode.read) this.#readFigures()
      else row.text = this.#readError()
    } else {
      row.hold = this.ids.read()
      if (answersHold(answer)) this.#readRequest()
      else if (answer === AnswerCode.confirmUnknown || answer === AnswerCode.releaseUnknown) {
        row.text = this.#readError()
      }
    }
    return 'operation'
  }

  #readRequest(): void {
    const reader = this.#reader
    const { row } = this
    readLines(reader, row, this.#block.resourceCount)
    if (row.lineCount === 0) throw new FieldError('has a hold that asks for nothing')
    row.ttlMs = reader.number()
    if (!(row.ttlMs >= 0 && row.ttlMs < Number.POSITIVE_INFINITY)) {
      throw new FieldError('has a time to live that is not a number of at least 0')
    }
    switch (row.answer) {
      case AnswerCode.held:
        row.deadlineMs = finite(reader.double())
        row.attempts = attempts(reader.number())
        if (row.isVersioned) {
          for (let line = 0; line < row.lineCount; line++) row.lineVersion[line] = whole(reader.number())
        }
        break
      case AnswerCode.soldOut:
        row.resource = readResource(reader, this.#block.resourceCount)
        row.attempts = attempts(reader.number())
        break
      case AnswerCode.contended: {
        const reason = REASONS[reader.count()]
        if (reason === undefined) throw new FieldError('has no known reason for being contended')
        row.text = reason
        row.attempts = attempts(reader.number())
        break
      }
      case AnswerCode.holdUnknown:
        row.text = this.#readError()
        break
      default: // `id-reused` says nothing more
    }
  }

  #readFigures(): void {
    const reader = this.#reader
    const { row } = this
    for (let left = reader.count(); left > 0; left--) {
      row.ensureLine()
      row.lineResource[row.lineCount] = readResource(reader, this.#block.resourceCount)
      row.lineUnits[row.lineCount] = whole(reader.number())
      row.lineCount++
    }
  }

  #readClock(): ClockRecord {
    const reader = this.#reader
    const readUs = whole(reader.near(this.#lastUs))
    const offsetMs = finite(reader.number())
    const errorMs = finite(reader.number())
    if (errorMs < 0) throw new FieldError('has a reading of the clock with an error below 0')
    return { type: 'clock', readUs, offsetMs, errorMs }
  }

  #readError(): string {
    const text: unknown = jsonOf(this.#reader.text())
    if (typeof text !== 'string') throw new FieldError('has an error that is not text')
    return text
  }
}

/** The stored holds of one block, one after the other. */
export class StoredDecoder {
  readonly ids: IdsRead
  readonly #row: OperationRow = new OperationRow()
  readonly #reader: ByteReader
  readonly #block: Block

  constructor(block: Block) {
    this.#reader = new ByteReader(block.payload, block.from)
    this.ids = new IdsRead(this.#reader)
    this.#block = block
  }

  /**
   * The next hold, whose lines are valid until the call after. Throws a `HistoryFormatError` if it is
   * malformed.
   */
  next(): StoredRow | undefined {
    if (this.#reader.isAtEnd) return undefined
    try {
      return this.#next()
    } catch (error) {
      throw inBlock(this.#block, error)
    }
  }

  #next(): StoredRow {
    const reader = this.#reader
    const status = reader.byte()
    if (STATUSES[status] === undefined) throw new FieldError('has a stored hold of no known status')
    const hold = this.ids.read()
    this.#row.lineCount = 0
    readLines(reader, this.#row, this.#block.resourceCount)
    const deadlineMs = finite(reader.double())
    const { lineCount, lineResource, lineUnits } = this.#row
    return { hold, status, deadlineMs, lineCount, lineResource, lineUnits }
  }
}

/** The value that a JSON text holds. Throws a `FieldError` if it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new FieldError('has a text that is not JSON')
  }
}

function readLines(reader: ByteReader, row: OperationRow, resourceCount: number): void {
  for (let left = reader.count(); left > 0; left--) {
    row.ensureLine()
    const resource = readResource(reader, resourceCount)
    for (let before = 0; before < row.lineCount; before++) {
      if (row.lineResource[before] === resource) throw new FieldError('has two lines of one resource')
    }
    const units = whole(reader.number())
    if (units < 1) throw new FieldError('has a line of no units')
    row.lineResource[row.lineCount] = resource
    row.lineUnits[row.lineCount] = units
    row.lineCount++
  }
}

function readResource(reader: ByteReader, count: number): number {
  const place = reader.count()
  if (place < count) return place
  throw new FieldError('names a resource that is not in the header')
}

function whole(value: number): number {
  if (Number.isSafeInteger(value)) return value
  throw new FieldError('has a number that is not a whole one')
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value
  throw new FieldError('has a number that is not finite')
}

function attempts(value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new FieldError('has attempts that are not a whole number of at least 1')
}
