/**
 * TigerBeetle pending transfers, batched across callers.
 *
 * Mechanism: as tigerbeetle-pending-transfer, but with transfers sent together: while one request is under
 * way, those of all other callers are collected for the next. The TigerFans talk (000) calls this a
 * LiveBatcher; here every caller gets its own results.
 *
 * Why it cannot oversell: as with one call at a time. A request is a list, and TigerBeetle applies it in
 * order.
 *
 *     Alice and Bob in one request, 1 left: [Alice: created, Bob: exceeds_credits] → Alice held, Bob sold out
 *
 * A chain is never split over two requests, and a request that fails fails only those in it.
 *
 * Deadline: the cluster's clock, in whole seconds. Round trips per hold: 1, shared with
 * the whole batch.
 * Weakness: a hold that just missed a request waits for two. Batches form within one process, so more
 * processes mean smaller batches (the talk's single-worker paradox). As with one call at a time, a refused
 * id stays refused, and units are free again a moment after the timeout.
 */
import type { CreateTransferResult, Transfer } from 'tigerbeetle-node'
import {
  EVENTS_PER_REQUEST_MAX,
  inTime,
  reservationsOn,
  type TigerbeetleConnections,
} from './ledgers/transfers/write.ts'
import { Batcher } from './ledgers/writing/batcher.ts'
import type { ReservationStrategy, StrategySettings } from './strategy.ts'

/** Ten full requests: more would wait for longer than anybody does. */
const WAITING_MAX = 10 * EVENTS_PER_REQUEST_MAX

export function create(
  { tigerbeetle }: TigerbeetleConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const batcher = new Batcher<Transfer, CreateTransferResult>({
    send: (transfers) => inTime(tigerbeetle.client.createTransfers([...transfers])),
    itemsMax: EVENTS_PER_REQUEST_MAX,
    waitingMax: WAITING_MAX,
    ...(settings.onBatch && { onBatch: settings.onBatch }),
  })
  return reservationsOn(tigerbeetle, (group, placeMs) => batcher.submit(group, placeMs))
}
