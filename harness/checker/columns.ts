/**
 * A history kept in columns of numbers: about 80 bytes an operation, where an object would take five times as much.
 * Any operation can be rebuilt from its columns, to stand as evidence.
 */
import type { ContendedReason, HoldId, ResourceId } from '../../strategies/strategy.ts'
import type { AuditRecord, HistoryHeader, LineRecord, Operation, StoredStatus } from '../history/record.ts'

/** What was asked and what was answered, in one number. */
export const Answer = {
  held: 0,
  soldOut: 1,
  contended: 2,
  idReused: 3,
  holdUnknown: 4,
  confirmed: 5,
  confirmGone: 6,
  confirmUnknown: 7,
  released: 8,
  alreadyConfirmed: 9,
  releaseGone: 10,
  releaseUnknown: 11,
  read: 12,
  readUnknown: 13,
} as const

/**
 * Added to the return of an operation that took no time. Two operations cannot both be instantaneous at the same
 * microsecond and in a known order; widening one makes them concurrent, and widening never invents a violation.
 */
const INSTANT_US = 0.5

const OPERATIONS_FIRST = 64

/** The audit's holds, in columns. The lines of stored hold k are those from `firstLine[k]` to `firstLine[k + 1]`. */
export interface StoredHolds {
  readonly count: number
  readonly hold: Int32Array
  readonly status: readonly StoredStatus[]
  readonly deadlineMs: Float64Array
  readonly firstLine: Int32Array
  readonly lineResource: Int32Array
  readonly lineUnits: Float64Array
}

const NOTHING_STORED: StoredHolds = {
  count: 0,
  hold: new Int32Array(0),
  status: [],
  deadlineMs: new Float64Array(0),
  firstLine: new Int32Array(1),
  lineResource: new Int32Array(0),
  lineUnits: new Float64Array(0),
}

/** Texts by number and numbers by text. */
class Names {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []

  get count(): number {
    return this.#texts.length
  }

  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#texts.length
    this.#numbers.set(text, number)
    this.#texts.push(text)
    return number
  }

  text(number: number): string {
    return this.#texts[number] ?? ''
  }
}

export class HistoryColumns {
  header: HistoryHeader | undefined
  audit: Omit<AuditRecord, 'holds'> | undefined
  stored: StoredHolds = NOTHING_STORED
  /** What keeps this history from being judged, one sentence each. */
  readonly flaws: string[] = []

  readonly #resources = new Names()
  readonly #holds = new Names()
  readonly #texts = new Names()

  count = 0
  lineCount = 0
  unknownCount = 0
  heldCount = 0
  firstInvokedUs = Number.POSITIVE_INFINITY

  answer = new Uint8Array(OPERATIONS_FIRST)
  process = new Float64Array(OPERATIONS_FIRST)
  invokedUs = new Float64Array(OPERATIONS_FIRST)
  returnedUs = new Float64Array(OPERATIONS_FIRST)
  /** Which hold; -1 for a read. */
  hold = new Int32Array(OPERATIONS_FIRST)
  ttlMs = new Float64Array(OPERATIONS_FIRST)
  deadlineMs = new Float64Array(OPERATIONS_FIRST)
  attempts = new Float64Array(OPERATIONS_FIRST)
  /** Sold out: the resource. Contended: the reason. Unknown: the error. */
  detail = new Int32Array(OPERATIONS_FIRST)
  /** The lines of a hold, or the figures of a read, are those from here to the next operation's. */
  firstLine = new Int32Array(OPERATIONS_FIRST + 1)

  lineResource = new Int32Array(OPERATIONS_FIRST)
  /** Quantity of a hold's line, units of a read's figure. */
  lineUnits = new Float64Array(OPERATIONS_FIRST)
  /** NaN where the engine gave none. */
  lineVersion = new Float64Array(OPERATIONS_FIRST)

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

  resourceNumber(id: ResourceId): number {
    return this.#resources.numberOf(id)
  }

  holdNumber(id: HoldId): number {
    return this.#holds.numberOf(id)
  }

