/** What a record of a history must be, and in which order records come. */
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
import type { HistoryRecord, SealRecord, StoredStatus } from './record.ts'
import { checkOperation } from './validate-operation.ts'

const STATUSES: Readonly<Record<StoredStatus, true>> = {
  held: true,
  confirmed: true,
  released: true,
  expired: true,
}

/** Checks the records of one history, one after the other. */
export class RecordChecker {
  #resources: ReadonlySet<string> | undefined
  #format: unknown
  #last: 'operation' | 'audit' | 'seal' = 'operation'

  /** The value as a record. Throws a `FieldError` if it is not a record, or is out of order. */
  check(value: unknown): HistoryRecord {
    if (!isFields(value)) throw new FieldError('is not an object')
    if (this.#last === 'seal') throw new FieldError('follows the seal, which must be the last line')
    const resources = this.#resources
    if (value.type === 'history') {
      if (resources !== undefined) throw new FieldError('is a second header')
      this.#resources = checkHeader(value)
      this.#format = value.format
    } else if (resources === undefined) {
      throw new FieldError('has no header before it')
    } else if (this.#last === 'audit') {
      throw new FieldError('follows the audit, which must be the last record')
    } else if (value.type === 'operation') {
      checkOperation(value, resources)
    } else if (value.type === 'clock') {
      requireWhole(value, 'readUs')
      requireFinite(value, 'offsetMs')
      requireFinite(value, 'errorMs', 0)
    } else if (value.type === 'audit') {
      checkAudit(value, resources)
      this.#last = 'audit'
    } else if (value.type === 'seal') {
      throw new FieldError('is a seal, which must be the last line')
    } else
      throw new FieldError(
        `has "type" ${shown(value.type)}, not "history", "operation", "clock", "audit" or "seal"`,
      )
    return value as unknown as HistoryRecord
  }

  /** Whether an operation may come next. */
  get takesOperations(): boolean {
    return this.#resources !== undefined && this.#last === 'operation'
  }

  /** Throws a `FieldError` unless this is the seal on what came before. */
  checkSeal(seal: Fields, found: Omit<SealRecord, 'type'>): void {
    if (this.#last === 'seal') throw new FieldError('is a second seal')
    if (this.#resources === undefined) throw new FieldError('has no header before it')
    requireWhole(seal, 'records', 0)
    requireWhole(seal, 'crc32', 0)
    if (seal.records !== found.records) {
      throw new FieldError(
        `seals ${seal.records} records, but there are ${found.records}: some were lost or added`,
      )
    }
    if (seal.crc32 !== found.crc32) {
      throw new FieldError('seals other bytes than those before it: the file was changed')
    }
    this.#last = 'seal'
  }

  /** What is missing at the end of a history on disk, as the end of a sentence that begins with the line. */
  missing(): string | undefined {
    if (this.#resources === undefined) return 'has no header: the file is empty'
    if (this.#format === 2 && this.#last !== 'seal') {
      return 'is the last one, and no seal: what came after it is lost'
    }
    return undefined
  }
}

/** Returns the ids of the resources that the header names. */
function checkHeader(header: Fields): ReadonlySet<string> {
  if (header.format !== 1 && header.format !== 2) {
    throw new FieldError(`has format ${shown(header.format)}, and only formats 1 and 2 are known`)
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
  if (clock.isStepped !== undefined && typeof clock.isStepped !== 'boolean') {
    throw new FieldError(`has "isStepped" ${shown(clock.isStepped)}, not true or false`)
  }
  requireFinite(header, 'freesLateMs', 0)
  const { refusals } = header
  if (refusals !== 'exact' && refusals !== 'spurious') {
    throw new FieldError(`has "refusals" ${shown(refusals)}, not "exact" or "spurious"`)
  }
  return resources
}

function checkAudit(audit: Fields, resources: ReadonlySet<string>): void {
  requireWhole(audit, 'takenUs')
  if (audit.isStoreRead !== undefined && audit.isStoreRead !== false) {
    throw new FieldError(`has "isStoreRead" ${shown(audit.isStoreRead)}, which is false or left out`)
  }
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
