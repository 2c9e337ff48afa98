/** A column of numbers, most of which are small and whole: four bytes each, and twelve for the others. */
import { grownDoubles, grownInts } from '../history/grown.ts'
import { doubleAt, intAt } from './at.ts'

/** Whole numbers from minus this up to, not including, this are kept as they are. */
const SMALL = 2 ** 30

const INITIAL_NUMBERS = 64

export class CompactNumbers {
  /** The number; or its place among the others, from `SMALL` on. */
  #values = new Int32Array(INITIAL_NUMBERS)
  #others = new Float64Array(INITIAL_NUMBERS)
  #otherCount = 0

  /** Throws a `RangeError` if there is no such element. */
  at(index: number): number {
    const value = intAt(this.#values, index)
    return value < SMALL ? value : doubleAt(this.#others, value - SMALL)
  }

  /** 0 where nothing was set. */
  set(index: number, value: number): void {
    if (value >= -SMALL && value < SMALL && Number.isInteger(value)) {
      this.#values[index] = value
      return
    }
    const place = this.#otherCount++
    if (place === this.#others.length) {
      this.#others = grownDoubles(this.#others, 2 * place)
    }
    this.#others[place] = value
    this.#values[index] = SMALL + place
  }

  /** Makes room for so many. */
  grow(size: number): void {
    this.#values = grownInts(this.#values, size)
  }
}
