/**
 * A strategy that another one can take the place of while the shop sells: both write the same ledger, so
 * that every hold, sale and deadline stays. Calls of the two never overlap: those in flight end first, and
 * new ones wait for that. Two techniques that are each right need not be right beside each other.
 */
import { within } from '../../harness/within.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'

/** Longer than any strategy takes by itself. */
const DRAIN_MS_MAX = 15_000

/**
 * Those that can take the place of this one on its own connections, itself included; in the registry's
 * order.
 */
export function interchangeable(entry: StrategyEntry): readonly StrategyEntry[] {
  const { ledger, engines, serversMin, file } = entry
  if (ledger === undefined || file !== undefined) return [entry]
  return registry.filter(
    (each) =>
      each.ledger === ledger &&
      each.engines.every((name) => engines.includes(name)) &&
      Object.entries(each.serversMin ?? {}).every(
        ([name, least]) => (serversMin?.[name] ?? 1) >= (least ?? 1),
      ),
  )
}

export class SwitchableStrategy implements ReservationStrategy {
  #current: ReservationStrategy
  #inFlight = 0
  #whenIdle: (() => void) | undefined
  #switching: Promise<void> | undefined

  constructor(first: ReservationStrategy) {
    this.#current = first
  }

  createResources: ReservationStrategy['createResources'] = (resources) =>
    this.#through((strategy) => strategy.createResources(resources))
  hold: ReservationStrategy['hold'] = (request) => this.#through((strategy) => strategy.hold(request))
  confirm: ReservationStrategy['confirm'] = (id) => this.#through((strategy) => strategy.confirm(id))
  release: ReservationStrategy['release'] = (id) => this.#through((strategy) => strategy.release(id))
  availability: ReservationStrategy['availability'] = (ids) =>
    this.#through((strategy) => strategy.availability(ids))
  expireDue: ReservationStrategy['expireDue'] = (limit) =>
    this.#through((strategy) => strategy.expireDue(limit))

  /**
   * Throws if calls in flight do not end in time, or if the next one cannot be opened: then nothing has
   * changed.
   */
  async switchTo(open: () => Promise<ReservationStrategy>): Promise<void> {
    while (this.#switching !== undefined) await this.#switching
    const done = Promise.withResolvers<void>()
    this.#switching = done.promise
    try {
      if (this.#inFlight > 0) {
        const idle = new Promise<void>((resolve) => {
          this.#whenIdle = resolve
        })
        await within(DRAIN_MS_MAX, idle)
      }
      const next = await within(DRAIN_MS_MAX, open())
      const before = this.#current
      this.#current = next
      await before.close()
    } finally {
      this.#switching = undefined
      this.#whenIdle = undefined
      done.resolve()
    }
  }

  async close(): Promise<void> {
    await this.#current.close()
  }

  async #through<T>(call: (strategy: ReservationStrategy) => Promise<T>): Promise<T> {
    while (this.#switching !== undefined) await this.#switching
    this.#inFlight += 1
    try {
      return await call(this.#current)
    } finally {
      this.#inFlight -= 1
      if (this.#inFlight === 0) this.#whenIdle?.()
    }
  }
}
