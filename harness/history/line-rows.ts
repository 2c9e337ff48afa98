/** The operations of JSONL lines as rows. Lines that are written in another way go through the records. */

import { AnswerCode, answerCodeOf } from './answer-code.ts'
import { grownBytes } from './grown.ts'
import { LineParser } from './line-parser.ts'
import { Names } from './names.ts'
import { OperationRow, type RowIds } from './operation-row.ts'
import type { ClockRecord, HistoryHeader, HistoryRecord, Operation } from './record.ts'
import type { RecordReader } from './validation.ts'

const LINE_BREAK = 0x0a
const INITIAL_IDS = 1_024
const INITIAL_ID_BYTES = 32 * INITIAL_IDS
/** Of UTF-8, for each UTF-16 code unit. */
const BYTES_PER_UNIT_MAX = 3

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()

export class LineRows {
  readonly row: OperationRow = new OperationRow()
  readonly ids: LineIds = new LineIds()
  /** The last reading of the clock. */
  clock: ClockRecord | undefined
  readonly #reader: RecordReader
  #resources = new Names()
  #parser: LineParser
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #sumBeforeLast = 0
  #other: HistoryRecord | undefined

  constructor(reader: RecordReader) {
    this.#reader = reader
    this.#parser = new LineParser(this.#resources, this.row)
  }

  /** Must be called with lines that are complete, and the CRC-32 of all bytes before the last of them. */
  begin(bytes: Buffer, sumBeforeLast: number): void {
    this.#bytes = bytes
    this.#at = 0
    this.#sumBeforeLast = sumBeforeLast
    this.ids.clear()
  }

  /**
   * Moves to the next operation or reading of the clock; undefined before any other record, and at the end of
   * the lines. Throws a `HistoryFormatError` for a line that is not what it should be.
   */
  next(): 'operation' | 'clock' | undefined {
    if (this.#other !== undefined) return undefined
    const bytes = this.#bytes
    while (this.#at < bytes.length) {
      const from = this.#at
      const to = bytes.indexOf(LINE_BREAK, from)
      this.#at = to + 1
      if (this.#reader.takesOperations && this.#parser.parse(bytes, from, to)) {
        this.#reader.countOperation()
        const { row } = this
        if (row.answer !== AnswerCode.read) {
          row.hold = this.ids.add(bytes, this.#parser.idFrom, this.#parser.idTo)
        }
        return 'operation'
      }
      const kind = this.#take(bytes.toString('utf8', from, to))
      if (kind !== 'seal') return kind
    }
    return undefined
  }

  /** The record before which `next` has stopped, once; undefined at the end of the lines. */
  takeOther(): HistoryRecord | undefined {
    const other = this.#other
    this.#other = undefined
    if (other?.type === 'history') this.#begins(other)
    return other
  }

  #begins({ resources }: HistoryHeader): void {
    this.#resources = new Names()
    for (const { id } of resources) this.#resources.numberOf(id)
    this.#parser = new LineParser(this.#resources, this.row)
  }

  #take(line: string): 'operation' | 'clock' | 'seal' | undefined {
    const isLast = this.#at >= this.#bytes.length
    const record = isLast ? this.#reader.recordOrSeal(line, this.#sumBeforeLast) : this.#reader.record(line)
    if (record === undefined) return 'seal'
    if (record.type === 'operation') {
      this.#fill(record)
      return 'operation'
    }
    if (record.type === 'clock') {
      this.clock = record
      return 'clock'
    }
    this.#other = record
    return undefined
  }

  #fill(operation: Operation): void {
    const { row } = this
    row.answer = answerCodeOf(operation)
    row.process = operation.process
    row.invokedUs = operation.invokedUs
    row.returnedUs = operation.returnedUs
    row.isVersioned = false
    row.lineCount = 0
    row.hold = operation.op === 'availability' ? -1 : this.ids.addText(operation.holdId)
    if (operation.result === 'info') row.text = operation.error
    if (operation.op === 'availability' && operation.result === 'ok') {
      for (const [id, units] of operation.available) this.#addLine(id, units)
    }
    if (operation.op !== 'hold') return
    for (const [id, units] of operation.lines) this.#addLine(id, units)
    row.ttlMs = operation.ttlMs
    if (operation.result === 'ok') {
      row.deadlineMs = operation.deadlineMs
      row.attempts = operation.attempts
      row.isVersioned = operation.versions !== undefined
      operation.versions?.forEach((version, line) => {
        row.lineVersion[line] = version
      })
    } else if (operation.result === 'fail' && operation.why !== 'id-reused') {
      row.attempts = operation.attempts
      if (operation.why === 'sold-out') row.resource = this.#resources.numberOf(operation.resourceId)
      else row.text = operation.reason
    }
  }

  #addLine(id: string, units: number): void {
    const { row } = this
    row.ensureLine()
    row.lineResource[row.lineCount] = this.#resources.numberOf(id)
    row.lineUnits[row.lineCount] = units
    row.lineCount++
  }
}

/** The ids of the holds in some lines, each line's own. */
class LineIds implements RowIds {
  count = 0
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_ID_BYTES)
  starts: Int32Array = new Int32Array(INITIAL_IDS)
  ends: Int32Array = new Int32Array(INITIAL_IDS)
  #length = 0

  clear(): void {
    this.count = 0
    this.#length = 0
  }

  /** Adds the id from index `from` up to `to`; returns its number. */
  add(bytes: Uint8Array, from: number, to: number): number {
    this.#ensure(to - from)
    const start = this.#length
    for (let at = from; at < to; at++) this.bytes[this.#length++] = bytes[at] ?? 0
    return this.#number(start)
  }

  addText(id: string): number {
    this.#ensure(id.length * BYTES_PER_UNIT_MAX)
    const start = this.#length
    this.#length += ENCODER.encodeInto(id, this.bytes.subarray(start)).written
    return this.#number(start)
  }

  text(number: number): string {
    return DECODER.decode(this.bytes.subarray(this.starts[number], this.ends[number]))
  }

  #number(start: number): number {
    const number = this.count++
    if (number === this.starts.length) {
      const [starts, ends] = [new Int32Array(2 * number), new Int32Array(2 * number)]
      starts.set(this.starts)
      ends.set(this.ends)
      this.starts = starts
      this.ends = ends
    }
    this.starts[number] = start
    this.ends[number] = this.#length
    return number
  }

  #ensure(more: number): void {
    const needed = this.#length + more
    if (needed <= this.bytes.length) return
    this.bytes = grownBytes(this.bytes, Math.max(needed, 2 * this.bytes.length))
  }
}
