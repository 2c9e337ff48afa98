/**
 * What is known of a long history after its operations have been read once: nothing for single operations.
 */
import type { StoredRow } from '../../history/operation-row.ts'
import type { AuditEnd } from '../../history/part.ts'
import type { ClockRecord, HistoryHeader } from '../../history/record.ts'
import { byteAt, doubleAt, intAt } from '../at.ts'
import { GRAIN_MS_MAX } from '../deadline-grain.ts'
import { Numbering } from '../numbering.ts'
import { READ_US_MAX } from '../store.ts'
import { judgeUnits, type StoredUnits } from '../store-units.ts'
import { Components } from './components.ts'
import { IdSet } from './id-set.ts'
import { SeenIds } from './seen-ids.ts'
import { LineSum, Stored, StoredSums } from './stored-sums.ts'

/** In the order of `STATUSES`. */
const STORED = [Stored.unsold, Stored.sold, Stored.released, Stored.unsold] as const
const CONFIRMED = 1
const RELEASED = 2
const EXPIRED = 3
const TOUCH_US = 1

export class Survey {
  readonly header: HistoryHeader
  readonly resources = new Numbering()
  readonly components: Components
  readonly seen = new SeenIds()
  /** Ids that came again, or of which something else must be looked at again. */
  readonly suspiciousIds = new IdSet()
  /** Ids about which some outcome is unknown: how they are stored is not determined. */
  readonly unknownIds = new IdSet()
  /** By suspicious id (`numberOf`): a resource that it was requested on. Known after the second reading. */
  readonly suspectRequests = new Map<number, number>()
  readonly sums: StoredSums
  readonly capacities: Float64Array
  /** By resource: units sold by holds that have left the windows. */
  readonly soldBefore: Float64Array
  /** By resource: the newest version among holds that have left the windows. */
  readonly newestVersion: Float64Array
  /** By resource: refusals that were wrong, although nobody promised that they would be right. */
  readonly spurious: Float64Array
  readonly clockReadings: ClockRecord[] = []
  /** What was found in windows, for a reader: the first few. */
  readonly sentences: string[] = []
  clockGrainMs: number = GRAIN_MS_MAX
  count = 0
  unknownCount = 0
  heldCount = 0
  unitsTotal = 0
  firstInvokedUs: number = Number.POSITIVE_INFINITY
  lastReturnedUs: number = Number.NEGATIVE_INFINITY
  audit: AuditEnd | undefined
  /** Why windows cannot decide, and everything must be judged at once. */
  whole: string | undefined
  #isAllStoredRight: boolean | undefined
  readonly #stored: StoredUnits
  readonly #lines = new LineSum()

  constructor(header: HistoryHeader, sumBits: number) {
    this.header = header
    for (const { id } of header.resources) this.resources.numberOf(id)
    const count = this.resources.count
    this.components = new Components(count)
    this.sums = new StoredSums(sumBits)
    this.capacities = new Float64Array(count)
    for (const { id, capacity } of header.resources) this.capacities[this.resources.numberOf(id)] = capacity
    this.soldBefore = new Float64Array(count)
    this.newestVersion = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
    this.spurious = new Float64Array(count)
    this.#stored = { sold: new Float64Array(count), live: new Float64Array(count) }
  }

  get resourceCount(): number {
    return this.capacities.length
  }

  /** The first reason is kept. */
  mustBeWhole(why: string): void {
    this.whole ??= why
  }

  /** A hold that the audit found in the store; its id is `bytes` from index `from` up to `to`. */
  addStored(row: Omit<StoredRow, 'hold'>, fingerprint: Uint32Array): void {
    const { status, deadlineMs, lineCount } = row
    const lines = this.#lines
    lines.clear()
    const units = status === CONFIRMED ? this.#stored.sold : status < RELEASED ? this.#stored.live : undefined
    for (let line = 0; line < lineCount; line++) {
      const resource = intAt(row.lineResource, line)
      const own = doubleAt(row.lineUnits, line)
      lines.add(resource, own)
      this.unitsTotal += own
      if (units !== undefined) units[resource] = doubleAt(units, resource) + own
    }
    if (this.unknownIds.has(fingerprint)) return
    this.sums.takeOff(fingerprint, STORED[status] ?? 0, lines, deadlineMs)
    const { offsetMs, errorMs } = this.header.clock
    const dueFromUs = (deadlineMs - offsetMs - errorMs) * 1_000 - TOUCH_US
    if (status === EXPIRED && dueFromUs > this.lastReturnedUs - TOUCH_US + READ_US_MAX) {
      this.suspiciousIds.add(fingerprint)
    }
  }

  endAudit(audit: AuditEnd): void {
    if (this.audit !== undefined) {
      this.mustBeWhole('it has two audits')
      return
    }
    this.audit = audit
    if (audit.isStoreRead === false) return
    const named = [
      ...audit.resources.map(({ id }) => id),
      ...audit.probes.map(({ resourceId }) => resourceId),
    ]
    for (const id of named) this.resources.numberOf(id)
    if (this.resources.count > this.resourceCount) {
      this.mustBeWhole('its audit names resources that the header does not name')
      return
    }
    if (this.lastReturnedUs > audit.takenUs + TOUCH_US) this.mustBeWhole('its audit was not taken at rest')
    const history = {
      resourceId: (resource: number) => this.resources.text(resource) as never,
      resourceNumber: (id: string) => this.resources.numberOf(id),
    }
    judgeUnits({ history, capacities: this.capacities }, this.#stored, audit, ({ resource }, message) => {
      if (this.sentences.length === 0) this.sentences.push(`S: ${message()}`)
      if (resource !== undefined) this.components.suspect(resource)
    })
  }

  /**
   * To be called when these resources (1 for each of them) were judged as a whole: its figures count then.
   */
  countedAgain(resources: Uint8Array): void {
    for (let resource = 0; resource < this.resourceCount; resource++) {
      if (byteAt(resources, resource) === 1) this.spurious[resource] = 0
    }
  }

  /** Whether something about an id must be looked at again, or how it is stored. */
  isSuspiciousId(fingerprint: Uint32Array): boolean {
    if (this.suspiciousIds.has(fingerprint)) return true
    return !this.#isStoreUnread && !this.sums.isBalanced(fingerprint)
  }

  /**
   * Whether the store is known to have exactly what was acknowledged. To be asked after the first reading.
   */
  get isAllStoredRight(): boolean {
    this.#isAllStoredRight ??= this.#isStoreUnread || this.sums.areBalanced
    return this.#isAllStoredRight
  }

  get #isStoreUnread(): boolean {
    return this.audit === undefined || this.audit.isStoreRead === false
  }
}
