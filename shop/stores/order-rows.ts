/** The statements on the rows of orders. */
import { type RawBuilder, sql } from 'kysely'
import type {
  Basket,
  GoodieState,
  RecordedOrder,
  Refund,
  RefundReason,
  Settlement,
  ShopOrder,
} from '../orders/order.ts'
import { CHANGEABLE, type OrderStatus } from '../orders/states.ts'
import type { ShopDb } from './tables.ts'

export interface OrderRow {
  readonly id: string
  readonly psid: string
  readonly status: OrderStatus
  readonly basket: Basket
  readonly amount: number
  readonly sold_hold: string
  readonly ticket_code: string
  readonly goodie: GoodieState
  readonly paid_seq: number
  readonly at_ms: number
}

export interface RefundRow {
  readonly id: string
  readonly order_id: string
  readonly psid: string
  readonly amount: number
  readonly reason: RefundReason
  readonly is_sent: boolean
}

export const ORDER_COLUMNS: RawBuilder<unknown> = sql`
  id, psid, status, basket, amount, sold_hold, ticket_code, goodie, paid_seq,
  (extract(epoch from at) * 1000)::float8 as at_ms`

export function orderOf(row: OrderRow): ShopOrder {
  const { id, basket, sold_hold, ticket_code, paid_seq, at_ms, ...same } = row
  return {
    orderId: id,
    ...basket,
    ...same,
    soldHold: sold_hold,
    ticketCode: ticket_code,
    paidSeq: paid_seq,
    atMs: at_ms,
  }
}

export function refundOf({ id, order_id, is_sent, ...same }: RefundRow): Refund {
  return { refundId: id, orderId: order_id, isSent: is_sent, ...same }
}

/**
 * Writes the outcomes, with their refunds, in one statement, and returns the orders that were written. What
 * was given is not read back: only the ids of those that keep the outcome that they had.
 */
export async function writeOutcomes(
  tx: ShopDb,
  settlements: readonly Settlement[],
): Promise<readonly RecordedOrder[]> {
  const given = JSON.stringify(
    settlements.map((each) => ({
      id: each.orderId,
      psid: each.psid,
      event_id: each.eventId,
      status: each.status,
      basket: { eventId: each.eventId, lines: each.lines, email: each.email } satisfies Basket,
      amount: each.amount,
      sold_hold: each.soldHold,
      ticket_code: each.ticketCode,
      ...(each.refund && {
        refund_id: each.refund.refundId,
        refund_amount: each.refund.amount,
        reason: each.refund.reason,
      }),
    })),
  )
  // In the order of ids, as every transaction locks them.
  const { rows } = await sql<Pick<OrderRow, 'id'>>`
    with given as (
      select * from jsonb_to_recordset(${given}::jsonb) as t (
        id text, psid text, event_id text, status text, basket jsonb, amount integer, sold_hold text,
        ticket_code text, refund_id text, refund_amount integer, reason text)
      order by id collate "C"
    ), put as (
      insert into shop_order as o (id, psid, event_id, status, basket, amount, sold_hold, ticket_code)
      select id, psid, event_id, status, basket, amount, sold_hold, ticket_code from given
      on conflict (id) do update
      set status = excluded.status, sold_hold = excluded.sold_hold, ticket_code = excluded.ticket_code,
        basket = excluded.basket, amount = excluded.amount, at = clock_timestamp()
      where o.status = any (${CHANGEABLE}::text[]) and excluded.status <> all (${CHANGEABLE}::text[])
      returning id
    ), refunded as (
      insert into shop_refund (id, order_id, psid, amount, reason)
      select refund_id, given.id, given.psid, refund_amount, reason from given join put using (id)
      where refund_id is not null
      on conflict (id) do nothing
    )
    select id from given where id not in (select id from put)`.execute(tx)
  const kept = new Set(rows.map(({ id }) => id))
  return settlements.filter(({ orderId }) => !kept.has(orderId)).map(recorded)
}

function recorded({ refund: _, goodies: __, ...order }: Settlement): RecordedOrder {
  return { ...order, goodie: 'none', paidSeq: 0 }
}

/**
 * Promises a goodie to the orders that are among the first `goodies` paid ones of their event. Returns
 * whether any are left.
 */
export async function promiseGoodies(
  tx: ShopDb,
  eventId: string,
  paidIds: readonly string[],
  goodies: number,
): Promise<boolean> {
  const { rows } = await sql<{ paid: number }>`
    insert into shop_paid as p (event_id, paid) values (${eventId}, ${paidIds.length})
    on conflict (event_id) do update set paid = p.paid + excluded.paid
    returning paid`.execute(tx)
  const paid = rows[0]?.paid ?? 0
  const before = paid - paidIds.length
  await sql`
    update shop_order set paid_seq = ${before}::integer + at.position,
      goodie = case when ${before}::integer + at.position <= ${goodies}::integer then 'due' else 'none' end
    from (
      select id, position::integer from unnest(${[...paidIds]}::text[]) with ordinality as t (id, position)
    ) as at
    where shop_order.id = at.id`.execute(tx)
  return paid < goodies
}
