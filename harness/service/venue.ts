/**
 * What is on sale: events with seats in rows, and tiers that are counted instead of numbered (general
 * admission, goodies).
 *
 * Every seat is a resource of capacity 1 and every tier one of capacity N, with the id `<event>:<seat or
 * tier>`.
 */
import { readFile, stat } from 'node:fs/promises'
import Type from 'typebox'
import Value from 'typebox/value'
import type { Resource, ResourceId } from '../../strategies/strategy.ts'
import { resourceId } from '../../strategies/validation.ts'

/** Short enough that the names of event, section and seat together fit into a resource id. */
const Name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.]{0,31}$' })

const Section = Type.Object(
  {
    id: Name,
    rows: Type.Integer({ minimum: 1, maximum: 1_000 }),
    seats_per_row: Type.Integer({ minimum: 1, maximum: 1_000 }),
  },
  { additionalProperties: false },
)

/** No venue has more units, and a strategy with a row or key per unit would take minutes to create them. */
const CLASS_CAPACITY_MAX = 1_000_000

const AdmissionClass = Type.Object(
  { id: Name, capacity: Type.Integer({ minimum: 1, maximum: CLASS_CAPACITY_MAX }) },
  { additionalProperties: false },
)

const Event = Type.Object(
  {
    id: Name,
    name: Type.String({ minLength: 1, maxLength: 200 }),
    /** Where and when it is, for those who look for one among many. */
    city: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    date: Type.Optional(Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$' })),
    sections: Type.Array(Section, { maxItems: 200 }),
    classes: Type.Array(AdmissionClass, { maxItems: 100 }),
  },
  { additionalProperties: false },
)

const EVENTS_MAX = 100
const VenueFile = Type.Object(
  { events: Type.Array(Event, { minItems: 1, maxItems: EVENTS_MAX }) },
  { additionalProperties: false },
)

export type VenueEvent = Type.Static<typeof Event>
export type Venue = Type.Static<typeof VenueFile>

/** A seat map is read in one call of the strategy, which accepts this many. */
const SEATS_PER_EVENT_MAX = 100_000
const FILE_BYTES_MAX = 1_048_576

/** A venue's description is not valid. The message is one sentence. */
export class VenueError extends Error {
  override readonly name = 'VenueError'
  readonly code = 'venue'
}

/** Venues without a file. */
export const VENUES: Readonly<Record<string, Venue>> = {
  /** A club with numbered seats, two GA tiers and goodies. */
  small: {
    events: [
      {
        id: 'gig',
        name: 'A club night',
        city: 'Vienna',
        date: '2027-05-07',
        sections: [
          { id: 'floor', rows: 10, seats_per_row: 20 },
          { id: 'balcony', rows: 4, seats_per_row: 25 },
        ],
        classes: [
          { id: 'A', capacity: 500 },
          { id: 'B', capacity: 1_000 },
          { id: 'goodie', capacity: 100 },
        ],
      },
    ],
  },
  /** The tiers of the TigerFans talk (000): two kinds of tickets, and goodies for the first buyers. */
  tigerfans: tigerfansOf({ A: 5_000, B: 10_000, goodie: 100 }),
  /**
   * For the load client of TigerFans, whose code has five million of each class: no run of it sells out a
   * class, and every ticket comes with a goodie.
   */
  'tigerfans-load': tigerfansOf({ A: CLASS_CAPACITY_MAX, B: CLASS_CAPACITY_MAX, goodie: 100_000 }),
  /** The 80,000 seats of Vetora's naive Ticketmaster (001). */
  stadium: {
    events: [
      {
        id: 'onsale',
        name: 'The onsale of a stadium',
        city: 'Manchester',
        date: '2027-07-02',
        sections: Array.from({ length: 40 }, (_, at) => ({
          id: `block${at + 1}`,
          rows: 40,
          seats_per_row: 50,
        })),
        classes: [],
      },
    ],
  },
  /** One band, several cities and evenings. */
  tour: {
    events: (
      [
        ['vienna1', 'Vienna', '2027-05-07'],
        ['vienna2', 'Vienna', '2027-05-08'],
        ['london1', 'London', '2027-05-14'],
        ['london2', 'London', '2027-05-15'],
        ['lisbon', 'Lisbon', '2027-05-14'],
      ] as const
    ).map(([id, city, date]) => ({
      id,
      name: `The tour in ${city}`,
      city,
      date,
      sections: [{ id: 'floor', rows: 8, seats_per_row: 20 }],
      classes: [
        { id: 'standing', capacity: 300 },
        { id: 'goodie', capacity: 20 },
      ],
    })),
  },
}

/** A venue by name, or from a JSON file. Throws `VenueError`. */
export async function venueFor(given: string): Promise<Venue> {
  const known = VENUES[given]
  if (known !== undefined) return known
  const found = await stat(given).catch(() => undefined)
  if (found === undefined) {
    throw new VenueError(
      `no venue is called "${given}", and there is no such file: there are ${Object.keys(VENUES).join(', ')}`,
    )
  }
  if (found.isDirectory()) {
    throw new VenueError(
      `${given} is a folder, not a JSON file; by name there are ${Object.keys(VENUES).join(', ')}`,
    )
  }
  if (!found.isFile() || found.size > FILE_BYTES_MAX) {
    throw new VenueError(`${given} is not a file of at most ${FILE_BYTES_MAX} bytes`)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(given, 'utf8'))
  } catch {
    throw new VenueError(`${given} is not JSON`)
  }
  return checkedVenue(parsed, given)
}

