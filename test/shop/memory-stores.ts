/** The shop's stores in this process, for tests without an engine. */
import type { PaymentSession, Refund, ShopOrder } from '../../shop/orders/order.ts'
import { CHANGEABLE } from '../../shop/orders/states.ts'
import { MINUTE_MS, SESSION_GRACE_MS, type ShopStores } from '../../shop/stores/stores.ts'

export interface MemoryStores extends ShopStores {
  readonly allOrders: ReadonlyMap<string, ShopOrder>
  /** As if Redis had lost everything. */
  loseSessions(): void
}

export function memoryStores(nowMs: () => number): MemoryStores {
  const orders = new Map<string, ShopOrder>()
  return { allOrders: orders, ...memorySessions(nowMs), orders: memoryOrders(nowMs, orders) }
}

function memorySessions(nowMs: () => number): Pick<MemoryStores, 'sessions' | 'seen' | 'loseSessions'> {
  const sessions = new Map<string, PaymentSession>()
  const seen = new Set<string>()
  return {
    loseSessions() {
      sessions.clear()
      seen.clear()
    },
    sessions: {
      async save(session) {
        if (!sessions.has(session.psid)) sessions.set(session.psid, session)
      },
      find: async (psid) => sessions.get(psid),
      async end(psid, reportId) {
        sessions.delete(psid)
        if (reportId !== undefined) seen.add(reportId)
      },
      async pending(limit, first = 'next') {
        const open = [...sessions.values()].filter(({ deadlineMs }) => deadlineMs > nowMs())
        const sorted = open.toSorted((a, b) => a.deadlineMs - b.deadlineMs)
        return (first === 'next' ? sorted : sorted.toReversed()).slice(0, limit)
      },
      async counts() {
        const now = nowMs()
        const between = (from: number, to: number): number =>
          [...sessions.values()].filter(({ deadlineMs }) => deadlineMs > from && deadlineMs <= to).length
        return {
          pending: between(now, Number.POSITIVE_INFINITY),
          timedOut: between(now - SESSION_GRACE_MS, now),
          timedOutInMinute: between(now - MINUTE_MS, now),
        }
      },
      forgetOld: async () => 0,
    },
    seen: {
      has: async (id) => seen.has(id),
      async add(id) {
        seen.add(id)
      },
    },
  }
}

function memoryOrders(nowMs: () => number, orders: Map<string, ShopOrder>): MemoryStores['orders'] {
  const refunds = new Map<string, Refund>()
  const paid = new Map<string, number>()
  return {
    find: async (id) => orders.get(id),
    statuses: async (ids) =>
      new Map(
        ids.flatMap((id) => {
          const order = orders.get(id)
          return order === undefined ? [] : [[id, order.status] as const]
        }),
      ),
    async settle({ refund, goodies, ...settled }) {
      const { orderId, eventId, psid, status } = settled
      const before = orders.get(orderId)
      const mayChange =
        before === undefined || (CHANGEABLE.includes(before.status) && !CHANGEABLE.includes(status))
      if (!mayChange) return { order: before, isNew: false }
      const seq = status === 'PAID' ? (paid.get(eventId) ?? 0) + 1 : 0
      if (seq > 0) paid.set(eventId, seq)
      const isPromised = seq > 0 && seq <= goodies
      const order: ShopOrder = {
        ...settled,
        paidSeq: seq,
        goodie: isPromised ? 'due' : 'none',
        atMs: nowMs(),
      }
      orders.set(orderId, order)
      if (refund !== undefined) refunds.set(orderId, { ...refund, orderId, psid, isSent: false })
      return { order, isNew: true }
    },
    goodiesDue: async (limit) =>
      [...orders.values()].filter(({ goodie }) => goodie === 'due').slice(0, limit),
    async setGoodie(id, goodie) {
      const order = orders.get(id)
      if (order?.goodie === 'due') orders.set(id, { ...order, goodie })
    },
    refundsDue: async (limit) => [...refunds.values()].filter(({ isSent }) => !isSent).slice(0, limit),
    async refundSent(refundId) {
      for (const [id, refund] of refunds) {
        if (refund.refundId === refundId) refunds.set(id, { ...refund, isSent: true })
      }
    },
    refundOf: async (id) => refunds.get(id),
    complaints: async () => [],
    recent: async (limit) => [...orders.values()].slice(-limit),
    counts: async () => ({
      byStatus: {},
      goodiesGiven: 0,
      goodiesDue: 0,
      refunds: refunds.size,
      refundsDue: 0,
      revenue: 0,
    }),
    async goodiesGiven() {
      const given = [...orders.values()].filter(({ goodie }) => goodie === 'given')
      return new Map([...Map.groupBy(given, ({ eventId }) => eventId)].map(([id, all]) => [id, all.length]))
    },
    async holdersOf(eventId) {
      return [...orders.values()]
        .filter((order) => order.eventId === eventId && order.status === 'PAID')
        .flatMap(({ orderId, lines }) => lines.map(({ name }) => ({ name, orderId })))
    },
    async soldOf(eventId) {
      const sold = new Map<string, number>()
      for (const order of orders.values()) {
        if (order.eventId !== eventId || order.status !== 'PAID') continue
        for (const { name, quantity } of order.lines) sold.set(name, (sold.get(name) ?? 0) + quantity)
      }
      return sold
    },
  }
}
