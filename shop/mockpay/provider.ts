/** What the shop asks of a payment provider, wherever that is. Every call is idempotent. */
import type { Basket } from '../orders/order.ts'
import type { PaymentOutcome } from '../orders/states.ts'
import type { PaymentReport } from '../saga/report.ts'
import type { ReportFate } from './mischief.ts'

export interface NewPayment {
  /** Chosen by the shop; a session that exists is not changed. */
  readonly psid: string
  readonly orderId: string
  /** In cents. */
  readonly amount: number
  readonly currency: string
  /** Where the buyer goes afterwards: a path of the shop. */
  readonly returnPath: string
  /** Echoed in every report. */
  readonly metadata: Basket
}

export interface RefundRequest {
  readonly refundId: string
  readonly psid: string
  readonly amount: number
}

export interface Payment extends NewPayment {
  /** The last outcome; undefined while the buyer has not chosen. */
  readonly outcome?: PaymentOutcome
  /** In cents. */
  readonly refunded: number
}

/** One attempt after another to report an outcome. */
export interface DeliveryLog {
  readonly reportId: string
  readonly psid: string
  readonly outcome: PaymentOutcome
  readonly attempts: number
  /** `given-up`: the shop can still ask for it. */
  readonly state: 'waiting' | 'delivered' | 'given-up'
  /** The answer to the last attempt: a status, or why there was none. */
  readonly last: string
  /** What became of it on its way, on purpose: `sent` if nothing did. */
  readonly fate: ReportFate
}

export type EmitAnswer =
  | { readonly kind: 'emitted'; readonly returnPath: string }
  | { readonly kind: 'no-such-payment' }
  /** It has succeeded: nothing can change that. */
  | { readonly kind: 'already-paid'; readonly returnPath: string }

export interface PaymentProvider {
  create(payment: NewPayment): Promise<void>
  find(psid: string): Promise<Payment | undefined>
  /** The buyer's choice. Returns when the first attempt to report it was answered, or has taken too long. */
  emit(psid: string, outcome: PaymentOutcome): Promise<EmitAnswer>
  refund(request: RefundRequest): Promise<void>
  /** All outcomes since a position in the provider's log, oldest first, and the next position to ask for. */
  reportsSince(
    position: number,
    limit: number,
  ): Promise<{ readonly reports: readonly PaymentReport[]; readonly next: number }>
  /** The newest first. */
  deliveries(limit: number): Promise<readonly DeliveryLog[]>
}
