/** The holds that the audit found in the store, in columns. */
import type { AuditRecord, StoredStatus } from '../history/record.ts'
import { intAt } from './at.ts'
import type { Numbering } from './numbering.ts'

/**
 * The index is the place of a hold in the audit. Its lines are those from `lineStart` up to, not including,
 * `lineEnd`.
 */
export class StoredHolds {
  readonly count: number
  /** Hold numbers. */
  readonly hold: Int32Array
  readonly status: readonly StoredStatus[]
  /** By the engine's clock, milliseconds since the epoch. */
  readonly deadlineMs: Float64Array
  /** Resource numbers, by line. */
  readonly lineResource: Int32Array
  /** Units, by line. */
  readonly lineUnits: Float64Array
  readonly #firstLine: Int32Array

  /** Assigns numbers to the holds and resources that no operation named. */
  constructor(holds: AuditRecord['holds'], holdNames: Numbering, resourceNames: Numbering) {
    let lineCount = 0
    for (const { lines } of holds) lineCount += lines.length
    this.count = holds.length
    this.hold = new Int32Array(holds.length)
    this.status = holds.map(({ status }) => status)
    this.deadlineMs = new Float64Array(holds.length)
    this.#firstLine = new Int32Array(holds.length + 1)
    this.lineResource = new Int32Array(lineCount)
    this.lineUnits = new Float64Array(lineCount)
    let line = 0
    holds.forEach(({ id, lines, deadlineMs }, at) => {
      this.hold[at] = holdNames.numberOf(id)
      this.deadlineMs[at] = deadlineMs
      for (const [resourceId, quantity] of lines) {
        this.lineResource[line] = resourceNames.numberOf(resourceId)
        this.lineUnits[line] = quantity
        line++
      }
      this.#firstLine[at + 1] = line
    })
  }

  lineStart(at: number): number {
    return intAt(this.#firstLine, at)
  }

  lineEnd(at: number): number {
    return intAt(this.#firstLine, at + 1)
  }
}
