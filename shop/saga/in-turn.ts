/**
 * Work on one order is done one after another, in this process: two reports of the same payment must not take
 * the units again at the same time. One process serves a shop, so this is enough; after a crash the next
 * process repeats the calls of the first with the same ids, which have one effect.
 */
export class InTurn {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs the work when all earlier work of the same key has ended, however it ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = this.#last.get(key)?.then(work, work) ?? work()
    const ended = mine.catch(() => undefined)
    this.#last.set(key, ended)
    try {
      return await mine
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key)
    }
  }

  /** Keys with work in progress. */
  get size(): number {
    return this.#last.size
  }
}
