/** Where the time goes: how long each part of the work takes, for the admin's page and for measurements. */
import { monotonicMs } from '../../harness/clock.ts'

/** `checkout` and `webhook` are whole requests; the others are parts of them. */
const SHOP_PARTS = [
  'checkout',
  'reserve',
  'session',
  'payment session',
  'webhook',
  'seen report',
  'order read',
  'confirm',
  'order',
  'goodie',
] as const
export type ShopPart = (typeof SHOP_PARTS)[number]

export interface PartTime {
  readonly part: ShopPart
  readonly count: number
  readonly meanMs: number
  readonly totalMs: number
}

export class Timings {
  readonly #sums = new Map<ShopPart, { count: number; totalMs: number }>()

  /** Counts failures as well: they take time too. */
  async measure<T>(name: ShopPart, work: () => Promise<T>): Promise<T> {
    const ended = this.begin(name)
    try {
      return await work()
    } finally {
      ended()
    }
  }

  /** To be called when it has ended. */
  begin(name: ShopPart): () => void {
    const startedMs = monotonicMs()
    return () => this.#add(name, monotonicMs() - startedMs)
  }

  /** In the order of `SHOP_PARTS`; parts that never ran are left out. */
  read(): readonly PartTime[] {
    return SHOP_PARTS.flatMap((name) => {
      const sum = this.#sums.get(name)
      return sum === undefined ? [] : [{ part: name, ...sum, meanMs: sum.totalMs / sum.count }]
    })
  }

  #add(name: ShopPart, ms: number): void {
    const sum = this.#sums.get(name)
    if (sum === undefined) this.#sums.set(name, { count: 1, totalMs: ms })
    else {
      sum.count += 1
      sum.totalMs += ms
    }
  }
}
