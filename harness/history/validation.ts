/** What a line of a history must be. Handwritten, because a million lines pass through it in a second or two. */
import type { ContendedReason } from '../../strategies/strategy.ts'
import type { HistoryRecord, StoredStatus } from './record.ts'

/** As the contract has it, for resources and for holds. */
const ID_LENGTH_MAX = 128

const REASONS: Readonly<Record<ContendedReason, true>> = {
  'lock-not-available': true,
  'version-changed': true,
  'serialization-failure': true,
  deadlock: true,
  'units-in-motion': true,
}

const STATUSES: Readonly<Record<StoredStatus, true>> = {
  held: true,
  confirmed: true,
  released: true,
  expired: true,
}

/** One line of a history is not what it must be. The message is one sentence and names the line. */
export class HistoryFormatError extends Error {
  override readonly name = 'HistoryFormatError'
  /** Counted from 1. */
  readonly line: number

  constructor(line: number, what: string) {
    super(`Line ${line} ${what}.`)
    this.line = line
  }
}

/** What is wrong with a record; turned into a `HistoryFormatError` where the line is known. */
class Wrong extends Error {}

type Fields = { readonly [name: string]: unknown }

/** Turns lines into records, in order. */
export class RecordReader {
  #line = 0
  #resources: ReadonlySet<string> | undefined
  #audits = 0

  /** The number of the line that comes next. */
  get nextLine(): number {
    return this.#line + 1
  }

  /** The record that this line holds. Throws `HistoryFormatError`. */
  record(text: string): HistoryRecord {
    this.#line++
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw new HistoryFormatError(this.#line, text.trim() === '' ? 'is empty' : 'is not JSON')
    }
    try {
      this.#check(value)
    } catch (error) {
      if (error instanceof Wrong) throw new HistoryFormatError(this.#line, error.message)
      throw error
    }
    return value as HistoryRecord
  }

