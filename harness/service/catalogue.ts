/** Looks up events, seats and GA tiers by the names that buyers use. */
import type { ResourceId } from '../../strategies/strategy.ts'
import { resourceId } from '../../strategies/validation.ts'
import { Problem } from './problems.ts'
import { resourceOf, seatIds, type Venue, type VenueEvent, withoutEvent } from './venue.ts'

/**
 * An event whose seats are all resources that were created, under their own names: for test suites that
 * create their own. Present only if the service allows clients to set it up.
 */
const OPEN_EVENT = 'open'

export class Catalogue {
  readonly events: readonly VenueEvent[]
  readonly #names: ReadonlyMap<string, ReadonlySet<string>>
  readonly #hasOpenEvent: boolean

  constructor(venue: Venue, options: { readonly hasOpenEvent: boolean }) {
    this.events = venue.events
    this.#hasOpenEvent = options.hasOpenEvent
    this.#names = new Map(
      venue.events.map((event) => [
        event.id,
        new Set([
          ...event.sections.flatMap((section) => seatIds(section)),
          ...event.classes.map(({ id }) => id),
        ]),
      ]),
    )
  }

  event(id: string): VenueEvent {
    const event = this.events.find((each) => each.id === wellFormed(id))
    if (event === undefined) throw new Problem('unknown-event', `no event is called "${id}"`)
    return event
  }

  /** The resource of a seat or GA tier. */
  resource(eventId: string, name: string): ResourceId {
    if (this.#hasOpenEvent && eventId === OPEN_EVENT) return resourceId(name)
    const names = this.#names.get(wellFormed(eventId))
    if (names === undefined) throw new Problem('unknown-event', `no event is called "${eventId}"`)
    if (!names.has(wellFormed(name))) {
      throw new Problem('unknown-seat', `"${name}" is not a seat or tier of ${eventId}`, {
        resource_id: name,
      })
    }
    return resourceOf(eventId, name)
  }

  /** The name of a resource for buyers. */
  nameOf(eventId: string, resource: ResourceId): string {
    return eventId === OPEN_EVENT ? resource : withoutEvent(eventId, resource)
  }
}

/** Rejects what cannot be an id, without repeating it in the answer. */
function wellFormed(name: string): string {
  return resourceId(name)
}
