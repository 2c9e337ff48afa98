/**
 * What one report does to its order. When this returns, the effect is durable and the report may be
 * acknowledged; when it throws, the provider must send it again. Every call before is idempotent, so a crash
 * anywhere is repaired by the next attempt.
 */
import { holdId } from '../../strategies/validation.ts'
import { type Basket, CURRENCY, type RefundReason, type Settlement, type ShopOrder } from '../orders/order.ts'
import { ORDER_STEPS, type OrderStatus } from '../orders/states.ts'
import { takenUnits } from './fulfil.ts'
import { giveGoodie } from './goodies.ts'
import { ForeignReportError, NotYetError } from './not-settled.ts'
import { part, type SagaParts } from './parts.ts'
import { sendRefund } from './refunds.ts'
import type { PaymentReport } from './report.ts'

export interface Settled {
  readonly order: ShopOrder
  /** Nothing was changed: the outcome was recorded before. */
  readonly isRepeated: boolean
}

export function settle(parts: SagaParts, report: PaymentReport): Promise<Settled> {
  return parts.turns.run(report.orderId, () =>
    parts.timings.measure('webhook', () => settledInTurn(parts, report)),
  )
}

async function settledInTurn(parts: SagaParts, report: PaymentReport): Promise<Settled> {
  const { keys, orders, seen, sessions } = parts
  const { orderId, psid, reportId } = report
  // Only this shop can derive the one from the other.
  if (keys.psidOf(orderId) !== psid) throw new ForeignReportError('this shop has no such payment session')
  // It saves work and decides nothing: without it the order alone is read.
  const isSeen = await part(parts, 'seen report', () => seen.has(reportId)).catch((error: unknown) => {
    parts.warn(error, 'it is not known whether a report was seen')
    return false
  })
  const before = await part(parts, 'order read', () => orders.find(orderId))
  if (isSeen && before !== undefined) return { order: before, isRepeated: true }
  const todo = ORDER_STEPS[before?.status ?? 'none'][report.outcome]
  if (todo === 'keep' && before !== undefined) {
    await part(parts, 'seen report', () => seen.add(reportId))
    return { order: before, isRepeated: true }
  }
  const basket = report.basket ?? (await part(parts, 'session', () => sessions.find(psid)))
  const settlement =
    todo === 'fulfil' ? await fulfilled(parts, report, basket) : await ended(parts, report, basket)
  const order = await part(parts, 'order', () => orders.settle(settlement))
  parts.step('after-order')
  await afterwards(parts, order, reportId)
  parts.step('before-answer')
  return { order, isRepeated: false }
}

/** What may fail without harm: the order is durable, and what is due is taken up again. */
async function afterwards(parts: SagaParts, order: ShopOrder, reportId: string): Promise<void> {
  if (order.status === 'PAID') parts.sold(order)
  const results = await Promise.allSettled([
    order.goodie === 'due' ? part(parts, 'goodie', () => giveGoodie(parts, order)) : undefined,
    order.status === 'PAID_UNFULFILLED' ? sendRefund(parts, order.orderId) : undefined,
    part(parts, 'seen report', () => parts.seen.add(reportId)),
    part(parts, 'session', () => parts.sessions.end(order.psid)),
  ])
  for (const result of results) {
    if (result.status === 'rejected')
      parts.warn(result.reason, 'something was left for later after an order was settled')
  }
}

async function fulfilled(
  parts: SagaParts,
  report: PaymentReport,
  basket: Basket | undefined,
): Promise<Settlement> {
  const expected = basket && parts.catalogue.amountOf(basket.eventId, basket.lines)
  if (basket === undefined || expected === undefined) return refunded(parts, report, basket, 'unknown-basket')
  if (report.amount !== expected || report.currency !== CURRENCY) {
    await released(parts, report.orderId)
    return refunded(parts, report, basket, 'wrong-amount')
  }
  const taken = await takenUnits(parts, report.orderId, basket)
  if (taken === undefined) return refunded(parts, report, basket, 'sold-out')
  return {
    ...common(parts, report, basket),
    status: 'PAID',
    soldHold: taken,
    ticketCode: parts.keys.ticketCodeOf(report.orderId),
  }
}

function refunded(
  parts: SagaParts,
  report: PaymentReport,
  basket: Basket | undefined,
  reason: RefundReason,
): Settlement {
  const refund = { refundId: parts.keys.refundIdOf(report.orderId), amount: report.amount, reason }
  return { ...common(parts, report, basket), status: 'PAID_UNFULFILLED', refund }
}

async function ended(
  parts: SagaParts,
  report: PaymentReport,
  basket: Basket | undefined,
): Promise<Settlement> {
  await released(parts, report.orderId)
  const status: OrderStatus = report.outcome === 'canceled' ? 'CANCELED' : 'FAILED'
  return { ...common(parts, report, basket), status }
}

/**
 * Throws `NotYetError` if the units are sold: then a success is on its way to be recorded, and will be
 * reported again.
 */
async function released(parts: SagaParts, orderId: string): Promise<void> {
  parts.step('before-release')
  const { kind } = await part(parts, 'reserve', () => parts.strategy.release(holdId(orderId)))
  if (kind === 'already-confirmed')
    throw new NotYetError('the units are sold, and the order is not recorded yet')
  parts.step('after-release')
}

function common(
  { catalogue }: SagaParts,
  { orderId, psid, amount }: PaymentReport,
  basket: Basket = NO_BASKET,
): Omit<Settlement, 'status'> {
  const { eventId, lines, email } = basket
  const goodies = catalogue.event(eventId)?.goodies ?? 0
  return { orderId, psid, amount, eventId, lines, email, goodies, soldHold: '', ticketCode: '' }
}

/** Money came for something that nobody remembers. */
const NO_BASKET: Basket = { eventId: '', lines: [], email: '' }
