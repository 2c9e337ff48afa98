/**
 * Checkout: hold the units, open a payment session, and tell the provider. The hold comes first and expires
 * by itself, so that a crash anywhere here leaves nothing to clean up.
 */
import { holdId } from '../../strategies/validation.ts'
import { type Basket, CURRENCY, type PaymentSession } from '../orders/order.ts'
import { ticketsIn } from './customer-limit.ts'
import { part, type SagaParts } from './parts.ts'

export type CheckoutOutcome =
  | { readonly kind: 'held'; readonly session: PaymentSession }
  /** `name`: the seat or GA tier that is gone. */
  | { readonly kind: 'sold-out'; readonly name: string }
  | { readonly kind: 'contended' }
  /** The idempotency key was used for another basket. */
  | { readonly kind: 'id-reused' }
  /** The event does not sell one of the lines. */
  | { readonly kind: 'not-for-sale' }
  | { readonly kind: 'too-many'; readonly ticketsMax: number }
  /** With these, the customer would have more tickets of the event than one may have. */
  | { readonly kind: 'limit-reached'; readonly customerMax: number }

/**
 * Throws if it is unknown whether the units were held; they are free again at the deadline at the latest.
 * With an idempotency key, a repeated checkout has one effect and one answer.
 */
export async function checkout(
  parts: SagaParts,
  basket: Basket,
  idempotencyKey?: string,
): Promise<CheckoutOutcome> {
  const { catalogue, keys, settings } = parts
  const amount = catalogue.amountOf(basket.eventId, basket.lines)
  if (amount === undefined) return { kind: 'not-for-sale' }
  const tickets = ticketsIn(basket)
  if (tickets > settings.ticketsMax) return { kind: 'too-many', ticketsMax: settings.ticketsMax }
  const { max } = parts.limit
  if (max > 0 && tickets > max) return { kind: 'limit-reached', customerMax: max }
  const orderId = idempotencyKey === undefined ? keys.newOrderId() : keys.orderIdOf(idempotencyKey)
  return await parts.timings.measure('checkout', () => held(parts, basket, orderId, amount))
}

async function held(
  parts: SagaParts,
  basket: Basket,
  orderId: string,
  amount: number,
): Promise<CheckoutOutcome> {
  const { strategy, keys, settings, limit } = parts
  await limit.prepare(strategy, basket)
  parts.step('before-hold')
  const lines = limit.linesOf(basket)
  const outcome = await part(parts, 'reserve', () =>
    strategy.hold({ holdId: holdId(orderId), lines, ttlMs: settings.holdMs }),
  )
  switch (outcome.kind) {
    case 'sold-out':
      if (limit.isLimit(basket.eventId, outcome.resourceId)) {
        return { kind: 'limit-reached', customerMax: limit.max }
      }
      return { kind: 'sold-out', name: outcome.resourceId.slice(basket.eventId.length + 1) }
    case 'contended':
    case 'id-reused':
      return { kind: outcome.kind }
    case 'held':
      break
  }
  parts.step('after-hold')
  const session: PaymentSession = {
    ...basket,
    psid: keys.namesOf(orderId).psid,
    orderId,
    amount,
    deadlineMs: outcome.deadlineMs,
  }
  try {
    await opened(parts, session)
  } catch (error) {
    // The buyer cannot pay: somebody else may have the units at once. If this fails too, they expire.
    await part(parts, 'reserve', () => strategy.release(holdId(orderId))).catch(() => undefined)
    throw error
  }
  return { kind: 'held', session }
}

/** The provider echoes the metadata, so that a session that was lost can still be fulfilled or refunded. */
async function opened(parts: SagaParts, session: PaymentSession): Promise<void> {
  const { psid, orderId, amount, eventId, lines, email } = session
  await part(parts, 'session', () => parts.sessions.save(session))
  parts.step('after-session')
  await part(parts, 'payment session', () =>
    parts.provider.create({
      psid,
      orderId,
      amount,
      currency: CURRENCY,
      returnPath: `/orders/${orderId}`,
      metadata: { eventId, lines, email },
    }),
  )
  parts.step('after-payment-session')
}
