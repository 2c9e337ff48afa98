/** What the shop sells, and for how much. */
import { resourceOf, seatIds, type Venue, type VenueEvent } from '../harness/service/venue.ts'
import type { Line } from '../strategies/strategy.ts'
import type { BasketLine } from './orders/order.ts'

/** In cents, as in TigerFans: A is the dearer of its two. */
const TIER_PRICES: Readonly<Record<string, number>> = { A: 6_500, B: 3_500 }
const TIER_PRICE = 3_500
const SEAT_PRICE = 4_500
/** The tier that is not sold: the first buyers get one of it. */
export const GOODIE = 'goodie'

interface PricedTier {
  readonly id: string
  readonly capacity: number
  /** In cents. */
  readonly price: number
}

export interface ShopEvent {
  readonly id: string
  readonly name: string
  /** Empty if the venue does not say. */
  readonly city: string
  /** `2027-05-07`; empty if the venue does not say. */
  readonly date: string
  readonly tiers: readonly PricedTier[]
  readonly sections: VenueEvent['sections']
  /** In the order of the seat map. */
  readonly seats: readonly string[]
  readonly seatPrice: number
  /** How many paid orders get a goodie. */
  readonly goodies: number
  indexOf(seat: string): number | undefined
}

export class ShopCatalogue {
  readonly events: readonly ShopEvent[]

  constructor(venue: Venue) {
    this.events = venue.events.map(pricedEvent)
  }

  event(id: string): ShopEvent | undefined {
    return this.events.find((each) => each.id === id)
  }

  /** Those of a city, on a day; empty for any. Names of cities are compared without case. */
  eventsIn({ city, date }: { readonly city: string; readonly date: string }): readonly ShopEvent[] {
    const wanted = city.toLowerCase()
    return this.events.filter(
      (each) => (wanted === '' || each.city.toLowerCase() === wanted) && (date === '' || each.date === date),
    )
  }

  /** The first event with this tier: TigerFans names no event. */
  eventOfTier(tier: string): ShopEvent | undefined {
    return this.events.find(({ tiers }) => tiers.some(({ id }) => id === tier))
  }

  /** Of all events, each once. */
  tierNames(most: number): readonly string[] {
    return [...new Set(this.events.flatMap(({ tiers }) => tiers.map(({ id }) => id)))].slice(0, most)
  }

  /** In cents; undefined if the event does not sell one of the lines. */
  amountOf(eventId: string, lines: readonly BasketLine[]): number | undefined {
    const event = this.event(eventId)
    if (event === undefined || lines.length === 0) return undefined
    let amount = 0
    for (const { name, quantity } of lines) {
      const price = priceOf(event, name, quantity)
      if (price === undefined) return undefined
      amount += price * quantity
    }
    return amount
  }
}

function priceOf(event: ShopEvent, name: string, quantity: number): number | undefined {
  if (!Number.isInteger(quantity) || quantity < 1) return undefined
  const tier = event.tiers.find(({ id }) => id === name)
  if (tier !== undefined) return tier.price
  return event.indexOf(name) !== undefined && quantity === 1 ? event.seatPrice : undefined
}

function pricedEvent(event: VenueEvent): ShopEvent {
  const seats = event.sections.flatMap(seatIds)
  const indexes = new Map(seats.map((seat, at) => [seat, at]))
  return {
    id: event.id,
    name: event.name,
    city: event.city ?? '',
    date: event.date ?? '',
    tiers: event.classes
      .filter(({ id }) => id !== GOODIE)
      .map(({ id, capacity }) => ({ id, capacity, price: TIER_PRICES[id] ?? TIER_PRICE })),
    sections: event.sections,
    seats,
    seatPrice: SEAT_PRICE,
    goodies: event.classes.find(({ id }) => id === GOODIE)?.capacity ?? 0,
    indexOf: (seat) => indexes.get(seat),
  }
}

/** As a strategy wants them. */
export function strategyLines(eventId: string, lines: readonly BasketLine[]): readonly Line[] {
  return lines.map(({ name, quantity }) => ({ resourceId: resourceOf(eventId, name), quantity }))
}

export function goodieLine(eventId: string): readonly Line[] {
  return [{ resourceId: resourceOf(eventId, GOODIE), quantity: 1 }]
}
