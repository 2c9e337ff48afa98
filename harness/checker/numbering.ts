import { TooManyNamesError } from '../history/names.ts'
import { itemAt } from './at.ts'

/** The number of entries that one JavaScript `Map` can hold. */
const TEXTS_MAX = 2 ** 24 - 1

/** Assigns every text a number, counted from 0 in the order of first use, so that columns can hold names. */
export class Numbering {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #most: number

  constructor(most: number = TEXTS_MAX) {
    this.#most = most
  }

  get count(): number {
    return this.#texts.length
  }

  /**
   * The number of `text`; a new one if it was not seen before. Throws a `TooManyNamesError` if there is none
   * left.
   */
  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#texts.length
    if (number === this.#most) {
      throw new TooManyNamesError(
        `it has more than ${this.#most} different ids, more than can be told apart.`,
      )
    }
    this.#numbers.set(text, number)
    this.#texts.push(text)
    return number
  }

  /** Throws a `RangeError` for a number that was never assigned. */
  text(number: number): string {
    return itemAt(this.#texts, number)
  }
}
