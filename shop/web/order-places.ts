/**
 * From which place of the waiting room an order was begun: when it is paid, the place is free for somebody
 * else. Kept in this process alone: after a crash such a place ends when its time is over.
 */
import type { FastifyRequest } from 'fastify'
import type { PlaceId } from '../waiting-room/queue/room.ts'
import type { WaitingRoom } from '../waiting-room/waiting-room.ts'
import { visitorOf } from '../waiting-room/web/visitor.ts'

/** Orders that were begun and not paid; the oldest are forgotten first. */
const ORDERS_MAX = 100_000

export class OrderPlaces {
  readonly #room: Pick<WaitingRoom, 'keys' | 'leave'>
  readonly #warn: (error: unknown, what: string) => void
  readonly #places = new Map<string, PlaceId>()

  constructor(room: Pick<WaitingRoom, 'keys' | 'leave'>, warn: (error: unknown, what: string) => void) {
    this.#room = room
    this.#warn = warn
  }

  /** By a visitor; one who needs no place, as a load client at an open door, has none. */
  begun(orderId: string, request: Pick<FastifyRequest, 'headers'>): void {
    const { place } = visitorOf(request, this.#room.keys)
    if (place === undefined) return
    const [oldest] = this.#places.keys()
    if (this.#places.size >= ORDERS_MAX && oldest !== undefined) this.#places.delete(oldest)
    this.#places.set(orderId, place)
  }

  /** Never rejects, and nobody waits for it: a place that is not freed ends by itself. */
  paid(orderId: string): void {
    const place = this.#places.get(orderId)
    if (place === undefined) return
    this.#places.delete(orderId)
    this.#room
      .leave(place)
      .catch((error: unknown) => this.#warn(error, 'the place of a paid order was not freed'))
  }
}
