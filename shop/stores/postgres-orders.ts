/** Orders in PostgreSQL, at every level: one transaction for each, or for a group of them. */
import { sql } from 'kysely'
import type { Settlement, ShopOrder } from '../orders/order.ts'
import type { OrderStatus } from '../orders/states.ts'
import { GroupCommit } from './group-commit.ts'
import {
  ORDER_COLUMNS,
  type OrderRow,
  orderOf,
  promiseGoodies,
  type RefundRow,
  refundOf,
  writeOutcomes,
} from './order-rows.ts'
import type { OrderCounts, Orders } from './stores.ts'
import type { ShopDb } from './tables.ts'

/** One group's JSON stays within a few hundred kilobytes. */
const GROUP_MAX = 500

/** `inGroups`: one transaction at a time, for all orders that wait for it. */
export function postgresOrders(db: ShopDb, { inGroups }: { readonly inGroups: boolean }): Orders {
  const commit = committing(db)
  const group = inGroups ? new GroupCommit(commit, GROUP_MAX) : undefined
  return {
    ...dueOf(db),
    ...listsOf(db),
    async find(orderId) {
      const [order] = await found(db, [orderId])
      return order
    },
    async settle(settlement) {
      if (group !== undefined) return await group.submit(settlement)
      const [order] = await commit([settlement])
      if (order === undefined) throw new Error('the order was not written')
      return order
    },
  }
}

async function found(db: ShopDb, ids: readonly string[]): Promise<readonly ShopOrder[]> {
  const { rows } = await sql<OrderRow>`
    select ${ORDER_COLUMNS} from shop_order where id = any (${[...ids]}::text[])`.execute(db)
  return rows.map(orderOf)
}

function committing(db: ShopDb) {
  /** Events whose goodies are all promised: known for certain, so that their payments need no common lock. */
  const exhausted = new Set<string>()

  return async (settlements: readonly Settlement[]): Promise<readonly ShopOrder[]> => {
    const newlyExhausted = new Set<string>()
    const orders = await db.transaction().execute(async (tx) => {
      const written = await writeOutcomes(tx, settlements)
      const paid = written.filter(({ status }) => status === 'PAID').map(({ id }) => id)
      for (const [eventId, own] of byEvent(settlements)) {
        const goodies = own[0]?.goodies ?? 0
        const ids = own.map(({ orderId }) => orderId).filter((id) => paid.includes(id))
        if (goodies === 0 || ids.length === 0 || exhausted.has(eventId)) continue
        if (!(await promiseGoodies(tx, eventId, ids, goodies))) newlyExhausted.add(eventId)
      }
      return await found(
        tx,
        settlements.map(({ orderId }) => orderId),
      )
    })
    for (const eventId of newlyExhausted) exhausted.add(eventId)
    const byId = new Map(orders.map((order) => [order.orderId, order]))
    return settlements.map(({ orderId }) => {
      const order = byId.get(orderId)
      if (order === undefined) throw new Error('an order is not there after its commit')
      return order
    })
  }
}

/** In the order of event ids, in which every transaction locks their counters. */
function byEvent(settlements: readonly Settlement[]): readonly (readonly [string, readonly Settlement[]])[] {
  return [...Map.groupBy(settlements, ({ eventId }) => eventId)].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function dueOf(
  db: ShopDb,
): Pick<Orders, 'goodiesDue' | 'setGoodie' | 'refundsDue' | 'refundSent' | 'refundOf'> {
  return {
    async goodiesDue(limit) {
      const { rows } = await sql<OrderRow>`
        select ${ORDER_COLUMNS} from shop_order where goodie = 'due' order by paid_seq limit ${limit}`.execute(
        db,
      )
      return rows.map(orderOf)
    },
    async setGoodie(orderId, state) {
      await sql`update shop_order set goodie = ${state} where id = ${orderId} and goodie = 'due'`.execute(db)
    },
    async refundsDue(limit) {
      const { rows } = await sql<RefundRow>`
        select id, order_id, psid, amount, reason, is_sent from shop_refund
        where not is_sent order by at limit ${limit}`.execute(db)
      return rows.map(refundOf)
    },
    async refundSent(refundId) {
      await sql`update shop_refund set is_sent = true where id = ${refundId}`.execute(db)
    },
    async refundOf(orderId) {
      const { rows } = await sql<RefundRow>`
        select id, order_id, psid, amount, reason, is_sent from shop_refund where order_id = ${orderId}`.execute(
        db,
      )
      return rows[0] && refundOf(rows[0])
    },
  }
}

function listsOf(db: ShopDb): Pick<Orders, 'statuses' | 'recent' | 'counts' | 'soldOf'> {
  return {
    async statuses(ids) {
      const { rows } = await sql<{ id: string; status: OrderStatus }>`
        select id, status from shop_order where id = any (${[...ids]}::text[])`.execute(db)
      return new Map(rows.map(({ id, status }) => [id, status]))
    },
    async recent(limit) {
      const { rows } =
        await sql<OrderRow>`select ${ORDER_COLUMNS} from shop_order order by at desc limit ${limit}`.execute(
          db,
        )
      return rows.map(orderOf)
    },
    async counts() {
      const { rows } = await sql<{
        status: string
        count: number
        amount: number
        given: number
        due: number
      }>`
        select status, count(*)::integer as count, sum(amount)::float8 as amount,
          (count(*) filter (where goodie = 'given'))::integer as given,
          (count(*) filter (where goodie = 'due'))::integer as due
        from shop_order group by status`.execute(db)
      const refunds = await sql<{ count: number; due: number }>`
        select count(*)::integer as count, (count(*) filter (where not is_sent))::integer as due
        from shop_refund`.execute(db)
      const counts: OrderCounts = {
        byStatus: Object.fromEntries(rows.map(({ status, count }) => [status, count])),
        goodiesGiven: rows.reduce((sum, { given }) => sum + given, 0),
        goodiesDue: rows.reduce((sum, { due }) => sum + due, 0),
        refunds: refunds.rows[0]?.count ?? 0,
        refundsDue: refunds.rows[0]?.due ?? 0,
        revenue: rows.find(({ status }) => status === 'PAID')?.amount ?? 0,
      }
      return counts
    },
    async soldOf(eventId) {
      const { rows } = await sql<{ name: string; units: number }>`
        select line ->> 'name' as name, sum((line ->> 'quantity')::integer)::integer as units
        from shop_order cross join lateral jsonb_array_elements(basket -> 'lines') as line
        where event_id = ${eventId} and status = 'PAID' group by 1`.execute(db)
      return new Map(rows.map(({ name, units }) => [name, units]))
    },
  }
}
