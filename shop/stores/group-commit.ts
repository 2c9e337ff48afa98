/**
 * Group commit: while one transaction is on its way, the next one collects. Nobody waits for a timer or for a
 * full group, so groups are small under a small load and grow with it.
 */

interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/** More callers than this are told to come again: the queue has a limit. */
const WAITING_MAX = 10_000

/** The queue is full; nothing was done. */
class GroupFullError extends Error {
  override readonly name = 'GroupFullError'
}

export class GroupCommit<Item, Result> {
  readonly #commit: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly #itemsMax: number
  #waiting: Waiting<Item, Result>[] = []
  #isSending: boolean = false

  /** `commit` answers one result for each item, in the same order, or throws and has done nothing certain. */
  constructor(commit: (items: readonly Item[]) => Promise<readonly Result[]>, itemsMax: number) {
    this.#commit = commit
    this.#itemsMax = itemsMax
  }

  submit(item: Item): Promise<Result> {
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.reject(new GroupFullError(`${WAITING_MAX} callers already wait for their group`))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (!this.#isSending) void this.#sendAll()
    })
  }

  /** Never rejects: a failed group fails its own callers. */
  async #sendAll(): Promise<void> {
    this.#isSending = true
    // Callers of the same turn of the event loop share the first group.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#itemsMax)
      try {
        const results = await this.#commit(group.map(({ item }) => item))
        if (results.length !== group.length) throw new Error('a group needs one result for each item')
        group.forEach((each, at) => {
          each.resolve(results[at] as Result)
        })
      } catch (error) {
        for (const each of group) each.reject(error)
      }
    }
    this.#isSending = false
  }
}