  /** Says that no line follows. Throws if there was no header. */
  end(): void {
    if (this.#resources === undefined) throw new HistoryFormatError(1, 'has no header: the file is empty')
  }

  #check(value: unknown): void {
    if (!isFields(value)) throw new Wrong('is not an object')
    if (value.type === 'history') {
      if (this.#resources !== undefined) throw new Wrong('is a second header')
      this.#resources = checkHeader(value)
      return
    }
    const resources = this.#resources
    if (resources === undefined) throw new Wrong('has no header before it')
    if (this.#audits > 0) throw new Wrong('follows the audit, which must be the last record')
    if (value.type === 'operation') checkOperation(value, resources)
    else if (value.type === 'audit') {
      checkAudit(value, resources)
      this.#audits++
    } else throw new Wrong(`has no known type: it is ${shown(value.type)}`)
  }
}

function checkHeader(header: Fields): ReadonlySet<string> {
  if (header.format !== 1) throw new Wrong(`has format ${shown(header.format)}, and only format 1 is known`)
  text(header, 'strategy')
  text(header, 'workload')
  finite(header, 'seed')
  text(header, 'startedAt')
  const resources = new Set<string>()
  for (const resource of list(header, 'resources')) {
    if (!isFields(resource)) throw new Wrong('has a resource that is not an object')
    const id = resource.id
    if (!isId(id))
      throw new Wrong(
        `has a resource whose "id" is ${shown(id)}, not a name of 1 to ${ID_LENGTH_MAX} characters`,
      )
    if (resources.has(id)) throw new Wrong(`names the resource ${shown(id)} twice`)
    resources.add(id)
    whole(resource, 'capacity', 1)
  }
  const clock = header.clock
  if (!isFields(clock)) throw new Wrong(`has a "clock" that is ${shown(clock)}, not an object`)
  finite(clock, 'offsetMs')
  finite(clock, 'errorMs', 0)
  finite(header, 'freesLateMs', 0)
  const { refusals } = header
  if (refusals !== 'exact' && refusals !== 'spurious') {
    throw new Wrong(`has "refusals" ${shown(refusals)}, not "exact" or "spurious"`)
  }
  return resources
}

function checkOperation(operation: Fields, resources: ReadonlySet<string>): void {
  whole(operation, 'process', 0)
  const { invokedUs, returnedUs } = operation
  if (!Number.isSafeInteger(invokedUs)) whole(operation, 'invokedUs')
  if (!Number.isSafeInteger(returnedUs)) whole(operation, 'returnedUs')
  if (Number(returnedUs) < Number(invokedUs)) {
    throw new Wrong(`returns at ${shown(returnedUs)}, before it is invoked at ${shown(invokedUs)}`)
  }
  switch (operation.op) {
    case 'hold':
      checkHold(operation, resources)
      break
    case 'confirm':
      id(operation, 'holdId')
      if (checkResult(operation) === 'fail' && operation.why !== 'gone') unknownWhy(operation)
      break
    case 'release':
      id(operation, 'holdId')
      if (
        checkResult(operation) === 'fail' &&
        operation.why !== 'gone' &&
        operation.why !== 'already-confirmed'
      ) {
        unknownWhy(operation)
      }
      break
    case 'availability':
      checkRead(operation, resources)
      break
    default:
      throw new Wrong(`has no known operation: "op" is ${shown(operation.op)}`)
  }
}

function checkHold(hold: Fields, resources: ReadonlySet<string>): void {
  id(hold, 'holdId')
  const lineCount = checkLines(hold, resources)
  if (lineCount === 0) throw new Wrong('asks for nothing: "lines" is empty')
  finite(hold, 'ttlMs', 0)
  const result = checkResult(hold)
  if (result === 'ok') {
    finite(hold, 'deadlineMs')
    whole(hold, 'attempts', 1)
    const { versions } = hold
    if (versions === undefined) return
    if (!Array.isArray(versions) || versions.length !== lineCount || !versions.every(Number.isSafeInteger)) {
      throw new Wrong(`has "versions" ${shown(versions)}, not one whole number for each line`)
    }
  } else if (result === 'fail') {
    switch (hold.why) {
      case 'sold-out':
        whole(hold, 'attempts', 1)
        knownResource(hold.resourceId, resources)
        break
      case 'contended': {
        whole(hold, 'attempts', 1)
        const { reason } = hold
        if (typeof reason !== 'string' || !Object.hasOwn(REASONS, reason)) {
          throw new Wrong(`has no known reason for being contended: it is ${shown(reason)}`)
        }
        break
      }
      case 'id-reused':
        break
      default:
        unknownWhy(hold)
    }
  }
}

function checkRead(read: Fields, resources: ReadonlySet<string>): void {
  const result = checkResult(read)
  if (result === 'fail') throw new Wrong('is a read that failed: a read answers or is unknown')
  if (result !== 'ok') return
  for (const figure of list(read, 'available')) {
    if (!Array.isArray(figure) || figure.length !== 2 || !Number.isSafeInteger(figure[1])) {
      throw new Wrong(`has a figure ${shown(figure)}, not a resource and a whole number of units`)
    }
    knownResource(figure[0], resources)
  }
}

function checkResult(operation: Fields): 'ok' | 'fail' | 'info' {
  const { result } = operation
  if (result === 'info') text(operation, 'error')
  else if (result !== 'ok' && result !== 'fail') {
    throw new Wrong(`has no known result: it is ${shown(result)}, not "ok", "fail" or "info"`)
  }
  return result
}

function checkAudit(audit: Fields, resources: ReadonlySet<string>): void {
  whole(audit, 'takenUs')
  for (const resource of list(audit, 'resources')) {
    if (!isFields(resource)) throw new Wrong('has a resource that is not an object')
    knownResource(resource.id, resources)
    whole(resource, 'taken')
  }
  for (const hold of list(audit, 'holds')) {
    if (!isFields(hold)) throw new Wrong('has a stored hold that is not an object')
    id(hold, 'id')
    const { status } = hold
    if (typeof status !== 'string' || !Object.hasOwn(STATUSES, status)) {
      throw new Wrong(`has a stored hold of no known status: it is ${shown(status)}`)
    }
    checkLines(hold, resources)
    finite(hold, 'deadlineMs')
  }
  if (!list(audit, 'complaints').every((complaint) => typeof complaint === 'string')) {
    throw new Wrong('has a complaint that is not text')
  }
  for (const probe of list(audit, 'probes')) {
    if (!isFields(probe)) throw new Wrong('has a probe that is not an object')
    knownResource(probe.resourceId, resources)
    whole(probe, 'unitsExpected')
    whole(probe, 'unitsHeld', 0)
    if (typeof probe.oneMoreRefused !== 'boolean') {
      throw new Wrong(`has "oneMoreRefused" ${shown(probe.oneMoreRefused)}, not true or false`)
    }
  }
}

/** How many lines there are. */
function checkLines(hold: Fields, resources: ReadonlySet<string>): number {
  const lines = list(hold, 'lines')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]
    if (!Array.isArray(line) || line.length !== 2 || !Number.isSafeInteger(line[1]) || line[1] < 1) {
      throw new Wrong(`has a line ${shown(line)}, not a resource and a whole number of units, at least 1`)
    }
    knownResource(line[0], resources)
    for (let before = 0; before < at; before++) {
      const other: unknown = lines[before]
      if (Array.isArray(other) && other[0] === line[0]) throw new Wrong(`has two lines of ${shown(line[0])}`)
    }
  }
  return lines.length
}

function unknownWhy(operation: Fields): never {
  throw new Wrong(
    `is a ${shown(operation.op)} that failed for no known cause: "why" is ${shown(operation.why)}`,
  )
}

function knownResource(id: unknown, resources: ReadonlySet<string>): void {
  if (typeof id !== 'string' || !resources.has(id)) {
    throw new Wrong(`names the resource ${shown(id)}, which is not in the header`)
  }
}

function id(fields: Fields, name: string): void {
  if (!isId(fields[name])) {
    throw new Wrong(`has "${name}" ${shown(fields[name])}, not a name of 1 to ${ID_LENGTH_MAX} characters`)
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= ID_LENGTH_MAX
}

function text(fields: Fields, name: string): void {
  if (typeof fields[name] !== 'string') throw new Wrong(`has "${name}" ${shown(fields[name])}, not text`)
}

function finite(fields: Fields, name: string, least = Number.NEGATIVE_INFINITY): void {
  const value = fields[name]
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return
  throw new Wrong(`has "${name}" ${shown(value)}, not a number${atLeast(least)}`)
}

function whole(fields: Fields, name: string, least = Number.NEGATIVE_INFINITY): void {
  const value = fields[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return
  throw new Wrong(`has "${name}" ${shown(value)}, not a whole number${atLeast(least)}`)
}

function atLeast(least: number): string {
  return least === Number.NEGATIVE_INFINITY ? '' : ` of at least ${least}`
}

function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name]
  if (!Array.isArray(value)) throw new Wrong(`has "${name}" ${shown(value)}, not a list`)
  return value
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as an error shows it, cut short. */
function shown(value: unknown): string {
  const SHOWN_LENGTH_MAX = 60
  const text = value === undefined ? 'missing' : JSON.stringify(value)
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text
}
