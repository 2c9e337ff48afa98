/**
 * MockPay: a payment provider with three buttons instead of a bank. It keeps its own log, signs its reports,
 * and repeats them with growing waits until the shop has acknowledged them.
 */
import { randomUUID } from 'node:crypto'
import type { PaymentOutcome } from '../orders/states.ts'
import type { PaymentReport } from '../saga/report.ts'
import { type Attempt, type Deliver, RetryingDelivery } from './delivery.ts'
import type { Mischief } from './mischief.ts'
import type {
  DeliveryLog,
  EmitAnswer,
  NewPayment,
  Payment,
  PaymentProvider,
  RefundRequest,
} from './provider.ts'

/** About a kilobyte each. Of more payments, and of more outcomes, the oldest are dropped. */
const PAYMENTS_MAX = 500_000

export interface MockPayOptions {
  readonly secret: string
  /** Sends a signed body to the shop. */
  readonly deliver: Deliver
  /** How long a buyer waits for the first attempt. */
  readonly patienceMs?: number
  readonly retries?: RetryingDelivery['waits']
  /** Absent: reports are sent as they should be. */
  readonly mischief?: Mischief
}

interface StoredPayment extends NewPayment {
  outcome?: PaymentOutcome
  readonly refunds: Map<string, number>
}

export class MockPay implements PaymentProvider, AsyncDisposable {
  readonly #payments = new Map<string, StoredPayment>()
  /** Every outcome, in order. */
  #log: { readonly report: PaymentReport; readonly attempt: Attempt }[] = []
  /** How many of the oldest outcomes were dropped. */
  #dropped = 0
  readonly #delivery: RetryingDelivery
  readonly #patienceMs: number

  constructor({ secret, deliver, patienceMs = 5_000, retries, mischief }: MockPayOptions) {
    this.#delivery = new RetryingDelivery(secret, deliver, retries, mischief)
    this.#patienceMs = patienceMs
  }

  async create(payment: NewPayment): Promise<void> {
    if (this.#payments.has(payment.psid)) return
    if (this.#payments.size >= PAYMENTS_MAX) {
      const [oldest] = this.#payments.keys()
      if (oldest !== undefined) this.#payments.delete(oldest)
    }
    this.#payments.set(payment.psid, { ...payment, refunds: new Map() })
  }

  async find(psid: string): Promise<Payment | undefined> {
    const found = this.#payments.get(psid)
    if (found === undefined) return undefined
    const { refunds, ...payment } = found
    return { ...payment, refunded: [...refunds.values()].reduce((sum, amount) => sum + amount, 0) }
  }

  async emit(psid: string, outcome: PaymentOutcome): Promise<EmitAnswer> {
    const payment = this.#payments.get(psid)
    if (payment === undefined) return { kind: 'no-such-payment' }
    const { returnPath } = payment
    if (payment.outcome === 'succeeded') return { kind: 'already-paid', returnPath }
    payment.outcome = outcome
    const report: PaymentReport = {
      reportId: `evt_${randomUUID().replaceAll('-', '')}`,
      outcome,
      psid,
      orderId: payment.orderId,
      amount: payment.amount,
      currency: payment.currency,
      basket: { ...payment.metadata, lines: [...payment.metadata.lines] },
    }
    const attempt = this.#delivery.start(report)
    this.#log.push({ report, attempt })
    if (this.#log.length > PAYMENTS_MAX) this.#forgetOldest()
    await attempt.first(this.#patienceMs)
    return { kind: 'emitted', returnPath }
  }

  /** Money that never came cannot go back: such a request is ignored. */
  async refund({ psid, refundId, amount }: RefundRequest): Promise<void> {
    const payment = this.#payments.get(psid)
    if (payment?.outcome === 'succeeded') payment.refunds.set(refundId, Math.min(amount, payment.amount))
  }

  async reportsSince(
    position: number,
    limit: number,
  ): Promise<{ readonly reports: readonly PaymentReport[]; readonly next: number }> {
    const from = Math.max(position, this.#dropped)
    const some = this.#log.slice(from - this.#dropped, from - this.#dropped + limit)
    // One that is still being delivered will be repeated by itself: the position stays before it.
    const waiting = some.findIndex(({ attempt }) => attempt.state === 'waiting')
    const certain = waiting === -1 ? some : some.slice(0, waiting)
    return { reports: certain.map(({ report }) => report), next: from + certain.length }
  }

  /** Reports so far: those that the shop has acknowledged, and those that it has not yet. */
  get reports(): { readonly delivered: number; readonly waiting: number } {
    return this.#delivery.sums
  }

  async deliveries(limit: number): Promise<readonly DeliveryLog[]> {
    return this.#log
      .slice(-limit)
      .toReversed()
      .map(({ report: { reportId, psid, outcome }, attempt: { attempts, state, last, fate } }) => ({
        reportId,
        psid,
        outcome,
        attempts,
        state,
        last,
        fate,
      }))
  }

  /** A tenth at once; what still waits to be delivered keeps being sent, but is no longer listed. */
  #forgetOldest(): void {
    const count = Math.ceil(PAYMENTS_MAX / 10)
    this.#log = this.#log.slice(count)
    this.#dropped += count
  }

  /** Ends all attempts that wait for their turn. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#delivery.end()
  }
}
