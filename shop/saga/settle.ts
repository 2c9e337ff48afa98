/**
 * What one report does to its order. When this returns, the effect is durable and the report may be
 * acknowledged; when it throws, the provider must send it again. Every call before is idempotent, so a crash
 * anywhere is repaired by the next attempt.
 */
import { holdId } from '../../strategies/validation.ts'
import type { OrderNames } from '../orders/keys.ts'
import {
  type Basket,
  CURRENCY,
  type PaymentSession,
  type RecordedOrder,
  type RefundReason,
  type Settlement,
} from '../orders/order.ts'
import { ORDER_STEPS, type OrderStatus } from '../orders/states.ts'
import { confirmed, unitsAgain } from './fulfil.ts'
import { giveGoodie } from './goodies.ts'
import { ForeignReportError, NotYetError } from './not-settled.ts'
import { part, type SagaParts } from './parts.ts'
import { sendRefund } from './refunds.ts'
import type { PaymentReport } from './report.ts'

export interface Settled {
  readonly order: RecordedOrder
  /** Nothing was changed: the outcome was recorded before. */
  readonly isRepeated: boolean
}

/** A report about an order of this shop. */
interface OwnReport extends PaymentReport {
  readonly names: OrderNames
}

export function settle(parts: SagaParts, report: PaymentReport): Promise<Settled> {
  return parts.turns.run(report.orderId, () =>
    parts.timings.measure('webhook', () => settledInTurn(parts, report)),
  )
}

async function settledInTurn(parts: SagaParts, told: PaymentReport): Promise<Settled> {
  const { keys, seen } = parts
  const { orderId, psid, reportId } = told
  const names = keys.namesOf(orderId)
  // Only this shop can derive the one from the other.
  if (names.psid !== psid) throw new ForeignReportError('this shop has no such payment session')
  const report: OwnReport = { ...told, names }
  // It saves work and decides nothing: without it everything is done again, with the same effect. So a
  // report that says that it is the first one is taken at its word.
  const isSeen =
    report.isFirst !== true &&
    (await part(parts, 'seen report', () => seen.has(reportId)).catch((error: unknown) => {
      parts.warn(error, 'it is not known whether a report was seen')
      return false
    }))
  if (!isSeen) {
    const atOnce = await fulfilledAtOnce(parts, report)
    if (atOnce !== undefined) return await recorded(parts, report, atOnce)
  }
  const before = await part(parts, 'order read', () => parts.orders.find(orderId))
  const todo = ORDER_STEPS[before?.status ?? 'none'][report.outcome]
  if (before !== undefined && (isSeen || todo === 'keep')) {
    if (!isSeen) await part(parts, 'seen report', () => seen.add(reportId))
    return { order: before, isRepeated: true }
  }
  const basket = await basketOf(parts, report)
  const settlement =
    todo === 'fulfil' ? await fulfilled(parts, report, basket) : await ended(parts, report, basket)
  return await recorded(parts, report, settlement)
}

/**
 * The common case needs no look at what was recorded before: a payment of the right amount whose hold is
 * live, or confirmed already. No order that ended in another way has such a hold, since each way releases
 * it or begins with its expiry. Undefined in every other case.
 */
async function fulfilledAtOnce(parts: SagaParts, report: OwnReport): Promise<Settlement | undefined> {
  if (report.outcome !== 'succeeded') return undefined
  const basket = await basketOf(parts, report)
  if (basket === undefined || !isPriceOf(parts, report, basket)) return undefined
  return (await confirmed(parts, report.orderId)) ? paid(parts, report, basket, report.orderId) : undefined
}

async function basketOf(
  { sessions, timings }: SagaParts,
  report: PaymentReport,
): Promise<Basket | undefined> {
  return report.basket ?? (await part({ timings }, 'session', () => sessions.find(report.psid)))
}

function isPriceOf({ catalogue }: SagaParts, { amount, currency }: PaymentReport, basket: Basket): boolean {
  return amount === catalogue.amountOf(basket.eventId, basket.lines) && currency === CURRENCY
}

