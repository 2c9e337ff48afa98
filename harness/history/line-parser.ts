/**
 * Reads an operation from the bytes of its line, without making an object of it: JSON as the recorder writes
 * it, with the fields in any order. Whatever else a line is, a general reader has to say; this one only knows
 * what it can take.
 */
import { AnswerCode } from './answer-code.ts'
import { ID_LENGTH_MAX } from './fields.ts'
import { Field, fieldAt, WORDS, wordAt } from './line-words.ts'
import type { Names } from './names.ts'
import type { OperationRow } from './operation-row.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** More digits are no exact number; so many may be one. */
const DIGITS_MAX = 16
/** Powers of ten that are exact. */
const POWERS = Array.from({ length: DIGITS_MAX + 1 }, (_, power) => 10 ** power)

/** Each is compared with each. */
const LINES_COMPARED_MAX = 16

/** What a line of each answer has: exactly these fields, as bits. */
const CALL = Field.type | Field.op | Field.process | Field.invokedUs | Field.returnedUs | Field.result
const ASKED = CALL | Field.holdId | Field.lines | Field.ttlMs
const SHAPES = new Map<number, number>([
  [ASKED | Field.deadlineMs | Field.attempts, AnswerCode.held],
  [ASKED | Field.deadlineMs | Field.attempts | Field.versions, AnswerCode.held],
  [ASKED | Field.why | Field.resourceId | Field.attempts, AnswerCode.soldOut],
])

export class LineParser {
  readonly #resources: Names
  readonly #row: OperationRow
  #bytes: Uint8Array = new Uint8Array()
  #at = 0
  /** False once something was found that this reader does not know. */
  #isKnown: boolean = true
  #op: number = -1
  #result: number = -1
  #why: number = -1
  /** Where the id of the hold is. */
  idFrom = 0
  idTo = 0

  /** `resources`: the ids in the header, in its order. `row`: receives the operation. */
  constructor(resources: Names, row: OperationRow) {
    this.#resources = resources
    this.#row = row
  }

