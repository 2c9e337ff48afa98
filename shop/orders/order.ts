/** What is ordered, what is known while it is being paid, and what is kept of it. */
import type { OrderStatus } from './states.ts'

/** Some tickets of one seat or GA tier, by its name within the event. */
export interface BasketLine {
  readonly name: string
  readonly quantity: number
}

export interface Basket {
  readonly eventId: string
  readonly lines: readonly BasketLine[]
  readonly email: string
}

/** What the shop knows of an order until its payment has an outcome. */
export interface PaymentSession extends Basket {
  readonly psid: string
  readonly orderId: string
  /** In cents. */
  readonly amount: number
  /** When the hold expires, by the clock of the strategy's engine: milliseconds since the Unix epoch. */
  readonly deadlineMs: number
}

/** `due`: promised by the durable order of payments, and not taken yet. */
export type GoodieState = 'none' | 'due' | 'given'

export interface ShopOrder extends Basket {
  readonly orderId: string
  readonly psid: string
  readonly status: OrderStatus
  readonly amount: number
  /** The hold whose units were sold; empty if none were. */
  readonly soldHold: string
  /** Empty unless `PAID`. */
  readonly ticketCode: string
  readonly goodie: GoodieState
  /**
   * The position among the paid orders of its event, from 1; 0 once all goodies were promised, or if the
   * event has none.
   */
  readonly paidSeq: number
  /** When the outcome was recorded, by PostgreSQL's clock: milliseconds since the Unix epoch. */
  readonly atMs: number
}

/** An order as the one who recorded its outcome knows it, without asking when that was. */
export type RecordedOrder = Omit<ShopOrder, 'atMs'>

/** Money that has to go back to the buyer. */
export interface Refund {
  readonly refundId: string
  readonly orderId: string
  readonly psid: string
  readonly amount: number
  readonly reason: RefundReason
  /** Whether the provider has accepted it. */
  readonly isSent: boolean
}

/** Why a paid order has no units. */
export type RefundReason = 'sold-out' | 'over-limit' | 'wrong-amount' | 'unknown-basket'

/** An outcome to be recorded. `refund` exactly if the status is `PAID_UNFULFILLED`. */
export interface Settlement extends Omit<RecordedOrder, 'goodie' | 'paidSeq'> {
  readonly refund?: Pick<Refund, 'refundId' | 'amount' | 'reason'>
  /** How many paid orders of the event get a goodie. */
  readonly goodies: number
}

export const CURRENCY = 'eur'
