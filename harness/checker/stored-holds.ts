/** The holds that the audit found in the store, in columns. */

import { STATUSES } from '../history/answer-code.ts'
import { grownBytes, grownDoubles, grownInts } from '../history/grown.ts'
import type { Names } from '../history/names.ts'
import type { AuditRecord, StoredStatus } from '../history/record.ts'
import { byteAt, doubleAt, intAt, itemAt } from './at.ts'
import type { Numbering } from './numbering.ts'

const INITIAL_HOLDS = 64

/**
 * The index is the place of a hold in the audit. Its lines are those from `lineStart` up to, not including,
 * `lineEnd`. Columns grow as holds are added, so the arrays may be longer than `count`.
 */
export class StoredHolds {
  count = 0
  /** Hold numbers. */
  hold = new Int32Array(INITIAL_HOLDS)
  /** By the engine's clock, milliseconds since the epoch. */
  deadlineMs = new Float64Array(INITIAL_HOLDS)
  /** Resource numbers, by line. */
  lineResource = new Int32Array(INITIAL_HOLDS)
  /** Units, by line. */
  lineUnits = new Float64Array(INITIAL_HOLDS)
  #status = new Uint8Array(INITIAL_HOLDS)
  #firstLine = new Int32Array(INITIAL_HOLDS + 1)
  #lineCount = 0

  /** Assigns numbers to the holds and resources that no operation named. */
  add(stored: AuditRecord['holds'][number], holdNames: Names, resourceNames: Numbering): void {
    const { id, status, lines, deadlineMs } = stored
    for (const [resourceId, units] of lines) this.addLine(resourceNames.numberOf(resourceId), units)
    this.addHold(holdNames.numberOf(id), STATUSES.indexOf(status), deadlineMs)
  }

  /** Adds a line of the hold that `addHold` is called for next. */
  addLine(resource: number, units: number): void {
    const at = this.#lineCount
    if (at === this.lineResource.length) {
      this.lineResource = grownInts(this.lineResource, 2 * at)
      this.lineUnits = grownDoubles(this.lineUnits, 2 * at)
    }
    this.#lineCount++
    this.lineResource[at] = resource
    this.lineUnits[at] = units
  }

  /** `status`: its place in `STATUSES`. */
  addHold(hold: number, status: number, deadlineMs: number): void {
    const at = this.count
    if (at === this.hold.length) {
      this.hold = grownInts(this.hold, 2 * at)
      this.deadlineMs = grownDoubles(this.deadlineMs, 2 * at)
      this.#status = grownBytes(this.#status, 2 * at)
      this.#firstLine = grownInts(this.#firstLine, 2 * at + 1)
    }
    this.count++
    this.hold[at] = hold
    this.#status[at] = status
    this.deadlineMs[at] = deadlineMs
    this.#firstLine[at + 1] = this.#lineCount
  }

  status(at: number): StoredStatus {
    return itemAt(STATUSES, byteAt(this.#status, at))
  }

  /** The units of all lines. */
  get unitsTotal(): number {
    let units = 0
    for (let line = 0; line < this.#lineCount; line++) units += doubleAt(this.lineUnits, line)
    return units
  }

  lineStart(at: number): number {
    return intAt(this.#firstLine, at)
  }

  lineEnd(at: number): number {
    return intAt(this.#firstLine, at + 1)
  }
}
