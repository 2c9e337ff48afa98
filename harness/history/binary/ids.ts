/** The ids of the holds of one block, numbered in the order in which they first come. */
import { FieldError, ID_LENGTH_MAX } from '../fields.ts'
import type { RowIds } from '../operation-row.ts'
import type { ByteReader } from './byte-reader.ts'

const INITIAL_IDS = 1_024

/** The ids of a block that is read. */
export class IdsRead implements RowIds {
  readonly #reader: ByteReader
  starts: Int32Array = new Int32Array(INITIAL_IDS)
  ends: Int32Array = new Int32Array(INITIAL_IDS)
  readonly #texts: (string | undefined)[] = []
  count = 0

  constructor(reader: ByteReader) {
    this.#reader = reader
  }

  get bytes(): Uint8Array {
    return this.#reader.bytes
  }

  /** Reads an id, or the number of one that came before; returns its number. Throws a `FieldError`. */
  read(): number {
    const reader = this.#reader
    const known = reader.count()
    if (known > 0) {
      if (known > this.count) throw new FieldError('names a hold by a number that was not given')
      return known - 1
    }
    const length = reader.skipText()
    const number = this.count++
    if (number === this.starts.length) this.#grow()
    this.starts[number] = reader.at - length
    this.ends[number] = reader.at
    // No character has fewer bytes than UTF-16 code units.
    const isLong = length > ID_LENGTH_MAX && this.text(number).length > ID_LENGTH_MAX
    if (length === 0 || isLong) {
      throw new FieldError(`has an id that is not a name of 1 to ${ID_LENGTH_MAX} characters`)
    }
    return number
  }

  /** The id with this number. */
  text(number: number): string {
    const known = this.#texts[number]
    if (known !== undefined) return known
    const text = this.#reader.bytes.toString('utf8', this.starts[number], this.ends[number])
    this.#texts[number] = text
    return text
  }

  #grow(): void {
    const [starts, ends] = [new Int32Array(2 * this.starts.length), new Int32Array(2 * this.ends.length)]
    starts.set(this.starts)
    ends.set(this.ends)
    this.starts = starts
    this.ends = ends
  }
}
