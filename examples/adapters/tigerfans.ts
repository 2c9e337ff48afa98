/**
 * Maps the public routes of TigerFans onto the contract, for
 *
 *     holdfast compare --strategy http://127.0.0.1:8000 --adapter ./tigerfans.ts --workload drain
 *
 * Its two classes, A and B, stand for the first two resources that a workload makes, so that the server must
 * be started with as many tickets of each. An order is one ticket; more of them, or several classes at once,
 * it cannot do: such a call throws, and its outcome is unknown.
 */
import type { ServiceAdapter } from 'holdfast'

interface Checkout {
  readonly order_id: string
  readonly redirect_url: string
}

export const adapter: ServiceAdapter = (ask) => {
  const classes = new Map<string, string>()
  const orders = new Map<string, Checkout>()
  const pay = async (hold: string, t: 'succeeded' | 'canceled') => {
    const order = orders.get(hold)
    if (order === undefined) return 'UNKNOWN'
    await ask({ method: 'POST', path: `${order.redirect_url}/emit`, form: { t } })
    for (let tries = 0; tries < 50; tries++) {
      const { status, body } = await ask({ method: 'GET', path: `/api/orders/${order.order_id}` })
      const state = (body as { readonly status?: string } | undefined)?.status ?? ''
      if (status === 200 && /PAID|FAILED|CANCELED/.test(state)) return state
      await new Promise((again) => setTimeout(again, 20))
    }
    throw new Error('the webhook has not arrived')
  }
  return {
    async createResources(resources) {
      for (const { id } of resources) classes.set(id, classes.size === 0 ? 'A' : 'B')
      if (classes.size > 2) throw new Error('it sells two classes of tickets')
    },
    async hold({ holdId, lines: [line, ...more], ttlMs }) {
      if (line === undefined || line.quantity > 1 || more.length > 0) throw new Error('one ticket an order')
      const json = { cls: classes.get(line.resourceId), customer_email: `${holdId.length}@example.com` }
      const { status, body } = await ask({ method: 'POST', path: '/api/checkout', json })
      if (status === 409) return { kind: 'sold-out', resourceId: line.resourceId, attempts: 1 }
      if (status !== 200) throw new Error(`it answered ${status}`)
      orders.set(holdId, body as Checkout)
      return { kind: 'held', deadlineMs: Date.now() + ttlMs, attempts: 1 }
    },
    confirm: async (hold) => ({ kind: (await pay(hold, 'succeeded')) === 'PAID' ? 'confirmed' : 'gone' }),
    release: async (hold) => ({ kind: (await pay(hold, 'canceled')) === 'CANCELED' ? 'released' : 'gone' }),
    async availability(ids) {
      const { body } = await ask({ method: 'GET', path: '/api/inventory' })
      const inventory = body as Readonly<Record<string, { readonly available: number }>>
      return ids.map((id) => ({
        resourceId: id,
        available: inventory[classes.get(id) ?? '']?.available ?? 0,
      }))
    },
  }
}
