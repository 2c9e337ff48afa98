/**
 * A history kept in columns of numbers: about 70 bytes an operation, where an object would take six times as
 * much. Operations, holds and resources are identified by numbers that count from 0 in the order in which
 * they were added.
 */

import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import { AnswerCode, answerCodeOf, answersHold } from '../history/answer-code.ts'
import { grownBytes, grownDoubles, grownInts } from '../history/grown.ts'
import { Names } from '../history/names.ts'
import type { OperationRow, RowIds, StoredRow } from '../history/operation-row.ts'
import type { AuditEnd, StoredRows } from '../history/part.ts'
import type {
  AuditRecord,
  ClockRecord,
  HistoryHeader,
  HoldOperation,
  LineRecord,
  Operation,
} from '../history/record.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import { CompactNumbers } from './compact-numbers.ts'
import { Numbering } from './numbering.ts'
import { NumbersOfBlock } from './numbers-of-block.ts'
import { StoredHolds } from './stored-holds.ts'

/**
 * Added to the return of an operation that took no time. Two operations cannot both be instantaneous at the
 * same microsecond and in a known order; widening one makes them concurrent, and widening never invents a
 * violation.
 */
const INSTANT_US = 0.5

/**
 * Added to every invocation. What returned in a microsecond came before what was invoked in it, so between
 * the two there is a moment, and this gives it a length: what was certain by the one and until the other was
 * true at that moment. Deadlines are compared with more tolerance than this.
 */
const AFTER_RETURNS_US = 1 / 16

const INITIAL_OPERATIONS = 64

/**
 * Columns grow as records are added, so the arrays may be longer than `count` and must not be kept across
 * an `add`.
 */
export class HistoryColumns {
  header: HistoryHeader | undefined
  audit: AuditEnd | undefined
  /** Violations found at rest, and when, if the store itself was not read. */
  unread: Pick<AuditRecord, 'takenUs' | 'complaints'> | undefined
  /** Empty without an audit. */
  stored: StoredHolds
  /** Readings of the engine's clock, in order. */
  readonly clockReadings: ClockRecord[] = []
  /** Why this history cannot be judged, one sentence each. */
  readonly flaws: string[] = []

  readonly #resources: Numbering
  readonly #holds: Names
  /** The holds of the block of rows that is being added. */
  readonly #ofBlock: NumbersOfBlock
  readonly #texts: Numbering

  /** How many operations there are. */
  count = 0
  /** How many lines of holds and of reads there are. */
  lineCount = 0
  /** How many operations have an unknown outcome. */
  unknownCount = 0
  /** How many requests were answered `held`. */
  heldCount = 0
  /** The units of all lines of holds, including those of the audit. */
  unitsTotal = 0
  /** Microseconds; infinity without operations. */
  firstInvokedUs = Number.POSITIVE_INFINITY
  /** The origin of times in messages, instead of the first invocation; used for a part of a history. */
  originUs: number | undefined
  /**
   * Of a part of a history: the units of each resource that holds sold before it took, which it does not
   * have.
   */
  soldBefore: Float64Array | undefined
  /** Of a part of a history: 1 for each resource that is judged, if not all of them are. */
  judgedResources: Uint8Array | undefined
  /** Of a part of a history: how finely the whole shows the engine's clock to count, in milliseconds. */
  clockGrainMs: number | undefined

  /** One of `AnswerCode`. */
  answer = new Uint8Array(INITIAL_OPERATIONS)
  /** The caller. */
  readonly process = new CompactNumbers()
  /** Later than what was recorded, by less than a microsecond. */
  invokedUs = new Float64Array(INITIAL_OPERATIONS)
  /** Always later than `invokedUs`. */
  returnedUs = new Float64Array(INITIAL_OPERATIONS)
  /** The hold number; -1 for a read. */
  hold = new Int32Array(INITIAL_OPERATIONS)
  readonly ttlMs = new CompactNumbers()
  /** By the engine's clock, milliseconds since the epoch; 0 if the answer names none. */
  deadlineMs = new Float64Array(INITIAL_OPERATIONS)
  readonly attempts = new CompactNumbers()
  /** Sold out: the resource number. Contended and unknown: the number of the text of the reason or error. */
  detail = new Int32Array(INITIAL_OPERATIONS)
  #firstLine = new Int32Array(INITIAL_OPERATIONS + 1)

  /** Resource numbers, by line. */
  lineResource = new Int32Array(INITIAL_OPERATIONS)
  /** The quantity of a hold's line, or the units that a read reported. */
  lineUnits = new Float64Array(INITIAL_OPERATIONS)
  /** NaN if the engine gave none. */
  lineVersion = new Float64Array(INITIAL_OPERATIONS)

