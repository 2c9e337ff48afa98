/**
 * The seat map of an event, from a short-lived cache: however many clients look at 80,000 seats, they are
 * read once each time the copy is too old, and requests meanwhile wait for that read.
 */
import { createHash } from 'node:crypto'
import type { Availability, ResourceId } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import { Problem } from './problems.ts'
import { resourceOf, seatIds, type VenueEvent } from './venue.ts'

export interface MapCopy {
  /** The whole answer. */
  readonly json: string
  /** Weak: two copies with the same seats are equal, whenever they were read. */
  readonly etag: string
  /** When the reading began, by the monotonic clock. */
  readonly readMs: number
}

/**
 * Readings of a store under way at once, if each request reads it: each keeps the rows of 80,000 seats in
 * memory, and 500 such requests a second end a process of 4 GB within a minute.
 */
export const READINGS_MAX = 32

export type ReadAvailability = (ids: readonly ResourceId[]) => Promise<readonly Availability[]>

export class SeatMaps {
  readonly #read: ReadAvailability
  readonly #ageMsMax: number
  readonly #copies = new Map<string, MapCopy>()
  readonly #reading = new Map<string, Promise<MapCopy>>()
  #readings = 0

  /** `ageMsMax` 0: every request reads the store. */
  constructor(read: ReadAvailability, ageMsMax: number) {
    this.#read = read
    this.#ageMsMax = ageMsMax
  }

  /** Rejects with a `Problem` if too many requests read the store already. */
  of(event: VenueEvent): Promise<MapCopy> {
    if (this.#ageMsMax === 0) return this.#uncached(event)
    const copy = this.#copies.get(event.id)
    if (copy !== undefined && monotonicMs() - copy.readMs < this.#ageMsMax) return Promise.resolve(copy)
    let reading = this.#reading.get(event.id)
    if (reading === undefined) {
      reading = this.#fresh(event)
        .then((fresh) => {
          this.#copies.set(event.id, fresh)
          return fresh
        })
        .finally(() => this.#reading.delete(event.id))
      this.#reading.set(event.id, reading)
    }
    return reading
  }

  async #uncached(event: VenueEvent): Promise<MapCopy> {
    if (this.#readings >= READINGS_MAX)
      throw new Problem('overloaded', `${READINGS_MAX} requests read the seats already`)
    this.#readings += 1
    try {
      return await this.#fresh(event)
    } finally {
      this.#readings -= 1
    }
  }

  async #fresh(event: VenueEvent): Promise<MapCopy> {
    const readMs = monotonicMs()
    const asOf = new Date().toISOString()
    const sections = event.sections.map((section) => ({
      section,
      ids: seatIds(section).map((seat) => resourceOf(event.id, seat)),
    }))
    const classes = event.classes.map(({ id }) => resourceOf(event.id, id))
    // A strategy answers one per id, in the requested order.
    const answers = (await this.#read([...sections.flatMap(({ ids }) => ids), ...classes]))[Symbol.iterator]()
    const next = (): number => {
      const { value, done } = answers.next()
      if (done === true) throw new Error('the strategy answered fewer seats than were requested')
      return value.available
    }
    const told = {
      sections: sections.map(({ section, ids }) => ({
        ...section,
        seats: ids.map(() => (next() > 0 ? '.' : 'x')).join(''),
      })),
      classes: event.classes.map((each) => ({ ...each, available: next() })),
    }
    const seats = JSON.stringify(told)
    const etag = `W/"${createHash('sha256').update(seats).digest('base64url').slice(0, 22)}"`
    return {
      json: `{"event_id":${JSON.stringify(event.id)},"as_of":"${asOf}",${seats.slice(1)}`,
      etag,
      readMs,
    }
  }
}
