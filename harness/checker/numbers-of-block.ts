/** The numbers of the holds that a block of rows names by its own numbers. */
import type { Names } from '../history/names.ts'
import type { RowIds } from '../history/operation-row.ts'
import { intAt } from './at.ts'

const INITIAL_IDS = 1_024

export class NumbersOfBlock {
  readonly #names: Names
  #ids: RowIds | undefined
  /** By number in the block; -1 where it is not known yet. */
  #numbers = new Int32Array(INITIAL_IDS).fill(-1)

  constructor(names: Names) {
    this.#names = names
  }

  /** Must be called when a block begins. Its ids may grow while its rows are read. */
  begin(ids: RowIds): void {
    this.#ids = ids
    this.#numbers.fill(-1)
  }

  /** The number of the hold with this number in the block. */
  numberOf(hold: number): number {
    const ids = this.#ids
    if (ids === undefined) throw new RangeError('no block was begun')
    if (hold >= this.#numbers.length) this.#grow(hold)
    const known = intAt(this.#numbers, hold)
    if (known !== -1) return known
    const number = this.#names.numberOfBytes(ids.bytes, intAt(ids.starts, hold), intAt(ids.ends, hold))
    this.#numbers[hold] = number
    return number
  }

  #grow(hold: number): void {
    const numbers = new Int32Array(2 * hold).fill(-1)
    numbers.set(this.#numbers)
    this.#numbers = numbers
  }
}
