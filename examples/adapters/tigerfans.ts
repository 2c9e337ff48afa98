/**
 * Maps the public routes of TigerFans onto the contract, for
 *
 *     holdfast compare --strategy http://127.0.0.1:8000 --adapter ./tigerfans.ts --workload drain
 *
 * Its two classes, A and B, stand for the first two resources that a workload makes, so that the server must
 * be started with as many tickets of each.
 */
import type { Asking, OrderAdapter } from 'holdfast'

interface Checkout {
  readonly order_id: string
  readonly redirect_url: string
}

/** Its payment provider is told how the payment ends, and tells the shop by a webhook. */
async function ended(ask: Asking, { order_id, redirect_url }: Checkout, t: string): Promise<string> {
  await ask.form(`${redirect_url}/emit`, { t })
  const hasEnded = (order: { readonly status: string }) => /PAID|FAILED|CANCELED/.test(order.status)
  return (await ask.until(`/api/orders/${order_id}`, hasEnded)).status
}

export const adapter: OrderAdapter<Checkout> = {
  sells: ['A', 'B'],
  soldOut: 409,
  order: (ask, cls) => ask.post('/api/checkout', { cls, customer_email: 'buyer@example.com' }),
  confirm: async (ask, order) => (await ended(ask, order, 'succeeded')) === 'PAID',
  release: async (ask, order) => (await ended(ask, order, 'canceled')) === 'CANCELED',
  async available(ask, cls) {
    const inventory = await ask.get<Record<string, { readonly available: number }>>('/api/inventory')
    return inventory[cls]?.available ?? 0
  },
}
