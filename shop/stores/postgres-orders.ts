/** Orders in PostgreSQL, at every level: one transaction for each, or for a group of them. */
import { sql } from 'kysely'
import type { RecordedOrder, Settlement, ShopOrder } from '../orders/order.ts'
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
import type { OrderCounts, Orders, SettledOrder } from './stores.ts'
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
    complaints: (goodies) => complaintsOf(db, goodies),
    async find(orderId) {
      const [order] = await found(db, [orderId])
      return order
    },
    async settle(settlement) {
      if (group !== undefined) return await group.submit(settlement)
      const [settled] = await commit([settlement])
      if (settled === undefined) throw new Error('the order was not written')
      return settled
    },
  }
}

async function found(db: ShopDb, ids: readonly string[]): Promise<readonly ShopOrder[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<OrderRow>`
    select ${ORDER_COLUMNS} from shop_order where id = any (${[...ids]}::text[])`.execute(db)
  return rows.map(orderOf)
}

function committing(db: ShopDb) {
  /** Events whose goodies are all promised: known for certain, so that their payments need no common lock. */
  const exhausted = new Set<string>()

  /** Whether a payment among these may be promised a goodie. */
  const isPromising = ({ status, eventId, goodies }: Settlement): boolean =>
    status === 'PAID' && goodies > 0 && !exhausted.has(eventId)

  return async (settlements: readonly Settlement[]): Promise<readonly SettledOrder[]> => {
    // Without a goodie to promise, one statement is the whole transaction.
    const written = settlements.some(isPromising)
      ? await writtenWithGoodies(db, settlements, exhausted)
      : await writeOutcomes(db, settlements)
    const changed = new Map(written.map((order) => [order.orderId, order]))
    const others = settlements.flatMap(({ orderId }) => (changed.has(orderId) ? [] : [orderId]))
    const before = new Map((await found(db, others)).map((order) => [order.orderId, order]))
    return settlements.map(({ orderId }) => {
      const own = changed.get(orderId)
      const order: RecordedOrder | undefined = own ?? before.get(orderId)
      if (order === undefined) throw new Error('an order is not there after its commit')
      return { order, isNew: own !== undefined }
    })
  }
}

async function writtenWithGoodies(
  db: ShopDb,
  settlements: readonly Settlement[],
  exhausted: Set<string>,
): Promise<readonly RecordedOrder[]> {
  const newlyExhausted = new Set<string>()
  const orders = await db.transaction().execute(async (tx) => {
    const written = await writeOutcomes(tx, settlements)
    const paid = new Set(written.filter(({ status }) => status === 'PAID').map(({ orderId }) => orderId))
    for (const [eventId, own] of byEvent(settlements)) {
      const goodies = own[0]?.goodies ?? 0
      const ids = own.map(({ orderId }) => orderId).filter((id) => paid.has(id))
      if (goodies === 0 || ids.length === 0 || exhausted.has(eventId)) continue
      if (!(await promiseGoodies(tx, eventId, ids, goodies))) newlyExhausted.add(eventId)
    }
    return await found(
      tx,
      written.map(({ orderId }) => orderId),
    )
  })
  for (const eventId of newlyExhausted) exhausted.add(eventId)
  return orders
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

function listsOf(
  db: ShopDb,
): Pick<Orders, 'statuses' | 'recent' | 'counts' | 'soldOf' | 'goodiesGiven' | 'holdersOf'> {
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
    async goodiesGiven() {
      const { rows } = await sql<{ event_id: string; given: number }>`
        select event_id, count(*)::integer as given from shop_order where goodie = 'given' group by 1`.execute(
        db,
      )
      return new Map(rows.map(({ event_id, given }) => [event_id, given]))
    },
    async holdersOf(eventId) {
      const { rows } = await sql<{ name: string; orderId: string }>`
        select line ->> 'name' as name, id as "orderId"
        from shop_order cross join lateral jsonb_array_elements(basket -> 'lines') as line
        where event_id = ${eventId} and status = 'PAID' order by at`.execute(db)
      return rows
    },
  }
}

async function complaintsOf(db: ShopDb, goodies: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const refunds = await sql<{ id: string; status: string }>`
    select o.id, o.status from shop_order o left join shop_refund r on r.order_id = o.id
    where (o.status = 'PAID_UNFULFILLED') <> (r.id is not null) limit 20`.execute(db)
  const codes = await sql<{ code: string }>`
    select ticket_code as code from shop_order where ticket_code <> '' group by 1 having count(*) > 1`.execute(
    db,
  )
  const first = await sql<{ event_id: string; positions: number[] }>`
    select event_id, array_agg(paid_seq order by paid_seq) as positions
    from shop_order where goodie <> 'none' group by 1`.execute(db)
  return [
    ...refunds.rows.map(
      ({ id, status }) => `order ${id.slice(0, 8)}… is ${status}, which its refund contradicts`,
    ),
    ...codes.rows.map(({ code }) => `the ticket code ${code} was given twice`),
    ...first.rows.flatMap(({ event_id, positions }) => {
      const isFirst = positions.every((position, at) => position === at + 1)
      const count = goodies.get(event_id) ?? 0
      return isFirst && positions.length <= count
        ? []
        : [
            `goodies of ${event_id}, of which there are ${count}, went to the paid orders ${positions.join(', ')}`,
          ]
    }),
  ]
}
