/**
 * At most so many tickets of an event for one customer. The limit is scarce like everything else, and so it
 * is a resource, of that capacity: a hold takes units of it together with the tickets, all or nothing. The
 * strategy itself enforces it, however many checkouts come at once, and what expires or is released counts
 * no more.
 */
import { resourceOf } from '../../harness/service/venue.ts'
import type { Line, ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'
import { strategyLines } from '../catalogue.ts'
import type { ShopKeys } from '../orders/keys.ts'
import type { Basket } from '../orders/order.ts'

/** No seat and no tier has such a name: theirs have no dash, or two. */
const PREFIX = 'customer-'
/** Customers whose resource is known to exist. Beyond it, it is created again, which changes nothing. */
const KNOWN_MAX = 100_000

export class CustomerLimit {
  readonly #keys: Pick<ShopKeys, 'customerOf'>
  /** Tickets per event and customer; 0 for no limit. */
  readonly max: number
  readonly #known = new Set<ResourceId>()

  constructor(keys: Pick<ShopKeys, 'customerOf'>, max: number) {
    this.#keys = keys
    this.max = max
  }

  /** What a hold of this basket takes. */
  linesOf(basket: Basket): readonly Line[] {
    const lines = strategyLines(basket.eventId, basket.lines)
    if (this.max === 0) return lines
    return [...lines, { resourceId: this.#resourceOf(basket), quantity: ticketsIn(basket) }]
  }

  /** Must be called before a hold: an engine may remember that a hold named something that does not exist. */
  async prepare(
    strategy: Pick<ReservationStrategy, 'createResources'>,
    basket: Pick<Basket, 'eventId' | 'email'>,
  ): Promise<void> {
    if (this.max === 0) return
    const id = this.#resourceOf(basket)
    if (this.#known.has(id)) return
    await strategy.createResources([{ id, capacity: this.max }])
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.add(id)
  }

  /** Whether it was the customer's limit that was reached, and not the tickets that are gone. */
  isLimit(eventId: string, resource: ResourceId): boolean {
    return resource.startsWith(resourceOf(eventId, PREFIX))
  }

  #resourceOf({ eventId, email }: Pick<Basket, 'eventId' | 'email'>): ResourceId {
    return resourceOf(eventId, `${PREFIX}${this.#keys.customerOf(email)}`)
  }
}

export function ticketsIn({ lines }: Pick<Basket, 'lines'>): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0)
}
