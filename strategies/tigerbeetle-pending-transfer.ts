/**
 * TigerBeetle pending transfers: reservations as double-entry accounting, one call at a time.
 *
 * Mechanism: a hold is a pending transfer from the resource's Budget account to its Spent account,
 * with a timeout; confirm posts it, release voids it. Several lines are one linked chain. Each call
 * sends its own transfers.
 *
 * Why it cannot oversell: the Budget account carries `debits_must_not_exceed_credits`, pending debits count,
 * and TigerBeetle applies transfers one after another, on every replica in the same order.
 *
 *     Alice: pending transfer of 1 from Budget (1 left) → created → held
 *     Bob:   pending transfer of 1 from Budget (0 left) → exceeds_credits → sold out
 *
 * Deadline: the cluster's clock, in whole seconds. Posting after it is refused. Round trips per hold: 1;
 * per confirm: 1, or 2 if another process made the hold.
 * Weakness: TigerBeetle is built for thousands of transfers per request, and this sends one, so most of the
 * cost is fixed (the client library puts calls that wait at the same moment into one request, which helps
 * when there are many). An id that was refused stays refused: a retry needs a new id. After the timeout the
 * units are freed by TigerBeetle's next pulse, within a fraction of a second; until then they can be neither
 * confirmed nor held.
 */
import {
  EVENTS_PER_REQUEST_MAX,
  inTime,
  reservationsOn,
  type TigerbeetleConnections,
} from './ledgers/transfers/write.ts'
import type { ReservationStrategy } from './strategy.ts'

export function create({ tigerbeetle }: TigerbeetleConnections): ReservationStrategy {
  return reservationsOn(tigerbeetle, async (group) => {
    if (group.length > EVENTS_PER_REQUEST_MAX)
      throw new RangeError(`a request carries ${EVENTS_PER_REQUEST_MAX} transfers`)
    return { kind: 'sent', results: await inTime(tigerbeetle.client.createTransfers([...group])) }
  })
}
