/**
 * Transfers: a reservation as double-entry accounting in TigerBeetle, as the TigerFans talk (000) has it.
 * Strategies differ in how transfers travel.
 *
 * Per resource there are three accounts. Operator funds Budget with the capacity, once; Budget may not owe
 * more than it was given. A hold is one pending transfer per line from Budget to Spent, with a timeout; a
 * confirm posts it, a release voids it, and after the timeout TigerBeetle returns the amount by itself. The
 * lines of one hold are a linked chain: all or none.
 *
 * All ids derive from the names, so that a request which is sent again is recognised: `exists` and `already
 * posted` are answers, not errors. Accounts and transfers of a ledger are found by hashing its number along,
 * so many events share a cluster.
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