  /**
   * Whether the line from index `from` up to, not including, `to` is an operation that this reader knows:
   * then `row` has it, but for the hold, whose id is from `idFrom` up to `idTo`. The bytes must be UTF-8.
   */
  parse(bytes: Uint8Array, from: number, to: number): boolean {
    this.#bytes = bytes
    this.#at = from
    this.#isKnown = true
    this.#row.lineCount = 0
    this.#row.isVersioned = false
    let seen = 0
    if (bytes[this.#at++] !== OPEN_OBJECT) return false
    for (;;) {
      const field = this.#key()
      if (field === 0 || (seen & field) !== 0) return false
      seen |= field
      this.#value(field)
      if (!this.#isKnown) return false
      const next = bytes[this.#at++]
      if (next === COMMA) continue
      if (next !== CLOSE_OBJECT || this.#at !== to) return false
      return this.#answers(seen)
    }
  }

  /** The field that comes next, as its bit; 0 for one that is not known. */
  #key(): number {
    if (this.#bytes[this.#at] !== QUOTE) return 0
    const field = fieldAt(this.#bytes, this.#at + 1)
    if (field === undefined) return 0
    this.#at += field.length + 3
    return field.bit
  }

  #value(field: number): void {
    const row = this.#row
    switch (field) {
      case Field.type:
        if (this.#word() !== WORDS.operation) this.#isKnown = false
        break
      case Field.op:
        this.#op = this.#word()
        break
      case Field.result:
        this.#result = this.#word()
        break
      case Field.why:
        this.#why = this.#word()
        break
      case Field.process:
        row.process = this.#whole(0)
        break
      case Field.invokedUs:
        row.invokedUs = this.#whole()
        break
      case Field.returnedUs:
        row.returnedUs = this.#whole()
        break
      case Field.holdId:
        this.#id()
        break
      case Field.ttlMs:
        row.ttlMs = this.#number()
        if (row.ttlMs < 0) this.#isKnown = false
        break
      case Field.deadlineMs:
        row.deadlineMs = this.#number()
        break
      case Field.attempts:
        row.attempts = this.#whole(1)
        break
      case Field.resourceId:
        row.resource = this.#resource()
        break
      case Field.lines:
        this.#lines(1)
        break
      case Field.available:
        this.#lines(Number.MIN_SAFE_INTEGER)
        break
      case Field.versions:
        this.#versions()
        break
      default:
        this.#isKnown = false
    }
  }

  /** Whether the fields that were seen are those of an answer; sets it. */
  #answers(seen: number): boolean {
    const row = this.#row
    if (row.returnedUs < row.invokedUs) return false
    row.hold = -1
    switch (this.#op) {
      case WORDS.hold:
        return this.#answersHold(seen)
      case WORDS.confirm:
        if (this.#result === WORDS.ok && seen === (CALL | Field.holdId)) row.answer = AnswerCode.confirmed
        else if (this.#isFailure(seen) && this.#why === WORDS.gone) row.answer = AnswerCode.confirmGone
        else return false
        return true
      case WORDS.release:
        if (this.#result === WORDS.ok && seen === (CALL | Field.holdId)) row.answer = AnswerCode.released
        else if (!this.#isFailure(seen)) return false
        else if (this.#why === WORDS.gone) row.answer = AnswerCode.releaseGone
        else if (this.#why === WORDS.alreadyConfirmed) row.answer = AnswerCode.alreadyConfirmed
        else return false
        return true
      case WORDS.availability:
        row.answer = AnswerCode.read
        return this.#result === WORDS.ok && seen === (CALL | Field.available)
      default:
        return false
    }
  }

  #answersHold(seen: number): boolean {
    const row = this.#row
    const answer = SHAPES.get(seen)
    if (answer === undefined || this.#hasResourceTwice()) return false
    row.answer = answer
    if (answer === AnswerCode.soldOut) return this.#result === WORDS.fail && this.#why === WORDS.soldOut
    return this.#result === WORDS.ok && (!row.isVersioned || this.#versionCount === row.lineCount)
  }

  /** Of more lines than a few, the general reader compares the resources. */
  #hasResourceTwice(): boolean {
    const { lineCount, lineResource } = this.#row
    if (lineCount > LINES_COMPARED_MAX) return true
    for (let line = 1; line < lineCount; line++) {
      for (let before = 0; before < line; before++) {
        if (lineResource[before] === lineResource[line]) return true
      }
    }
    return false
  }

  #isFailure(seen: number): boolean {
    return this.#result === WORDS.fail && seen === (CALL | Field.holdId | Field.why)
  }

  #word(): number {
    if (this.#bytes[this.#at] !== QUOTE) return this.#unknown()
    const word = wordAt(this.#bytes, this.#at + 1)
    if (word === undefined) return this.#unknown()
    this.#at += word.length + 2
    return word.number
  }

  #id(): void {
    this.idFrom = this.#at + 1
    this.#text()
    this.idTo = this.#at - 1
    const length = this.idTo - this.idFrom
    // No character has fewer bytes than UTF-16 code units.
    if (length === 0 || length > ID_LENGTH_MAX) this.#isKnown = false
  }

  #resource(): number {
    const from = this.#at + 1
    this.#text()
    if (!this.#isKnown) return -1
    const place = this.#resources.find(this.#bytes, from, this.#at - 1)
    return place === -1 ? this.#unknown() : place
  }

  /** Moves behind a text without escapes. */
  #text(): void {
    const bytes = this.#bytes
    if (bytes[this.#at] !== QUOTE) {
      this.#isKnown = false
      return
    }
    for (let at = this.#at + 1; ; at++) {
      const byte = bytes[at]
      if (byte === QUOTE) {
        this.#at = at + 1
        return
      }
      if (byte === undefined || byte === BACKSLASH || byte < 0x20) {
        this.#isKnown = false
        return
      }
    }
  }

  #lines(least: number): void {
    const row = this.#row
    const bytes = this.#bytes
    if (bytes[this.#at++] !== OPEN_LIST) this.#isKnown = false
    while (this.#isKnown) {
      if (bytes[this.#at++] !== OPEN_LIST) this.#isKnown = false
      row.ensureLine()
      row.lineResource[row.lineCount] = this.#resource()
      if (bytes[this.#at++] !== COMMA) this.#isKnown = false
      row.lineUnits[row.lineCount] = this.#whole(least)
      row.lineCount++
      if (bytes[this.#at++] !== CLOSE_LIST) this.#isKnown = false
      const next = bytes[this.#at++]
      if (next === CLOSE_LIST) return
      if (next !== COMMA) this.#isKnown = false
    }
  }

  #versionCount: number = 0

  #versions(): void {
    const row = this.#row
    row.isVersioned = true
    this.#versionCount = 0
    if (this.#bytes[this.#at++] !== OPEN_LIST) this.#isKnown = false
    while (this.#isKnown) {
      if (this.#versionCount === row.lineVersion.length) this.#isKnown = false
      row.lineVersion[this.#versionCount++] = this.#whole()
      const next = this.#bytes[this.#at++]
      if (next === CLOSE_LIST) return
      if (next !== COMMA) this.#isKnown = false
    }
  }

  #whole(least = Number.MIN_SAFE_INTEGER): number {
    const value = this.#number()
    return value >= least && Number.isSafeInteger(value) ? value : this.#unknown()
  }

  /** A number that is exact, or the quotient of two that are: as `JSON.parse` reads it. */
  #number(): number {
    const bytes = this.#bytes
    const isNegative = bytes[this.#at] === MINUS
    let at = isNegative ? this.#at + 1 : this.#at
    const from = at
    let value = 0
    let byte = bytes[at] ?? 0
    // A number does not begin with a zero, except 0 itself.
    if (byte === ZERO && isDigit(bytes[at + 1])) return this.#unknown()
    for (; isDigit(byte); byte = bytes[++at] ?? 0) value = value * 10 + (byte - ZERO)
    let digits = at - from
    if (digits === 0) return this.#unknown()
    if (byte === POINT) {
      const point = at
      byte = bytes[++at] ?? 0
      for (; isDigit(byte); byte = bytes[++at] ?? 0) value = value * 10 + (byte - ZERO)
      const decimals = at - point - 1
      digits += decimals
      if (decimals === 0 || !isExact(value, digits)) return this.#slowNumber(from, at, isNegative)
      value /= POWERS[decimals] ?? Number.NaN
    } else if (!isExact(value, digits)) return this.#slowNumber(from, at, isNegative)
    // Exponents, and -0, are for the general reader.
    if (byte === 0x65 || byte === 0x45 || (isNegative && value === 0)) return this.#unknown()
    this.#at = at
    return isNegative ? -value : value
  }

  /** The digits from index `from` up to `to`, of which there are too many. */
  #slowNumber(from: number, to: number, isNegative: boolean): number {
    const next = this.#bytes[to]
    if (this.#bytes[to - 1] === POINT || next === 0x65 || next === 0x45) return this.#unknown()
    this.#at = to
    let text = ''
    for (let at = from; at < to; at++) text += String.fromCharCode(this.#bytes[at] ?? 0)
    const value = Number(text)
    if (!Number.isFinite(value) || value === 0) return this.#unknown()
    return isNegative ? -value : value
  }

  #unknown(): number {
    this.#isKnown = false
    return -1
  }
}

/** Whether a number of so many digits was added up without rounding. */
function isExact(value: number, digits: number): boolean {
  return digits <= DIGITS_MAX && value <= Number.MAX_SAFE_INTEGER
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39
}
