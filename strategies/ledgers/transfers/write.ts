/**
 * Transfers: a reservation as double-entry accounting in TigerBeetle, as in the TigerFans talk (000).
 * Strategies differ in how transfers are batched.
 *
 * Per resource there are three accounts. Operator funds Budget with the capacity, once; Budget cannot spend
 * more than that. A hold is one pending transfer per line from Budget to Spent, with a timeout; a confirm
 * posts it, a release voids it, and after the timeout TigerBeetle returns the amount by itself. The lines of
 * one hold are a linked chain: all or none.
 *
 * All ids derive from the names, so that a repeated request is recognised: `exists` and `already posted` are
 * answers, not errors. The ledger's number is part of each hash, so many events can share a cluster.
 */
import type { ReservationStrategy } from '../../strategy.ts'
import { Book, type SendTransfers, type TigerbeetleConnections } from '../writing/tigerbeetle/book.ts'
import { confirm, release } from '../writing/tigerbeetle/endings.ts'
import { hold } from '../writing/tigerbeetle/holds.ts'
import { availability, createResources } from '../writing/tigerbeetle/resources.ts'

export type { SendTransfers, TigerbeetleConnections } from '../writing/tigerbeetle/book.ts'
export { EVENTS_PER_REQUEST_MAX, inTime } from '../writing/tigerbeetle/calls.ts'

/** `send` carries the transfers of holds, confirms and releases. */
export function reservationsOn(
  tigerbeetle: TigerbeetleConnections['tigerbeetle'],
  send: SendTransfers,
): ReservationStrategy {
  const book = new Book(tigerbeetle, send)
  return {
    createResources: (resources) => createResources(book, resources),
    hold: (request) => hold(book, request),
    confirm: (id) => confirm(book, id),
    release: (id) => release(book, id),
    availability: (ids) => availability(book, ids),
    async expireDue() {
      return 0 // TigerBeetle does it.
    },
    async close() {},
  }
}
