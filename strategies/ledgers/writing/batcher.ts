/**
 * Continuous batching: while one batch is on its way, the next one fills.
 *
 * Nobody waits for a batch to be full or for a timer: the first group is sent at once, and what comes while
 * it is under way is sent together when its answer is there. So batches are small when there is little to do
 * and grow with the load by themselves.
 *
 * A group is what one caller submits (a chain of transfers, the lines of one hold); it is never split across
 * two batches. Each caller gets exactly the results of its own group, counted off by the lengths of the
 * groups before it. (TigerFans' batcher never moves its offset on, so that the refused are told they were
 * granted; it went unnoticed, because nothing ever sold out.) A batch that fails fails the callers in it, and
 * nobody else.
 */

export interface BatcherOptions<Item, Result> {
  /**
   * Sends one batch, and answers one result per item in the same order, or throws. Must end: it carries its
   * own deadline.
   */
  readonly send: (items: readonly Item[]) => Promise<readonly Result[]>
  /** The most items that one batch may carry. */
  readonly itemsMax: number
  /**
   * The most items that may wait for their batch. Past it, a caller is told `queue-full` at once, or waits
   * for a place as long as it says. As many again may wait for a place.
   */
  readonly waitingMax: number
  /** Told the number of callers in each batch, when it is sent. */
  readonly onBatch?: (callers: number) => void
}

interface Group<Item, Result> {
  readonly items: readonly Item[]
  resolve(submitted: Submitted<Result>): void
  reject(error: unknown): void
}

/** A group for which the queue had no place when it came. */
interface Outside<Item> {
  readonly items: readonly Item[]
  admit(): void
}

/** What became of a group: its results, one per item; or nothing, because too many are waiting already. */
export type Submitted<Result> =
  | { readonly kind: 'sent'; readonly results: readonly Result[] }
  | { readonly kind: 'queue-full' }

export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>
  #waiting: Group<Item, Result>[] = []
  #itemsWaiting = 0
  /** In the order they came. Whoever comes later does not overtake them. */
  readonly #outside = new Set<Outside<Item>>()
  #isSending: boolean = false

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options
  }

  /**
   * Sends the group with whatever else is waiting. Where the queue is full, it waits up to `placeMs` for a
   * place in it.
   */
  async submit(items: readonly Item[], placeMs = 0): Promise<Submitted<Result>> {
    const { itemsMax } = this.#options
    if (items.length === 0) return { kind: 'sent', results: [] }
    if (items.length > itemsMax) {
      throw new RangeError(`a group of ${items.length} does not fit into a batch of ${itemsMax}`)
    }
    if (this.#outside.size === 0 && this.#hasPlaceFor(items)) return this.#enqueue(items)
    return (await this.#place(items, placeMs)) ?? { kind: 'queue-full' }
  }

  #hasPlaceFor(items: readonly Item[]): boolean {
    return this.#itemsWaiting + items.length <= this.#options.waitingMax
  }

  /** Undefined where no place was free in time, or too many wait for one already. */
  #place(items: readonly Item[], placeMs: number): Promise<Submitted<Result> | undefined> {
    const itemsOutside = [...this.#outside].reduce((sum, each) => sum + each.items.length, items.length)
    if (placeMs <= 0 || itemsOutside > this.#options.waitingMax) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const waiting: Outside<Item> = {
        items,
        admit: () => {
          clearTimeout(timer)
          this.#outside.delete(waiting)
          resolve(this.#enqueue(items))
        },
      }
      const timer = setTimeout(() => {
        this.#outside.delete(waiting)
        resolve(undefined)
      }, placeMs)
      this.#outside.add(waiting)
    })
  }

  #enqueue(items: readonly Item[]): Promise<Submitted<Result>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject })
      this.#itemsWaiting += items.length
      if (!this.#isSending) this.#sendAll().catch(reject)
    })
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true
    try {
      // Whoever calls in the same turn of the event loop travels in the first batch already.
      await Promise.resolve()
      while (this.#waiting.length > 0) await this.#sendOne(this.#nextBatch())
    } finally {
      // In the same step as the last look at who is waiting: nobody can come in between and be left standing.
      this.#isSending = false
    }
  }

  /** As many groups as fit, in the order they came. */
  #nextBatch(): readonly Group<Item, Result>[] {
    let items = 0
    let groups = 0
    for (const group of this.#waiting) {
      if (items + group.items.length > this.#options.itemsMax) break
      items += group.items.length
      groups++
    }
    const batch = this.#waiting.slice(0, groups)
    this.#waiting = this.#waiting.slice(groups)
    this.#itemsWaiting -= items
    for (const next of this.#outside) {
      if (!this.#hasPlaceFor(next.items)) break
      next.admit()
    }
    return batch
  }

  async #sendOne(batch: readonly Group<Item, Result>[]): Promise<void> {
    const items = batch.flatMap((group) => group.items)
    try {
      this.#options.onBatch?.(batch.length)
      const results = await this.#options.send(items)
      if (results.length !== items.length) {
        throw new Error(`${items.length} items were sent, and ${results.length} results came back`)
      }
      let offset = 0
      for (const group of batch) {
        group.resolve({ kind: 'sent', results: results.slice(offset, offset + group.items.length) })
        offset += group.items.length
      }
    } catch (error) {
      for (const group of batch) group.reject(error)
    }
  }
}