  /** Capacity by resource number; infinite, so that nothing is claimed, where the header does not name it. */
  capacities(): Float64Array {
    const capacities = new Float64Array(this.#resources.count).fill(Number.POSITIVE_INFINITY)
    for (const { id, capacity } of this.header?.resources ?? [])
      capacities[this.resourceNumber(id)] = capacity
    return capacities
  }

  addHeader(header: HistoryHeader): void {
    if (this.header !== undefined) this.flaws.push('The history has two headers.')
    this.header = header
    for (const { id } of header.resources) this.#resources.numberOf(id)
  }

  addAudit(audit: AuditRecord): void {
    if (this.audit !== undefined) this.flaws.push('The history has two audits.')
    const { holds, ...rest } = audit
    this.audit = rest
    let lineCount = 0
    for (const { lines } of holds) lineCount += lines.length
    const stored = {
      count: holds.length,
      hold: new Int32Array(holds.length),
      status: holds.map(({ status }) => status),
      deadlineMs: new Float64Array(holds.length),
      firstLine: new Int32Array(holds.length + 1),
      lineResource: new Int32Array(lineCount),
      lineUnits: new Float64Array(lineCount),
    }
    let line = 0
    holds.forEach(({ id, lines, deadlineMs }, at) => {
      stored.hold[at] = this.#holds.numberOf(id)
      stored.deadlineMs[at] = deadlineMs
      for (const [resourceId, quantity] of lines) {
        stored.lineResource[line] = this.#resources.numberOf(resourceId)
        stored.lineUnits[line] = quantity
        line++
      }
      stored.firstLine[at + 1] = line
    })
    this.stored = stored
    for (const { id } of audit.resources) this.#resources.numberOf(id)
    for (const { resourceId } of audit.probes) this.#resources.numberOf(resourceId)
  }

  addOperation(operation: Operation): void {
    const at = this.count
    if (at === this.answer.length) this.#growOperations()
    this.count++
    this.process[at] = operation.process
    this.invokedUs[at] = operation.invokedUs
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
        this.answer[at] =
          operation.result === 'ok'
            ? Answer.confirmed
            : operation.result === 'fail'
              ? Answer.confirmGone
              : Answer.confirmUnknown
        break
      case 'release':
        this.answer[at] =
          operation.result === 'ok'
            ? Answer.released
            : operation.result === 'info'
              ? Answer.releaseUnknown
              : operation.why === 'gone'
                ? Answer.releaseGone
                : Answer.alreadyConfirmed
        break
      case 'availability':
        this.answer[at] = operation.result === 'ok' ? Answer.read : Answer.readUnknown
        if (operation.result === 'ok') {
          for (const [resourceId, units] of operation.available) this.#addLine(resourceId, units, Number.NaN)
        }
        break
      default:
        throw new Error(`no such operation: ${JSON.stringify(operation satisfies never)}`)
    }
    this.firstLine[at + 1] = this.lineCount
  }

  #addHold(at: number, operation: Extract<Operation, { op: 'hold' }>): void {
    this.ttlMs[at] = operation.ttlMs
    const versions = operation.result === 'ok' ? operation.versions : undefined
    let line = 0
    for (const [resourceId, quantity] of operation.lines) {
      this.#addLine(resourceId, quantity, versions?.[line] ?? Number.NaN)
      line++
    }
    if (operation.result === 'ok') {
      this.answer[at] = Answer.held
      this.deadlineMs[at] = operation.deadlineMs
      this.attempts[at] = operation.attempts
      this.heldCount++
    } else if (operation.result === 'info') {
      this.answer[at] = Answer.holdUnknown
    } else if (operation.why === 'sold-out') {
      this.answer[at] = Answer.soldOut
      this.attempts[at] = operation.attempts
      this.detail[at] = this.#resources.numberOf(operation.resourceId)
    } else if (operation.why === 'contended') {
      this.answer[at] = Answer.contended
      this.attempts[at] = operation.attempts
      this.detail[at] = this.#texts.numberOf(operation.reason)
    } else {
      this.answer[at] = Answer.idReused
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
    this.firstLine = new Int32Array(this.firstLine.buffer.transfer((size + 1) * 4))
  }

