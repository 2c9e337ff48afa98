/**
 * The first N paid orders get a goodie. Who is among them is decided by the transaction that records the
 * payment; the goodie itself is then held and confirmed like everything else that is scarce, after the ticket
 * is safe.
 */
import { holdId } from '../../strategies/validation.ts'
import { goodieLine } from '../catalogue.ts'
import type { RecordedOrder } from '../orders/order.ts'
import { NotYetError } from './not-settled.ts'
import type { SagaParts } from './parts.ts'

const GOODIE_HOLD_MS = 60_000
const TRIES_MAX = 4

/** Throws if the answer is open; the order stays due, and is tried again. */
export async function giveGoodie(parts: SagaParts, order: RecordedOrder): Promise<void> {
  const isGiven = await taken(parts, order)
  parts.step('after-goodie-confirm')
  // The ticket stands without it.
  await parts.orders.setGoodie(order.orderId, isGiven ? 'given' : 'none')
  parts.step('after-goodie')
}

async function taken({ strategy, step }: SagaParts, { orderId, eventId }: RecordedOrder): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
    const id = holdId(`${orderId}.goodie${attempt}`)
    const outcome = await strategy.hold({ holdId: id, lines: goodieLine(eventId), ttlMs: GOODIE_HOLD_MS })
    switch (outcome.kind) {
      case 'held':
        step('after-goodie-hold')
        if ((await strategy.confirm(id)).kind === 'confirmed') return true
        break
      case 'sold-out':
        return false
      case 'contended':
        if (outcome.reason !== 'id-refused') throw new NotYetError(`goodies are contended: ${outcome.reason}`)
        break
      case 'id-reused':
        throw new Error('the goodie of an order was held with other lines')
    }
  }
  return false
}
