/** Answers of TigerFans, field by field, so that its own pages and load client read them here. */
import { wholeSeconds } from '../../strategies/validation.ts'
import { CURRENCY, type PaymentSession } from '../orders/order.ts'
import { ticketsIn } from '../saga/customer-limit.ts'
import type { SagaParts } from '../saga/parts.ts'
import type { TierFigures } from './shop-web.ts'

export const PENDING_DEFAULT = 100
export const PENDING_MAX = 1_000

/** `timestamp`: of the reading, the same in each tier. */
export function inventoryJson(figures: readonly TierFigures[], isOpen: boolean) {
  const timestamp = new Date().toISOString()
  return Object.fromEntries(
    figures.map(({ tier, capacity, available, sold, held }) => {
      const open = { available, sold_out: available <= 0, timestamp }
      return [tier, isOpen ? { capacity, sold, active_holds: held, ...open } : open]
    }),
  )
}

/** The newest sessions; `total` counts them all. */
export async function pendingJson(
  { sessions, settings, catalogue }: Pick<SagaParts, 'sessions' | 'settings' | 'catalogue'>,
  limit: number,
) {
  const [{ pending }, newest] = await Promise.all([sessions.counts(), sessions.pending(limit, 'last')])
  const nowMs = Date.now()
  const itemOf = (session: PaymentSession) => {
    const { psid, orderId, eventId, lines, email, amount, deadlineMs } = session
    // No store keeps when a session was made, but every hold of a shop is equally long.
    const createdMs = deadlineMs - wholeSeconds(settings.holdMs)
    return {
      psid,
      created_at: createdMs / 1_000,
      age_ms: Math.max(0, Math.floor(nowMs - createdMs)),
      order_id: orderId,
      cls: lines[0]?.name ?? '',
      qty: ticketsIn(session),
      email,
      amount,
      currency: CURRENCY,
      try_goodie: (catalogue.event(eventId)?.goodies ?? 0) > 0,
      status: 'PENDING',
    }
  }
  return { items: newest.map(itemOf), enabled: true, limit, total: pending }
}