async function recorded(
  parts: SagaParts,
  { reportId }: PaymentReport,
  settlement: Settlement,
): Promise<Settled> {
  const { order, isNew } = await part(parts, 'order', () => parts.orders.settle(settlement))
  parts.step('after-order')
  await afterwards(parts, order, reportId)
  parts.step('before-answer')
  return { order, isRepeated: !isNew }
}

/** What may fail without harm: the order is durable, and what is due is taken up again. */
async function afterwards(parts: SagaParts, order: RecordedOrder, reportId: string): Promise<void> {
  if (order.status === 'PAID') parts.sold(order)
  const results = await Promise.allSettled([
    order.goodie === 'due' ? part(parts, 'goodie', () => giveGoodie(parts, order)) : undefined,
    order.status === 'PAID_UNFULFILLED' ? sendRefund(parts, order.orderId) : undefined,
    part(parts, 'session', () => parts.sessions.end(order.psid, reportId)),
  ])
  for (const result of results) {
    if (result.status === 'rejected')
      parts.warn(result.reason, 'something was left for later after an order was settled')
  }
}

async function fulfilled(
  parts: SagaParts,
  report: OwnReport,
  basket: Basket | undefined,
): Promise<Settlement> {
  const { orderId } = report
  const isSold = basket !== undefined && parts.catalogue.amountOf(basket.eventId, basket.lines) !== undefined
  if (!isSold || !isPriceOf(parts, report, basket)) {
    await released(parts, orderId)
    return refunded(parts, report, basket, isSold ? 'wrong-amount' : 'unknown-basket')
  }
  if (await confirmed(parts, orderId)) return paid(parts, report, basket, orderId)
  const taken = await unitsAgain(parts, orderId, basket)
  if (taken.kind === 'gone') return refunded(parts, report, basket, taken.reason)
  return paid(parts, report, basket, taken.hold)
}

function paid(parts: SagaParts, report: OwnReport, basket: Basket, soldHold: string): Settlement {
  const { ticketCode } = report.names
  return { ...common(parts, report, basket), status: 'PAID', soldHold, ticketCode }
}

function refunded(
  parts: SagaParts,
  report: OwnReport,
  basket: Basket | undefined,
  reason: RefundReason,
): Settlement {
  const refund = { refundId: parts.keys.refundIdOf(report.orderId), amount: report.amount, reason }
  return { ...common(parts, report, basket), status: 'PAID_UNFULFILLED', refund }
}

/**
 * The buyer gave the tickets up before paying: the order becomes `CANCELED`, and a payment that comes all
 * the same is treated like any other. False if the tickets are paid meanwhile.
 */
export async function cancel(parts: SagaParts, session: PaymentSession): Promise<boolean> {
  const { orderId, psid } = session
  return await parts.turns.run(orderId, async () => {
    if (!(await isReleased(parts, orderId))) return false
    await part(parts, 'order', () =>
      parts.orders.settle({ ...common(parts, session, session), status: 'CANCELED' }),
    )
    parts.step('after-order')
    await part(parts, 'session', () => parts.sessions.end(psid))
    return true
  })
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
  if (!(await isReleased(parts, orderId)))
    throw new NotYetError('the units are sold, and the order is not recorded yet')
}

/** False if the units are sold. */
async function isReleased(parts: SagaParts, orderId: string): Promise<boolean> {
  parts.step('before-release')
  const { kind } = await part(parts, 'reserve', () => parts.strategy.release(holdId(orderId)))
  if (kind === 'already-confirmed') return false
  parts.step('after-release')
  return true
}

function common(
  { catalogue }: SagaParts,
  { orderId, psid, amount }: Pick<PaymentReport, 'orderId' | 'psid' | 'amount'>,
  basket: Basket = NO_BASKET,
): Omit<Settlement, 'status'> {
  const { eventId, lines, email } = basket
  const goodies = catalogue.event(eventId)?.goodies ?? 0
  return { orderId, psid, amount, eventId, lines, email, goodies, soldHold: '', ticketCode: '' }
}

/** Money came for something that nobody remembers. */
const NO_BASKET: Basket = { eventId: '', lines: [], email: '' }