/** The description as a venue. Throws `VenueError` if it is not valid. */
function checkedVenue(described: unknown, source: string): Venue {
  if (!Value.Check(VenueFile, described)) {
    const [first] = Value.Errors(VenueFile, described)
    throw new VenueError(
      `${source} describes no venue: ${first?.instancePath || 'it'} ${first?.message ?? 'is wrong'}`,
    )
  }
  const ids = new Set<string>()
  for (const event of described.events) {
    if (ids.has(event.id)) throw new VenueError(`${source} has two events called ${event.id}`)
    ids.add(event.id)
    const seats = seatCount(event)
    if (seats + event.classes.length > SEATS_PER_EVENT_MAX) {
      throw new VenueError(`${event.id} in ${source} has ${seats} seats, at most ${SEATS_PER_EVENT_MAX}`)
    }
    if (seats + event.classes.length === 0)
      throw new VenueError(`${event.id} in ${source} has nothing to sell`)
    const names = [...event.sections, ...event.classes].map(({ id }) => id)
    const twice = names.find((name, at) => names.indexOf(name) !== at)
    if (twice !== undefined)
      throw new VenueError(`${event.id} in ${source} has two seats or tiers called ${twice}`)
  }
  return described
}

export function seatCount(event: VenueEvent): number {
  return event.sections.reduce((sum, { rows, seats_per_row }) => sum + rows * seats_per_row, 0)
}

/** `floor-3-17`: section, row and seat, both counted from 1; in the order of a seat map. */
export function seatIds(section: VenueEvent['sections'][number]): readonly string[] {
  return Array.from(
    { length: section.rows * section.seats_per_row },
    (_, at) =>
      `${section.id}-${Math.floor(at / section.seats_per_row) + 1}-${(at % section.seats_per_row) + 1}`,
  )
}

/** The resource id. */
export function resourceOf(eventId: string, seatOrClass: string): ResourceId {
  return resourceId(`${eventId}:${seatOrClass}`)
}

/** The name for buyers. */
export function withoutEvent(eventId: string, resource: ResourceId): string {
  return resource.startsWith(`${eventId}:`) ? resource.slice(eventId.length + 1) : resource
}

/** Everything that an event sells. */
export function resourcesOf(event: VenueEvent): readonly Resource[] {
  return [
    ...event.sections.flatMap((section) =>
      seatIds(section).map((seat) => ({ id: resourceOf(event.id, seat), capacity: 1 })),
    ),
    ...event.classes.map(({ id, capacity }) => ({ id: resourceOf(event.id, id), capacity })),
  ]
}

/** `300 seats and 3 GA tiers`. */
export function stockWords({ events }: Venue): string {
  const seats = events.reduce((sum, event) => sum + seatCount(event), 0)
  const tiers = events.reduce((sum, { classes }) => sum + classes.length, 0)
  const parts = [
    ...(seats > 0 ? [`${seats} ${seats === 1 ? 'seat' : 'seats'}`] : []),
    ...(tiers > 0 ? [`${tiers} GA ${tiers === 1 ? 'tier' : 'tiers'}`] : []),
  ]
  return parts.join(' and ')
}

/** One event without seats. */
function tigerfansOf(capacities: Readonly<Record<string, number>>): Venue {
  return {
    events: [
      {
        id: 'tigerfans',
        name: 'TigerFans',
        city: 'Vienna',
        date: '2027-06-11',
        sections: [],
        classes: Object.entries(capacities).map(([id, capacity]) => ({ id, capacity })),
      },
    ],
  }
}