  #growLines(): void {
    const size = this.lineResource.length * 2
    this.lineResource = new Int32Array(this.lineResource.buffer.transfer(size * 4))
    this.lineUnits = new Float64Array(this.lineUnits.buffer.transfer(size * 8))
    this.lineVersion = new Float64Array(this.lineVersion.buffer.transfer(size * 8))
  }

  /** How many units operation `at` asked of `resource`; 0 where it has no such line. */
  unitsAsked(at: number, resource: number): number {
    const end = this.firstLine[at + 1] ?? 0
    for (let line = this.firstLine[at] ?? 0; line < end; line++) {
      if (this.lineResource[line] === resource) return this.lineUnits[line] ?? 0
    }
    return 0
  }

  /** Whether two hold operations ask for the same units, in whatever order. No two lines of one name one resource. */
  sameLines(a: number, b: number): boolean {
    if (a === b) return true
    const end = this.firstLine[a + 1] ?? 0
    if (end - (this.firstLine[a] ?? 0) !== (this.firstLine[b + 1] ?? 0) - (this.firstLine[b] ?? 0))
      return false
    for (let line = this.firstLine[a] ?? 0; line < end; line++) {
      if (this.unitsAsked(b, this.lineResource[line] ?? -1) !== this.lineUnits[line]) return false
    }
    return true
  }

  /** Whether two hold operations are one request, to the order of their lines and their time to live. */
  sameRequest(a: number, b: number): boolean {
    if (this.ttlMs[a] !== this.ttlMs[b] || !this.sameLines(a, b)) return false
    const shift = (this.firstLine[b] ?? 0) - (this.firstLine[a] ?? 0)
    const end = this.firstLine[a + 1] ?? 0
    for (let line = this.firstLine[a] ?? 0; line < end; line++) {
      if (this.lineResource[line] !== this.lineResource[line + shift]) return false
    }
    return true
  }

  linesOf(at: number): LineRecord[] {
    const lines: LineRecord[] = []
    const end = this.firstLine[at + 1] ?? 0
    for (let line = this.firstLine[at] ?? 0; line < end; line++) {
      lines.push([this.resourceId(this.lineResource[line] ?? 0), this.lineUnits[line] ?? 0])
    }
    return lines
  }

  /** The operation as it was added. */
  operation(at: number): Operation {
    const interval = {
      type: 'operation',
      process: this.process[at] ?? 0,
      invokedUs: this.invokedUs[at] ?? 0,
      returnedUs: Math.floor(this.returnedUs[at] ?? 0),
    } as const
    const holdId = this.holdId(this.hold[at] ?? 0)
    const attempts = this.attempts[at] ?? 0
    const detail = this.detail[at] ?? 0
    const asked = () =>
      ({ ...interval, op: 'hold', holdId, lines: this.linesOf(at), ttlMs: this.ttlMs[at] ?? 0 }) as const
    const unknown = () => ({ result: 'info', error: this.#texts.text(detail) }) as const
    switch (this.answer[at]) {
      case Answer.held: {
        const versions = [...this.lineVersion.subarray(this.firstLine[at], this.firstLine[at + 1])]
        const told = { ...asked(), result: 'ok', deadlineMs: this.deadlineMs[at] ?? 0 } as const
        return versions.some(Number.isNaN) ? { ...told, attempts } : { ...told, versions, attempts }
      }
      case Answer.soldOut:
        return { ...asked(), result: 'fail', why: 'sold-out', resourceId: this.resourceId(detail), attempts }
      case Answer.contended: {
        const reason = this.#texts.text(detail) as ContendedReason
        return { ...asked(), result: 'fail', why: 'contended', reason, attempts }
      }
      case Answer.idReused:
        return { ...asked(), result: 'fail', why: 'id-reused' }
      case Answer.holdUnknown:
        return { ...asked(), ...unknown() }
      case Answer.confirmed:
        return { ...interval, op: 'confirm', holdId, result: 'ok' }
      case Answer.confirmGone:
        return { ...interval, op: 'confirm', holdId, result: 'fail', why: 'gone' }
      case Answer.confirmUnknown:
        return { ...interval, op: 'confirm', holdId, ...unknown() }
      case Answer.released:
        return { ...interval, op: 'release', holdId, result: 'ok' }
      case Answer.alreadyConfirmed:
        return { ...interval, op: 'release', holdId, result: 'fail', why: 'already-confirmed' }
      case Answer.releaseGone:
        return { ...interval, op: 'release', holdId, result: 'fail', why: 'gone' }
      case Answer.releaseUnknown:
        return { ...interval, op: 'release', holdId, ...unknown() }
      case Answer.read:
        return { ...interval, op: 'availability', result: 'ok', available: this.linesOf(at) }
      default:
        return { ...interval, op: 'availability', ...unknown() }
    }
  }
}
