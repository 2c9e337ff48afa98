/**
 * The names of the statements that are prepared on one connection: a text is prepared once, and sent by its
 * name from then on. The list is bounded: where it is full, the text that was unused for the longest makes
 * room, and the server is told to forget it. The names are unlike those of any other connection, since a
 * pooler may lend a session with what is left on it.
 */
import { randomBytes } from 'node:crypto'
import type { AnswerColumns } from './columns.ts'

/** More than all strategies together send; a program that makes its texts by the thousand gains nothing. */
export const NAMES_MAX = 100

export interface PreparedName {
  readonly text: string
  readonly name: string
  /** Whether the server has confirmed it. */
  isPrepared: boolean
  /** Known once it was answered. */
  columns: AnswerColumns | undefined
}

export class StatementNames {
  readonly #mark = randomBytes(4).toString('hex')
  readonly #most: number
  /** The least recently used first. */
  readonly #byText = new Map<string, PreparedName>()
  #unwanted: string[] = []
  #count = 0

  constructor(most = NAMES_MAX) {
    this.#most = most
  }

  has(text: string): boolean {
    return this.#byText.has(text)
  }

  /** The name of this text, which may have to be prepared first. */
  of(text: string): PreparedName {
    const known = this.#byText.get(text)
    if (known !== undefined) {
      this.#byText.delete(text)
      this.#byText.set(text, known)
      return known
    }
    this.#count += 1
    const made = { text, name: `hf_${this.#mark}_${this.#count}`, isPrepared: false, columns: undefined }
    this.#byText.set(text, made)
    if (this.#byText.size > this.#most) {
      const [oldest] = this.#byText.values()
      if (oldest !== undefined) this.forget(oldest)
    }
    return made
  }

  /** The text gets another name the next time. */
  forget({ text, name }: PreparedName): void {
    if (this.#byText.get(text)?.name !== name) return
    this.#byText.delete(text)
    this.#unwanted.push(name)
  }

  forgetAll(): void {
    for (const known of [...this.#byText.values()]) this.forget(known)
  }

  /** What the server can forget; each is told once. To close a name that is not there is no error. */
  takeUnwanted(): readonly string[] {
    if (this.#unwanted.length === 0) return []
    const taken = this.#unwanted
    this.#unwanted = []
    return taken
  }
}
