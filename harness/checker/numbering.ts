import { itemAt } from './at.ts'

/** Assigns every text a number, counted from 0 in the order of first use, so that columns can hold names. */
export class Numbering {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []

  get count(): number {
    return this.#texts.length
  }

  /** The number of `text`; a new one if it was not seen before. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#texts.length
    this.#numbers.set(text, number)
    this.#texts.push(text)
    return number
  }

  /** Throws a `RangeError` for a number that was never assigned. */
  text(number: number): string {
    return itemAt(this.#texts, number)
  }
}
