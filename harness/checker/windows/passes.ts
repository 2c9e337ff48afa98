/** The readings of a long history after it was swept: each is short, and made only if it is needed. */
import { answersHold } from '../../history/answer-code.ts'
import type { OperationRow, RowIds, StoredRow } from '../../history/operation-row.ts'
import type { AuditEnd } from '../../history/part.ts'
import type { ClockRecord } from '../../history/record.ts'
import { intAt } from '../at.ts'
import { HistoryColumns } from '../columns.ts'
import { numberOf } from './id-set.ts'
import { fingerprintOf, type Pass } from './pass.ts'
import { Fate, SeenIds } from './seen-ids.ts'
import { concerns, type PartGroup } from './selection.ts'
import type { Survey } from './survey.ts'
import type { Sweep } from './sweep.ts'

/** The first reading. */
export class SweepPass implements Pass {
  readonly #survey: Survey
  readonly #sweep: Sweep
  #isSwept: boolean = false
  readonly #fingerprint = new Uint32Array(2)

  constructor(survey: Survey, sweep: Sweep) {
    this.#survey = survey
    this.#sweep = sweep
  }

  beginRows(ids: RowIds): void {
    this.#sweep.beginRows(ids)
  }

  operation(row: OperationRow, ids: RowIds): void {
    this.#sweep.add(row, ids)
  }

  clock(reading: ClockRecord): void {
    this.#survey.clockReadings.push(reading)
  }

  beginStored(): void {
    this.end()
  }

  stored(row: StoredRow, ids: RowIds): void {
    fingerprintOf(ids, row.hold, this.#fingerprint)
    this.#survey.addStored(row, this.#fingerprint)
  }

  audit(audit: AuditEnd): void {
    this.end()
    this.#survey.endAudit(audit)
  }

  /** To be called when there is no more; more than once does no harm. */
  end(): void {
    if (this.#isSwept) return
    this.#isSwept = true
    this.#sweep.end()
  }
}

/** Finds the resources of ids that must be looked at again, which the windows had left behind. */
export class SuspiciousIdsPass implements Pass {
  readonly #survey: Survey
  readonly #fingerprint = new Uint32Array(2)

  constructor(survey: Survey) {
    this.#survey = survey
  }

  operation(row: OperationRow, ids: RowIds): void {
    if (row.hold === -1 || row.lineCount === 0 || !answersHold(row.answer)) return
    fingerprintOf(ids, row.hold, this.#fingerprint)
    const { components, suspectRequests } = this.#survey
    if (!this.#survey.isSuspiciousId(this.#fingerprint)) return
    const id = numberOf(this.#fingerprint)
    for (let line = 0; line < row.lineCount; line++) {
      const resource = intAt(row.lineResource, line)
      const known = suspectRequests.get(id)
      if (known === undefined) suspectRequests.set(id, resource)
      else components.connect(known, resource)
      components.suspect(resource)
    }
    if (suspectRequests.size > IDS_MAX) this.#survey.mustBeWhole(TOO_MANY)
  }

  beginRows(): void {}
  clock(): void {}
  beginStored(): void {}
  stored(): void {}
  audit(): void {}
}

const IDS_MAX = 2_000_000
const TOO_MANY = 'too many holds are not known to be stored as they were acknowledged'

/** Collects the ids that were requested on the resources of a group. */
export class MembersPass implements Pass {
  readonly members = new SeenIds()
  readonly #group: PartGroup
  readonly #fingerprint = new Uint32Array(2)

  constructor(group: PartGroup) {
    this.#group = group
  }

  operation(row: OperationRow, ids: RowIds): void {
    if (!answersHold(row.answer) || !concerns(this.#group, row.lineResource, row.lineCount)) return
    fingerprintOf(ids, row.hold, this.#fingerprint)
    this.members.add(this.#fingerprint, Fate.stray)
  }

  beginRows(): void {}
  clock(): void {}
  beginStored(): void {}
  stored(): void {}
  audit(): void {}
}

/** Collects all about a group, as a history of its own. */
export class CollectPass implements Pass {
  readonly history: HistoryColumns
  readonly #survey: Survey
  readonly #group: PartGroup
  readonly #members: SeenIds
  readonly #fingerprint = new Uint32Array(2)

  constructor(survey: Survey, group: PartGroup, members: SeenIds) {
    this.#survey = survey
    this.#group = group
    this.#members = members
    this.history = new HistoryColumns(undefined, survey.resources)
    this.history.firstInvokedUs = survey.firstInvokedUs
    this.history.clockGrainMs = survey.clockGrainMs
    this.history.judgedResources = group.resources
    this.history.addHeader(survey.header)
  }

  beginRows(ids: RowIds): void {
    this.history.beginRows(ids)
  }

  operation(row: OperationRow, ids: RowIds): void {
    const isOurs =
      row.hold === -1 ? concerns(this.#group, row.lineResource, row.lineCount) : this.#isMember(ids, row.hold)
    if (isOurs) this.history.addRow(row)
  }

  clock(reading: ClockRecord): void {
    this.history.clockReadings.push(reading)
  }

  beginStored(ids: RowIds): void {
    this.history.beginRows(ids)
  }

  stored(row: StoredRow, ids: RowIds): void {
    const isOurs = concerns(this.#group, row.lineResource, row.lineCount)
    if (isOurs || this.#isMember(ids, row.hold)) this.history.addStoredRow(row)
  }

  audit(audit: AuditEnd): void {
    const { isFirst, resources: selected } = this.#group
    const { resources } = this.#survey
    const isOurs = (id: string) => selected[resources.numberOf(id)] === 1
    this.history.endAudit({
      ...audit,
      complaints: isFirst ? audit.complaints : [],
      resources: audit.resources.filter(({ id }) => isOurs(id)),
      probes: audit.probes.filter(({ resourceId }) => isOurs(resourceId)),
    })
  }

  /** Ids that were requested on no resource at all belong to the first group, if they are suspicious. */
  #isMember(ids: RowIds, hold: number): boolean {
    fingerprintOf(ids, hold, this.#fingerprint)
    if (this.#members.has(this.#fingerprint)) return true
    if (!this.#group.isFirst || !this.#survey.isSuspiciousId(this.#fingerprint)) return false
    return !this.#survey.suspectRequests.has(numberOf(this.#fingerprint))
  }
}
