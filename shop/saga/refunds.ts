/** Sends recorded refunds to the provider. A refund's id makes repeated requests one. */
import type { Refund } from '../orders/order.ts'
import type { SagaParts } from './parts.ts'

/** Of one order, if it has one that was not sent. */
export async function sendRefund(parts: SagaParts, orderId: string): Promise<void> {
  const refund = await parts.orders.refundOf(orderId)
  if (refund !== undefined && !refund.isSent) await sent(parts, refund)
}

export async function sent({ provider, orders, step }: SagaParts, refund: Refund): Promise<void> {
  step('before-refund-sent')
  await provider.refund({ refundId: refund.refundId, psid: refund.psid, amount: refund.amount })
  step('after-refund-sent')
  await orders.refundSent(refund.refundId)
}
