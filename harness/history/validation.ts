/** What a line of a history must be. Handwritten, because a million lines must pass through it in seconds. */
import {
  FieldError,
  type Fields,
  ID_LENGTH_MAX,
  isFields,
  isId,
  requireFinite,
  requireId,
  requireLines,
  requireList,
  requireResource,
  requireText,
  requireWhole,
  shown,
} from './fields.ts'
import type { HistoryRecord, StoredStatus } from './record.ts'
import { checkOperation } from './validate-operation.ts'

const STATUSES: Readonly<Record<StoredStatus, true>> = {
  held: true,
  confirmed: true,
  released: true,
  expired: true,
}

/** One line of a history is malformed. The message is one sentence and names the line. */
export class HistoryFormatError extends Error {
  override readonly name = 'HistoryFormatError'
  readonly code = 'history-format'
  /** Counted from 1. */
  readonly line: number

  constructor(line: number, what: string) {
    super(`Line ${line} ${what}.`)
    this.line = line
  }
}

/**
 * Turns the lines of a history into records, in order, and checks each: nothing that came from a file is
 * trusted.
 */
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
      if (error instanceof FieldError) throw new HistoryFormatError(this.#line, error.message)
      throw error
    }
    return value as HistoryRecord
  }

  /** To be called after the last line. Throws `HistoryFormatError` if there was no header. */
  end(): void {
    if (this.#resources === undefined) throw new HistoryFormatError(1, 'has no header: the file is empty')
  }

  #check(value: unknown): void {
    if (!isFields(value)) throw new FieldError('is not an object')
    if (value.type === 'history') {
      if (this.#resources !== undefined) throw new FieldError('is a second header')
      this.#resources = checkHeader(value)
      return
    }
    const resources = this.#resources
    if (resources === undefined) throw new FieldError('has no header before it')
    if (this.#audits > 0) throw new FieldError('follows the audit, which must be the last record')
    if (value.type === 'operation') checkOperation(value, resources)
    else if (value.type === 'audit') {
      checkAudit(value, resources)
      this.#audits++
    } else throw new FieldError(`has no known type: it is ${shown(value.type)}`)
  }
}

/** Returns the ids of the resources that the header names. */
function checkHeader(header: Fields): ReadonlySet<string> {
  if (header.format !== 1) {
    throw new FieldError(`has format ${shown(header.format)}, and only format 1 is known`)
  }
  requireText(header, 'strategy')
  requireText(header, 'workload')
  requireFinite(header, 'seed')
  requireText(header, 'startedAt')
  const resources = new Set<string>()
  for (const resource of requireList(header, 'resources')) {
    if (!isFields(resource)) throw new FieldError('has a resource that is not an object')
    const id = resource.id
    if (!isId(id)) {
      throw new FieldError(
        `has a resource whose "id" is ${shown(id)}, not a name of 1 to ${ID_LENGTH_MAX} characters`,
      )
    }
    if (resources.has(id)) throw new FieldError(`names the resource ${shown(id)} twice`)
    resources.add(id)
    requireWhole(resource, 'capacity', 1)
  }
  const clock = header.clock
  if (!isFields(clock)) throw new FieldError(`has a "clock" that is ${shown(clock)}, not an object`)
  requireFinite(clock, 'offsetMs')
  requireFinite(clock, 'errorMs', 0)
  requireFinite(header, 'freesLateMs', 0)
  const { refusals } = header
  if (refusals !== 'exact' && refusals !== 'spurious') {
    throw new FieldError(`has "refusals" ${shown(refusals)}, not "exact" or "spurious"`)
  }
  return resources
}

function checkAudit(audit: Fields, resources: ReadonlySet<string>): void {
  requireWhole(audit, 'takenUs')
  for (const resource of requireList(audit, 'resources')) {
    if (!isFields(resource)) throw new FieldError('has a resource that is not an object')
    requireResource(resource.id, resources)
    requireWhole(resource, 'taken')
  }
  for (const hold of requireList(audit, 'holds')) {
    if (!isFields(hold)) throw new FieldError('has a stored hold that is not an object')
    requireId(hold, 'id')
    const { status } = hold
    if (typeof status !== 'string' || !Object.hasOwn(STATUSES, status)) {
      throw new FieldError(`has a stored hold of no known status: it is ${shown(status)}`)
    }
    requireLines(hold, resources)
    requireFinite(hold, 'deadlineMs')
  }
  if (!requireList(audit, 'complaints').every((complaint) => typeof complaint === 'string')) {
    throw new FieldError('has a complaint that is not text')
  }
  for (const probe of requireList(audit, 'probes')) {
    if (!isFields(probe)) throw new FieldError('has a probe that is not an object')
    requireResource(probe.resourceId, resources)
    requireWhole(probe, 'unitsExpected')
    requireWhole(probe, 'unitsHeld', 0)
    if (typeof probe.oneMoreRefused !== 'boolean') {
      throw new FieldError(`has "oneMoreRefused" ${shown(probe.oneMoreRefused)}, not true or false`)
    }
  }
}
