/**
 * A history kept in columns of numbers: about 80 bytes an operation, where an object would take five times as
 * much. Operations, holds and resources are identified by numbers that count from 0 in the order in which
 * they were added.
 */
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import type {
  AuditRecord,
  ClockRecord,
  ConfirmOperation,
  HistoryHeader,
  HoldOperation,
  LineRecord,
  Operation,
  ReleaseOperation,
} from '../history/record.ts'
import { AnswerCode } from './answer-code.ts'
import { doubleAt, intAt } from './at.ts'
import { NAMES_MAX, Numbering } from './numbering.ts'
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
  audit: Omit<AuditRecord, 'holds'> | undefined
  /** Violations found at rest, and when, if the store itself was not read. */
  unread: Pick<AuditRecord, 'takenUs' | 'complaints'> | undefined
  /** Empty without an audit. */
  stored: StoredHolds
  /** Readings of the engine's clock, in order. */
  readonly clockReadings: ClockRecord[] = []
  /** Why this history cannot be judged, one sentence each. */
  readonly flaws: string[] = []

  readonly #resources: Numbering
  readonly #holds: Numbering
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

  /** One of `AnswerCode`. */
  answer = new Uint8Array(INITIAL_OPERATIONS)
  /** The caller. */
  process = new Float64Array(INITIAL_OPERATIONS)
  /** Later than what was recorded, by less than a microsecond. */
  invokedUs = new Float64Array(INITIAL_OPERATIONS)
  /** Always later than `invokedUs`. */
  returnedUs = new Float64Array(INITIAL_OPERATIONS)
  /** The hold number; -1 for a read. */
  hold = new Int32Array(INITIAL_OPERATIONS)
  ttlMs = new Float64Array(INITIAL_OPERATIONS)
  /** By the engine's clock, milliseconds since the epoch; 0 if the answer names none. */
  deadlineMs = new Float64Array(INITIAL_OPERATIONS)
  attempts = new Float64Array(INITIAL_OPERATIONS)
  /** Sold out: the resource number. Contended and unknown: the number of the text of the reason or error. */
  detail = new Int32Array(INITIAL_OPERATIONS)
  #firstLine = new Int32Array(INITIAL_OPERATIONS + 1)

  /** Resource numbers, by line. */
  lineResource = new Int32Array(INITIAL_OPERATIONS)
  /** The quantity of a hold's line, or the units that a read reported. */
  lineUnits = new Float64Array(INITIAL_OPERATIONS)
  /** NaN if the engine gave none. */
  lineVersion = new Float64Array(INITIAL_OPERATIONS)

  /** `namesMax`: how many holds, and how many resources, can be told apart. */
  constructor(namesMax: number = NAMES_MAX) {
    this.#resources = new Numbering(namesMax)
    this.#holds = new Numbering(namesMax)
    this.#texts = new Numbering(namesMax)
    this.stored = new StoredHolds([], this.#holds, this.#resources)
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

  addHeader(header: HistoryHeader): void {
    if (this.header !== undefined) this.flaws.push('The history has two headers.')
    this.header = header
    for (const { id } of header.resources) this.#resources.numberOf(id)
  }

  addAudit(audit: AuditRecord): void {
    if ((this.audit ?? this.unread) !== undefined) this.flaws.push('The history has two audits.')
    if (audit.isStoreRead === false) {
      this.unread = audit
      return
    }
    const { holds, ...rest } = audit
    this.audit = rest
    this.stored = new StoredHolds(holds, this.#holds, this.#resources)
    for (const units of this.stored.lineUnits) this.unitsTotal += units
    for (const { id } of audit.resources) this.#resources.numberOf(id)
    for (const { resourceId } of audit.probes) this.#resources.numberOf(resourceId)
  }

  addOperation(operation: Operation): void {
    const at = this.count
    if (at === this.answer.length) this.#growOperations()
    this.count++
    this.process[at] = operation.process
    this.invokedUs[at] = operation.invokedUs + AFTER_RETURNS_US
    this.returnedUs[at] =
      operation.returnedUs > operation.invokedUs ? operation.returnedUs : operation.invokedUs + INSTANT_US
    if (operation.invokedUs < this.firstInvokedUs) this.firstInvokedUs = operation.invokedUs
    this.hold[at] = operation.op === 'availability' ? -1 : this.#holds.numberOf(operation.holdId)
    if (operation.result === 'info') {
      this.unknownCount++
      this.detail[at] = this.#texts.numberOf(operation.error)
    }
    switch (operation.op) {
      case 'hold':
        this.#addHold(at, operation)
        break
      case 'confirm':
        this.answer[at] = confirmCode(operation)
        break
      case 'release':
        this.answer[at] = releaseCode(operation)
        break
      case 'availability':
        this.answer[at] = operation.result === 'ok' ? AnswerCode.read : AnswerCode.readUnknown
        if (operation.result === 'ok') {
          for (const [resourceId, units] of operation.available) this.#addLine(resourceId, units, Number.NaN)
        }
        break
      default:
        throw new Error(`no such operation: ${JSON.stringify(operation satisfies never)}`)
    }
    this.#firstLine[at + 1] = this.lineCount
  }

  #addHold(at: number, operation: HoldOperation): void {
    this.ttlMs[at] = operation.ttlMs
    const versions = operation.result === 'ok' ? operation.versions : undefined
    let line = 0
    for (const [resourceId, quantity] of operation.lines) {
      this.#addLine(resourceId, quantity, versions?.[line] ?? Number.NaN)
      this.unitsTotal += quantity
      line++
    }
    if (operation.result === 'ok') {
      this.answer[at] = AnswerCode.held
      this.deadlineMs[at] = operation.deadlineMs
      this.attempts[at] = operation.attempts
      this.heldCount++
    } else if (operation.result === 'info') {
      this.answer[at] = AnswerCode.holdUnknown
    } else if (operation.why === 'sold-out') {
      this.answer[at] = AnswerCode.soldOut
      this.attempts[at] = operation.attempts
      this.detail[at] = this.#resources.numberOf(operation.resourceId)
    } else if (operation.why === 'contended') {
      this.answer[at] = AnswerCode.contended
      this.attempts[at] = operation.attempts
      this.detail[at] = this.#texts.numberOf(operation.reason)
    } else {
      this.answer[at] = AnswerCode.idReused
    }
  }

  #addLine(resourceId: ResourceId, units: number, version: number): void {
    const at = this.lineCount
    if (at === this.lineResource.length) this.#growLines()
    this.lineCount++
    this.lineResource[at] = this.#resources.numberOf(resourceId)
    this.lineUnits[at] = units
    this.lineVersion[at] = version
  }

  /** `transfer` moves a column to its new size and leaves no copy behind. */
  #growOperations(): void {
    const size = this.answer.length * 2
    this.answer = new Uint8Array(this.answer.buffer.transfer(size))
    this.process = new Float64Array(this.process.buffer.transfer(size * 8))
    this.invokedUs = new Float64Array(this.invokedUs.buffer.transfer(size * 8))
    this.returnedUs = new Float64Array(this.returnedUs.buffer.transfer(size * 8))
    this.hold = new Int32Array(this.hold.buffer.transfer(size * 4))
    this.ttlMs = new Float64Array(this.ttlMs.buffer.transfer(size * 8))
    this.deadlineMs = new Float64Array(this.deadlineMs.buffer.transfer(size * 8))
    this.attempts = new Float64Array(this.attempts.buffer.transfer(size * 8))
    this.detail = new Int32Array(this.detail.buffer.transfer(size * 4))
    this.#firstLine = new Int32Array(this.#firstLine.buffer.transfer((size + 1) * 4))
  }

  #growLines(): void {
    const size = this.lineResource.length * 2
    this.lineResource = new Int32Array(this.lineResource.buffer.transfer(size * 4))
    this.lineUnits = new Float64Array(this.lineUnits.buffer.transfer(size * 8))
    this.lineVersion = new Float64Array(this.lineVersion.buffer.transfer(size * 8))
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
    if (doubleAt(this.ttlMs, a) !== doubleAt(this.ttlMs, b) || !this.sameLines(a, b)) return false
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

function confirmCode({ result }: ConfirmOperation): number {
  if (result === 'ok') return AnswerCode.confirmed
  return result === 'fail' ? AnswerCode.confirmGone : AnswerCode.confirmUnknown
}

function releaseCode(operation: ReleaseOperation): number {
  if (operation.result === 'ok') return AnswerCode.released
  if (operation.result === 'info') return AnswerCode.releaseUnknown
  return operation.why === 'gone' ? AnswerCode.releaseGone : AnswerCode.alreadyConfirmed
}
