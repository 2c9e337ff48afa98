/**
 * The states of an order, as data. An order is unknown until its payment has an outcome: until then there is
 * only a hold, which expires by itself, and a payment session.
 */

/**
 * `PAID`: the units are the buyer's. `PAID_UNFULFILLED`: the money came, the units were gone, and a refund is
 * recorded. `FAILED`, `CANCELED`: nothing was paid, and the units were released.
 */
export type OrderStatus = 'FAILED' | 'CANCELED' | 'PAID' | 'PAID_UNFULFILLED'

/** What the payment provider reports of one payment. */
export type PaymentOutcome = 'succeeded' | 'failed' | 'canceled'
export const PAYMENT_OUTCOMES: readonly PaymentOutcome[] = ['succeeded', 'failed', 'canceled']

/**
 * What a report does. `fulfil`: confirm the hold, or take the units again, or record a refund. `end`: release
 * the hold. `keep`: nothing, the order stays as it is.
 */
export type OrderStep = 'fulfil' | 'end' | 'keep'

const OPEN = { succeeded: 'fulfil', failed: 'end', canceled: 'end' } as const
/** Reports may arrive out of order, and a buyer may pay after a failure: money that came is never ignored. */
const ENDED = { succeeded: 'fulfil', failed: 'keep', canceled: 'keep' } as const
const SETTLED = { succeeded: 'keep', failed: 'keep', canceled: 'keep' } as const

export const ORDER_STEPS: Readonly<
  Record<OrderStatus | 'none', Readonly<Record<PaymentOutcome, OrderStep>>>
> = {
  none: OPEN,
  FAILED: ENDED,
  CANCELED: ENDED,
  PAID: SETTLED,
  PAID_UNFULFILLED: SETTLED,
}

/** The states that a later payment still changes. */
export const CHANGEABLE: readonly OrderStatus[] = ['FAILED', 'CANCELED']
