/**
 * What the shop keeps besides the holds, and what each part must promise. A level decides where each one is.
 */

import type {
  GoodieState,
  PaymentSession,
  RecordedOrder,
  Refund,
  Settlement,
  ShopOrder,
} from '../orders/order.ts'
import type { OrderStatus } from '../orders/states.ts'

/**
 * Payment sessions that are open. They may be lost: a payment's own metadata is enough to fulfil or refund
 * it.
 */
export interface Sessions {
  /** A session that exists is not changed. */
  save(session: PaymentSession): Promise<void>
  /** Undefined once it was forgotten, some time after its deadline. */
  find(psid: string): Promise<PaymentSession | undefined>
  /** Drops it: the order is settled, by this report, which is seen from now on. */
  end(psid: string, reportId?: string): Promise<void>
  /** Sessions whose deadline has not passed: the next to expire first, or the last. */
  pending(limit: number, first?: 'next' | 'last'): Promise<readonly PaymentSession[]>
  counts(): Promise<SessionCounts>
  /** Drops sessions long past their deadline, and old reports, at most so many. Returns how many sessions. */
  forgetOld(limit: number): Promise<number>
}

/** A session that ended, because its order is settled, is in none of these. */
export interface SessionCounts {
  /** The deadline has not passed. */
  readonly pending: number
  /** The deadline passed within the last `SESSION_GRACE_MS`, and nobody has paid. */
  readonly timedOut: number
  /** The same, within the last minute: how many buyers a minute go away without a word. */
  readonly timedOutInMinute: number
}

/**
 * Reports of the provider whose effect is durable, so that a repeated one is answered without work. It may
 * lose some: every effect is idempotent by itself.
 */
export interface SeenReports {
  has(reportId: string): Promise<boolean>
  add(reportId: string): Promise<void>
}

/** Orders whose payment has an outcome: durable when `settle` returns. */
export interface Orders {
  find(orderId: string): Promise<ShopOrder | undefined>
  /** Of those that exist. */
  statuses(orderIds: readonly string[]): Promise<ReadonlyMap<string, OrderStatus>>
  /**
   * Records the outcome unless the order has one that does not change, and returns the order as it then is,
   * and whether this has changed it. The first `goodies` orders of an event that become `PAID` are promised
   * a goodie, in the order of their commits.
   */
  settle(settlement: Settlement): Promise<SettledOrder>
  /** Orders that were promised a goodie and have not got it. */
  goodiesDue(limit: number): Promise<readonly ShopOrder[]>
  setGoodie(orderId: string, state: GoodieState): Promise<void>
  /** Refunds that the provider has not accepted yet. */
  refundsDue(limit: number): Promise<readonly Refund[]>
  refundSent(refundId: string): Promise<void>
  refundOf(orderId: string): Promise<Refund | undefined>
  /**
   * Where what is recorded contradicts itself, one sentence each. `goodies`: of each event, how many of the
   * first paid orders get one.
   */
  complaints(goodies: ReadonlyMap<string, number>): Promise<readonly string[]>
  recent(limit: number): Promise<readonly ShopOrder[]>
  counts(): Promise<OrderCounts>
  /** The seats and tiers of all paid orders of an event, with how many of each. */
  soldOf(eventId: string): Promise<ReadonlyMap<string, number>>
  /** Of each event that has given any. */
  goodiesGiven(): Promise<ReadonlyMap<string, number>>
  /** The paid orders of an event, by seat or tier, the first to be paid first. */
  holdersOf(eventId: string): Promise<readonly { readonly name: string; readonly orderId: string }[]>
}

export interface SettledOrder {
  readonly order: RecordedOrder
  readonly isNew: boolean
}

export interface OrderCounts {
  readonly byStatus: Readonly<Record<string, number>>
  readonly goodiesGiven: number
  readonly goodiesDue: number
  readonly refunds: number
  readonly refundsDue: number
  /** In cents, of orders that are `PAID`. */
  readonly revenue: number
}

export interface ShopStores {
  readonly sessions: Sessions
  readonly seen: SeenReports
  readonly orders: Orders
}

/** How long after its deadline a session is kept: payments may be late. */
export const SESSION_GRACE_MS = 3_600_000
export const MINUTE_MS = 60_000
