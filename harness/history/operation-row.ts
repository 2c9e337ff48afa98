/**
 * One operation as numbers: a single object that is filled again for every operation, so that millions of
 * them can be read without making as many objects.
 */

const INITIAL_LINES = 16

export class OperationRow {
  /** One of `AnswerCode`. */
  answer: number = 0
  process: number = 0
  /** As recorded. */
  invokedUs: number = 0
  returnedUs: number = 0
  /** The number of the hold's id in the block that the operation is in; -1 for a read. */
  hold: number = -1
  /** Of a request for a hold. */
  ttlMs: number = 0
  /** If it was held: by the engine's clock, milliseconds since the epoch. */
  deadlineMs: number = 0
  /** If it was held, sold out or contended. */
  attempts: number = 0
  /** If it was sold out: the place of the resource in the header. */
  resource: number = -1
  /** The reason for being contended, or the error of an unknown outcome. */
  text: string = ''
  /** How many lines a request has, or how many figures a read. */
  lineCount: number = 0
  /** By line: the place of the resource in the header. */
  lineResource: Int32Array = new Int32Array(INITIAL_LINES)
  /** By line: the units requested, or read. */
  lineUnits: Float64Array = new Float64Array(INITIAL_LINES)
  /** Whether the lines have versions. */
  isVersioned: boolean = false
  lineVersion: Float64Array = new Float64Array(INITIAL_LINES)

  /** Makes room for a line more. */
  ensureLine(): void {
    const size = this.lineResource.length
    if (this.lineCount < size) return
    const resources = new Int32Array(2 * size)
    const units = new Float64Array(2 * size)
    resources.set(this.lineResource)
    units.set(this.lineUnits)
    this.lineResource = resources
    this.lineUnits = units
    // Versions are read after all lines.
    this.lineVersion = new Float64Array(2 * size)
  }
}

/** A hold that the audit found in the store, as numbers. Its lines are those of an `OperationRow`. */
export interface StoredRow {
  /** The number of its id in the block that it is in. */
  readonly hold: number
  /** By number, as in the binary format. */
  readonly status: number
  readonly deadlineMs: number
  readonly lineCount: number
  readonly lineResource: Int32Array
  readonly lineUnits: Float64Array
}

/** The ids that the rows of a block name, in UTF-8: number n is `bytes` from `starts[n]` up to `ends[n]`. */
export interface RowIds {
  readonly count: number
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  text(number: number): string
}