  /**
   * `namesMax`: how many holds, and how many resources, can be told apart. `resources`: numbers that parts of
   * one history share.
   */
  constructor(namesMax?: number, resources: Numbering = new Numbering(namesMax)) {
    this.#resources = resources
    this.#holds = new Names(namesMax)
    this.#ofBlock = new NumbersOfBlock(this.#holds)
    this.#texts = new Numbering(namesMax)
    this.stored = new StoredHolds()
  }

  get resourceCount(): number {
    return this.#resources.count
  }

  get holdCount(): number {
    return this.#holds.count
  }

  resourceId(resource: number): ResourceId {
    return this.#resources.text(resource) as ResourceId
  }

  holdId(hold: number): HoldId {
    return this.#holds.text(hold) as HoldId
  }

  /** A new number for a hold that nothing names. */
  holdNumber(id: HoldId): number {
    return this.#holds.numberOf(id)
  }

  resourceNumber(id: ResourceId): number {
    return this.#resources.numberOf(id)
  }

  /** The reason or error that `detail` stands for, if any. */
  detailText(operation: number): string {
    return this.#texts.text(intAt(this.detail, operation))
  }

  /**
   * Units by resource number; infinity for a resource that the header does not name, so that no rule
   * applies to it.
   */
  capacities({ resources }: HistoryHeader): Float64Array {
    const capacities = new Float64Array(this.#resources.count).fill(Number.POSITIVE_INFINITY)
    for (const { id, capacity } of resources) capacities[this.resourceNumber(id)] = capacity
    return capacities
  }

  /** To be called when nothing more is added: looking for holds by their ids takes long afterwards. */
  settle(): void {
    this.#holds.release()
  }

  addHeader(header: HistoryHeader): void {
    if (this.header !== undefined) this.flaws.push('The history has two headers.')
    this.header = header
    for (const { id } of header.resources) this.#resources.numberOf(id)
  }

  addAudit({ holds, ...audit }: AuditRecord): void {
    this.stored = new StoredHolds()
    if (audit.isStoreRead !== false) {
      for (const hold of holds) this.stored.add(hold, this.#holds, this.#resources)
    }
    this.endAudit(audit)
  }

  /** Adds all holds of a block, each found in the store by the audit that follows. */
  addStored(block: StoredRows): void {
    this.#ofBlock.begin(block.ids)
    for (let row = block.next(); row !== undefined; row = block.next()) this.addStoredRow(row)
  }

  /** Adds one hold of a block that was begun by `beginRows`. */
  addStoredRow(row: StoredRow): void {
    for (let line = 0; line < row.lineCount; line++) {
      this.stored.addLine(intAt(row.lineResource, line), doubleAt(row.lineUnits, line))
    }
    this.stored.addHold(this.#ofBlock.numberOf(row.hold), row.status, row.deadlineMs)
  }

  /** The audit, whose holds were added before. */
  endAudit(audit: AuditEnd): void {
    if ((this.audit ?? this.unread) !== undefined) this.flaws.push('The history has two audits.')
    if (audit.isStoreRead === false) {
      this.unread = audit
      this.stored = new StoredHolds()
      return
    }
    this.audit = audit
    this.unitsTotal += this.stored.unitsTotal
    for (const { id } of audit.resources) this.#resources.numberOf(id)
    for (const { resourceId } of audit.probes) this.#resources.numberOf(resourceId)
  }

  addOperation(operation: Operation): void {
    const holdId = operation.op === 'availability' ? undefined : operation.holdId
    const at = this.#begin(operation, answerCodeOf(operation), holdId)
    if (operation.result === 'info') {
      this.unknownCount++
      this.detail[at] = this.#texts.numberOf(operation.error)
    }
    if (operation.op === 'hold') this.#addHold(at, operation)
    else if (operation.op === 'availability' && operation.result === 'ok') {
      for (const [id, units] of operation.available) {
        this.#addLine(this.#resources.numberOf(id), units, Number.NaN)
      }
    }
    this.#firstLine[at + 1] = this.lineCount
  }

  /** Must be called before the first `addRow` of each block of rows. */
  beginRows(ids: RowIds): void {
    this.#ofBlock.begin(ids)
  }

  /** As `addOperation`, for a row of the block. Its resources are places in the header. */
  addRow(row: OperationRow): void {
    const { answer } = row
    const at = this.#begin(row, answer, undefined)
    if (row.hold !== -1) this.hold[at] = this.#ofBlock.numberOf(row.hold)
    for (let line = 0; line < row.lineCount; line++) {
      const units = doubleAt(row.lineUnits, line)
      const version = row.isVersioned ? doubleAt(row.lineVersion, line) : Number.NaN
      this.#addLine(intAt(row.lineResource, line), units, version)
      if (answer !== AnswerCode.read) this.unitsTotal += units
    }
    if (answersHold(answer)) this.ttlMs.set(at, row.ttlMs)
    switch (answer) {
      case AnswerCode.held:
        this.deadlineMs[at] = row.deadlineMs
        this.attempts.set(at, row.attempts)
        this.heldCount++
        break
      case AnswerCode.soldOut:
        this.attempts.set(at, row.attempts)
        this.detail[at] = row.resource
        break
      case AnswerCode.contended:
        this.attempts.set(at, row.attempts)
        this.detail[at] = this.#texts.numberOf(row.text)
        break
      case AnswerCode.holdUnknown:
      case AnswerCode.confirmUnknown:
      case AnswerCode.releaseUnknown:
      case AnswerCode.readUnknown:
        this.unknownCount++
        this.detail[at] = this.#texts.numberOf(row.text)
        break
      default: // says nothing more
    }
    this.#firstLine[at + 1] = this.lineCount
  }

  /** Adds an operation of another part of the same history, which must share the numbers of resources. */
  addFrom(other: HistoryColumns, operation: number): void {
    const at = this.count
    if (at === this.answer.length) this.#growOperations()
    this.count++
    const answer = byteAt(other.answer, operation)
    this.answer[at] = answer
    this.process.set(at, other.process.at(operation))
    this.invokedUs[at] = doubleAt(other.invokedUs, operation)
    this.returnedUs[at] = doubleAt(other.returnedUs, operation)
    const hold = intAt(other.hold, operation)
    this.hold[at] = hold === -1 ? -1 : other.#holds.copy(hold, this.#holds)
    this.ttlMs.set(at, other.ttlMs.at(operation))
    this.deadlineMs[at] = doubleAt(other.deadlineMs, operation)
    this.attempts.set(at, other.attempts.at(operation))
    const detail = intAt(other.detail, operation)
    this.detail[at] = hasText(answer) ? this.#texts.numberOf(other.#texts.text(detail)) : detail
    const end = other.lineEnd(operation)
    for (let line = other.lineStart(operation); line < end; line++) {
      this.#addLine(
        intAt(other.lineResource, line),
        doubleAt(other.lineUnits, line),
        doubleAt(other.lineVersion, line),
      )
    }
    this.#firstLine[at + 1] = this.lineCount
  }

  /** Leaves the fingerprint of a hold's id in `into`. */
  fingerprint(hold: number, into: Uint32Array): void {
    this.#holds.fingerprint(hold, into)
  }

  /** Adds what every operation has; returns its number. */
  #begin(
    call: { readonly process: number; readonly invokedUs: number; readonly returnedUs: number },
    answer: number,
    holdId: HoldId | undefined,
  ): number {
    const at = this.count
    if (at === this.answer.length) this.#growOperations()
    this.count++
    const { invokedUs, returnedUs } = call
    this.answer[at] = answer
    this.process.set(at, call.process)
    this.invokedUs[at] = invokedUs + AFTER_RETURNS_US
    this.returnedUs[at] = returnedUs > invokedUs ? returnedUs : invokedUs + INSTANT_US
    if (invokedUs < this.firstInvokedUs) this.firstInvokedUs = invokedUs
    this.hold[at] = holdId === undefined ? -1 : this.#holds.numberOf(holdId)
    return at
  }

  #addHold(at: number, operation: HoldOperation): void {
    this.ttlMs.set(at, operation.ttlMs)
    const versions = operation.result === 'ok' ? operation.versions : undefined
    let line = 0
    for (const [resourceId, quantity] of operation.lines) {
      this.#addLine(this.#resources.numberOf(resourceId), quantity, versions?.[line] ?? Number.NaN)
      this.unitsTotal += quantity
      line++
    }
    if (operation.result === 'ok') {
      this.deadlineMs[at] = operation.deadlineMs
      this.attempts.set(at, operation.attempts)
      this.heldCount++
    } else if (operation.result === 'fail' && operation.why === 'sold-out') {
      this.attempts.set(at, operation.attempts)
      this.detail[at] = this.#resources.numberOf(operation.resourceId)
    } else if (operation.result === 'fail' && operation.why === 'contended') {
      this.attempts.set(at, operation.attempts)
      this.detail[at] = this.#texts.numberOf(operation.reason)
    }
  }

