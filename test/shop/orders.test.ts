/**
 * Goal: what the shop is told of an outcome that it records is what is stored, without reading it back. Method: PostgreSQL, outcomes
 * of every kind for the same orders one after another and in one group, compared with what a reader finds.
 */
import { expect, test } from 'vitest'
import type { Settlement } from '../../shop/orders/order.ts'
import type { OrderStatus } from '../../shop/orders/states.ts'
import { postgresOrders } from '../../shop/stores/postgres-orders.ts'
import { createShopTables } from '../../shop/stores/tables.ts'
import { withEngines } from '../with-engines.ts'

const { engines } = await withEngines(['postgres'])

const STATUSES: readonly OrderStatus[] = ['FAILED', 'CANCELED', 'PAID', 'PAID_UNFULFILLED']

function outcome(orderId: string, status: OrderStatus, goodies: number): Settlement {
  const isPaid = status === 'PAID'
  return {
    orderId,
    psid: `mock_${orderId}`,
    eventId: 'gig',
    lines: [{ name: 'A', quantity: 2 }],
    email: 'a@example.org',
    status,
    amount: 13_000,
    soldHold: isPaid ? orderId : '',
    ticketCode: isPaid ? `TCK-${orderId}` : '',
    goodies,
    ...(status === 'PAID_UNFULFILLED' && {
      refund: { refundId: `rf_${orderId}`, amount: 13_000, reason: 'sold-out' as const },
    }),
  }
}

test.for([
  { inGroups: true, goodies: 0 },
  { inGroups: false, goodies: 0 },
  { inGroups: true, goodies: 3 },
])('an outcome is told as it is stored: %o', async ({ inGroups, goodies }) => {
  const postgres = engines.postgres ?? expect.fail('no PostgreSQL')
  await using namespace = await postgres.openNamespace({ label: 'orders', poolSize: 4 })
  await createShopTables(namespace.connections)
  const orders = postgresOrders(namespace.connections, { inGroups })
  const pairs = STATUSES.flatMap((first) => STATUSES.map((second) => [first, second] as const))
  for (const turn of [0, 1] as const) {
    const told = await Promise.all(
      pairs.map((pair) => orders.settle(outcome(pair.join(' then '), pair[turn], goodies))),
    )
    for (const [at, { order, isNew }] of told.entries()) {
      const [first, second] = pairs[at] ?? expect.fail('one answer each')
      const { atMs: _, ...stored } = (await orders.find(order.orderId)) ?? expect.fail('not stored')
      expect({ ...order, atMs: undefined }).toEqual({ ...stored, atMs: undefined })
      const isChanged = turn === 0 || (!first.startsWith('PAID') && second.startsWith('PAID'))
      expect(isNew, `${first}, then ${second}`).toBe(isChanged)
      expect(order.status).toBe(isChanged ? pairs[at]?.[turn] : first)
    }
  }
})
