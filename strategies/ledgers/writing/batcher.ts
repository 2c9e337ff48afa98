/**
 * Continuous batching: while one batch is on its way, the next one fills.
 *
 * No caller waits for a full batch or for a timer: the first group is sent at once, and groups that arrive
 * while it is in flight are sent together when its answer is back. So batches are small under a small load
 * and grow with it. Under a large load (`secondFrom`) a second one follows the first at once, so that the
 * engine has work while this process hands out the answers of the first and gathers the third.
 *
 * A group is what one caller submits (a chain of transfers, the lines of one hold); it is never split across
 * two batches. Each caller gets exactly the results of its own group, counted off by the lengths of the
 * groups before it. (TigerFans' batcher never advances its offset, so refused callers get the answer
 * "granted"; it went unnoticed because nothing ever sold out.) A failed batch fails the callers in it and no
 * others.
 */

export interface BatcherOptions<Item, Result> {
  /**
   * Sends one batch, and answers one result per item in the same order, or throws. It must settle: it has its
   * own deadline.
   */
  readonly send: (items: readonly Item[]) => Promise<readonly Result[]>
  /** The most items that one batch may carry. */
  readonly itemsMax: number
  /**
   * The most items that may wait for their batch. Beyond it, a caller gets `queue-full` at once, or waits for
   * a place for as long as it specifies. The same number of items may wait for a place.
   */
  readonly waitingMax: number
  /**
   * From so many waiting items on, the next batch is sent although one is on its way (never a third one).
   * Without it, each waits for the one before.
   */
  readonly secondFrom?: number
  /** Called with the number of callers in each batch when it is sent. */
  readonly onBatch?: (callers: number) => void
}

interface Group<Item, Result> {
  readonly items: readonly Item[]
  resolve(submitted: Submitted<Result>): void
  reject(error: unknown): void
}

/** A group that arrived when the queue was full. */
interface Outside<Item> {
  readonly items: readonly Item[]
  admit(): void
}

/** The outcome of a group: its results, one per item; or none, because too many items are already waiting. */
export type Submitted<Result> =
  | { readonly kind: 'sent'; readonly results: readonly Result[] }
  | { readonly kind: 'queue-full' }

export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>
  #waiting: Group<Item, Result>[] = []
  #itemsWaiting = 0
  /** In order of arrival. Later groups do not overtake them. */
  readonly #outside = new Set<Outside<Item>>()
  #underWay = 0
  #isAboutToSend: boolean = false

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options
  }

  /**
   * Sends the group together with the other waiting groups. If the queue is full, it waits up to `placeMs`
   * for a place.
   */
  submit(items: readonly Item[], placeMs = 0): Promise<Submitted<Result>> {
    const { itemsMax } = this.#options
    if (items.length === 0) return Promise.resolve({ kind: 'sent', results: [] })
    if (items.length > itemsMax) {
      return Promise.reject(
        new RangeError(`a group of ${items.length} does not fit into a batch of ${itemsMax}`),
      )
    }
    if (this.#outside.size === 0 && this.#hasPlaceFor(items)) return this.#enqueue(items)
    return this.#place(items, placeMs)
  }

  #hasPlaceFor(items: readonly Item[]): boolean {
    return this.#itemsWaiting + items.length <= this.#options.waitingMax
  }

  /** `queue-full` if no place became free in time, or if too many are already waiting for one. */
  #place(items: readonly Item[], placeMs: number): Promise<Submitted<Result>> {
    const itemsOutside = [...this.#outside].reduce((sum, each) => sum + each.items.length, items.length)
    if (placeMs <= 0 || itemsOutside > this.#options.waitingMax) {
      return Promise.resolve({ kind: 'queue-full' })
    }
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
        resolve({ kind: 'queue-full' })
      }, placeMs)
      this.#outside.add(waiting)
    })
  }

  #enqueue(items: readonly Item[]): Promise<Submitted<Result>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject })
      this.#itemsWaiting += items.length
      this.#sendSoon()
    })
  }

  /** Calls that are made in the same turn of the event loop share a batch. */
  #sendSoon(): void {
    if (this.#isAboutToSend || !this.#maySend()) return
    this.#isAboutToSend = true
    queueMicrotask(() => {
      this.#isAboutToSend = false
      while (this.#maySend()) void this.#sendOne(this.#nextBatch())
    })
  }

  #maySend(): boolean {
    if (this.#waiting.length === 0) return false
    const { secondFrom = Number.POSITIVE_INFINITY } = this.#options
    return this.#underWay === 0 || (this.#underWay === 1 && this.#itemsWaiting >= secondFrom)
  }

  /** As many groups as fit, in order of arrival. */
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

  /** Never rejects: its callers are told. */
  async #sendOne(batch: readonly Group<Item, Result>[]): Promise<void> {
    this.#underWay++
    try {
      const items = batch.flatMap((group) => group.items)
      this.#options.onBatch?.(batch.length)
      const results = await this.#options.send(items)
      if (results.length !== items.length) {
        throw new Error(`${items.length} items were sent, but ${results.length} results came back`)
      }
      let offset = 0
      for (const group of batch) {
        group.resolve({ kind: 'sent', results: results.slice(offset, offset + group.items.length) })
        offset += group.items.length
      }
    } catch (error) {
      for (const group of batch) group.reject(error)
    } finally {
      this.#underWay--
      this.#sendSoon()
    }
  }
}