  #addLine(resource: number, units: number, version: number): void {
    const at = this.lineCount
    if (at === this.lineResource.length) this.#growLines()
    this.lineCount++
    this.lineResource[at] = resource
    this.lineUnits[at] = units
    this.lineVersion[at] = version
  }

  /** `transfer` moves a column to its new size and leaves no copy behind. */
  #growOperations(): void {
    const size = this.answer.length * 2
    this.answer = grownBytes(this.answer, size)
    this.process.grow(size)
    this.invokedUs = grownDoubles(this.invokedUs, size)
    this.returnedUs = grownDoubles(this.returnedUs, size)
    this.hold = grownInts(this.hold, size)
    this.ttlMs.grow(size)
    this.deadlineMs = grownDoubles(this.deadlineMs, size)
    this.attempts.grow(size)
    this.detail = grownInts(this.detail, size)
    this.#firstLine = grownInts(this.#firstLine, size + 1)
  }

  #growLines(): void {
    const size = this.lineResource.length * 2
    this.lineResource = grownInts(this.lineResource, size)
    this.lineUnits = grownDoubles(this.lineUnits, size)
    this.lineVersion = grownDoubles(this.lineVersion, size)
  }

  /** The lines of a hold, or the figures of a read, are those from here up to, not including, `lineEnd`. */
  lineStart(operation: number): number {
    return intAt(this.#firstLine, operation)
  }

  lineEnd(operation: number): number {
    return intAt(this.#firstLine, operation + 1)
  }

  /** How many units of `resource` the `operation` requested; 0 if it has no such line. */
  unitsAsked(operation: number, resource: number): number {
    const end = this.lineEnd(operation)
    for (let line = this.lineStart(operation); line < end; line++) {
      if (intAt(this.lineResource, line) === resource) return doubleAt(this.lineUnits, line)
    }
    return 0
  }

  /**
   * Whether two hold operations request the same units, in any order. No two lines of one hold name one
   * resource.
   */
  sameLines(a: number, b: number): boolean {
    if (a === b) return true
    const start = this.lineStart(a)
    const end = this.lineEnd(a)
    if (end - start !== this.lineEnd(b) - this.lineStart(b)) return false
    for (let line = start; line < end; line++) {
      if (this.unitsAsked(b, intAt(this.lineResource, line)) !== doubleAt(this.lineUnits, line)) return false
    }
    return true
  }

  /**
   * Whether two hold operations are the same request, including the order of their lines and their time to
   * live.
   */
  sameRequest(a: number, b: number): boolean {
    if (this.ttlMs.at(a) !== this.ttlMs.at(b) || !this.sameLines(a, b)) return false
    const shift = this.lineStart(b) - this.lineStart(a)
    const end = this.lineEnd(a)
    for (let line = this.lineStart(a); line < end; line++) {
      if (intAt(this.lineResource, line) !== intAt(this.lineResource, line + shift)) return false
    }
    return true
  }

  /** Whether a hold operation requests the lines of the hold at place `at` of the audit, in any order. */
  asksStoredLines(operation: number, at: number): boolean {
    const { stored } = this
    const start = stored.lineStart(at)
    const end = stored.lineEnd(at)
    if (this.lineEnd(operation) - this.lineStart(operation) !== end - start) return false
    for (let line = start; line < end; line++) {
      const asked = this.unitsAsked(operation, intAt(stored.lineResource, line))
      if (asked !== doubleAt(stored.lineUnits, line)) return false
    }
    return true
  }

  /** Whether the rules apply to this resource. */
  isJudged(resource: number): boolean {
    return this.judgedResources === undefined || byteAt(this.judgedResources, resource) === 1
  }

  /** [resource, units] of each line of a hold, or of each figure of a read. */
  linesOf(operation: number): LineRecord[] {
    const lines: LineRecord[] = []
    const end = this.lineEnd(operation)
    for (let line = this.lineStart(operation); line < end; line++) {
      lines.push([this.resourceId(intAt(this.lineResource, line)), doubleAt(this.lineUnits, line)])
    }
    return lines
  }

  /** [resource, units] of each line of the hold at this place of the audit. */
  storedLinesOf(at: number): LineRecord[] {
    const { stored } = this
    const lines: LineRecord[] = []
    for (let line = stored.lineStart(at); line < stored.lineEnd(at); line++) {
      lines.push([this.resourceId(intAt(stored.lineResource, line)), doubleAt(stored.lineUnits, line)])
    }
    return lines
  }
}

/** Whether the `detail` of such an answer is the number of a text. */
function hasText(answer: number): boolean {
  switch (answer) {
    case AnswerCode.contended:
    case AnswerCode.holdUnknown:
    case AnswerCode.confirmUnknown:
    case AnswerCode.releaseUnknown:
    case AnswerCode.readUnknown:
      return true
    default:
      return false
  }
}
