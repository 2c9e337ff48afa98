/** Looking for an event by its city and its day. */
import { Problem } from '../../harness/service/problems.ts'
import type { ShopEvent } from '../catalogue.ts'
import { CURRENCY } from '../orders/order.ts'
import type { ShopWeb } from './shop-web.ts'

/** As it comes: a repeated name is a list. */
export interface EventsQuery {
  readonly city?: string | readonly string[]
  readonly date?: string | readonly string[]
}

/** Empty for any. */
export interface WantedEvents {
  readonly city: string
  readonly date: string
}

const DATE = /^\d{4}-\d{2}-\d{2}$/

/** Throws a `Problem` for a date that is none. */
export function wantedIn({ city = '', date = '' }: EventsQuery): WantedEvents {
  if (typeof city !== 'string' || typeof date !== 'string' || (date !== '' && !isDay(date))) {
    throw new Problem('invalid-request', 'city is a name, and date a day such as 2027-05-07, each once')
  }
  return { city: city.trim(), date }
}

function isDay(date: string): boolean {
  return DATE.test(date) && !Number.isNaN(Date.parse(date))
}

/** A browser asks for HTML by name. */
export function wantsJson(accept: string | undefined): boolean {
  return accept?.includes('application/json') === true && !accept.includes('text/html')
}

/** With what is left of each tier, and the number of seats: a seat map has a route of its own. */
export async function eventsJson({ boards }: Pick<ShopWeb, 'boards'>, events: readonly ShopEvent[]) {
  return {
    events: await Promise.all(
      events.map(async ({ id, name, city, date, tiers, seats, seatPrice }) => {
        const left = (await boards.get(id)?.tiers()) ?? {}
        return {
          id,
          name,
          city,
          date,
          currency: CURRENCY,
          tiers: tiers.map((tier) => ({ ...tier, available: left[tier.id] ?? 0 })),
          ...(seats.length > 0 && { seats: seats.length, seat_price: seatPrice }),
          url: `/events/${id}`,
        }
      }),
    ),
  }
}
