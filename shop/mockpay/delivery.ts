/** Reports one outcome until it is acknowledged, with growing waits, up to a limit. */
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../../harness/errors.ts'
import type { PaymentReport } from '../saga/report.ts'
import type { Mischief, ReportFate } from './mischief.ts'
import { ReportSigner } from './signature.ts'

/** Returns the status of the answer; throws if there was none. Must have a deadline. */
export type Deliver = (raw: Buffer, signature: string, signal: AbortSignal) => Promise<number>

export interface RetryWaits {
  readonly firstMs: number
  readonly longestMs: number
  /** All attempts together. */
  readonly attemptsMax: number
}

/** About two hours of attempts; then the shop has to ask. */
const WAITS: RetryWaits = { firstMs: 200, longestMs: 30_000, attemptsMax: 250 }

export interface Attempt {
  readonly state: 'waiting' | 'delivered' | 'given-up'
  readonly attempts: number
  readonly last: string
  readonly fate: ReportFate
  /** Settles when the first attempt was answered, or after this time. Never rejects. */
  first(ms: number): Promise<void>
}

/** After so many attempts: twice the wait before, up to the longest. */
export function waitAfter(attempts: number, { firstMs, longestMs }: RetryWaits): number {
  return Math.min(firstMs * 2 ** (attempts - 1), longestMs)
}

/** An attempt as its delivery writes it down. */
interface OpenAttempt {
  state: Attempt['state']
  attempts: number
  last: string
}

export class RetryingDelivery {
  readonly waits: RetryWaits
  readonly #mischief: Mischief | undefined
  readonly #signer: ReportSigner
  readonly #deliver: Deliver
  readonly #ending = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #delivered = 0

  constructor(secret: string, deliver: Deliver, waits: RetryWaits = WAITS, mischief?: Mischief) {
    this.#signer = new ReportSigner(secret)
    this.#mischief = mischief
    this.#deliver = deliver
    this.waits = waits
  }

  start(report: PaymentReport): Attempt {
    const { promise: answered, resolve } = Promise.withResolvers<void>()
    const { fate, waitMs } = this.#mischief?.next() ?? { fate: 'sent' as const, waitMs: 0 }
    const attempt = {
      ...{ state: 'waiting' as Attempt['state'], attempts: 0, last: '', fate },
      async first(ms: number) {
        const waiting = new AbortController()
        const patience = delay(ms, undefined, { signal: waiting.signal }).catch(() => undefined)
        await Promise.race([answered, patience])
        waiting.abort()
      },
    }
    const run = this.#meddled(report, { attempt, waitMs }, resolve).finally(() => this.#running.delete(run))
    this.#running.add(run)
    return attempt
  }

  get sums(): { readonly delivered: number; readonly waiting: number } {
    return { delivered: this.#delivered, waiting: this.#running.size }
  }

  async end(): Promise<void> {
    this.#ending.abort()
    await Promise.all(this.#running)
  }

  /** Never rejects. */
  async #meddled(
    report: PaymentReport,
    {
      attempt,
      waitMs,
    }: { readonly attempt: OpenAttempt & { readonly fate: ReportFate }; readonly waitMs: number },
    answered: () => void,
  ): Promise<void> {
    if (attempt.fate === 'lost') {
      Object.assign(attempt, { state: 'given-up', attempts: this.waits.attemptsMax, last: 'lost on its way' })
      answered()
      return
    }
    if (waitMs > 0) await this.#keptBack(attempt.fate, waitMs)
    const createdAt = seconds()
    const sent = () => this.#run(report, { attempt, createdAt }, answered)
    await (attempt.fate === 'twice' ? Promise.all([this.#deliverOnce(report, createdAt), sent()]) : sent())
  }

  async #keptBack(fate: ReportFate, waitMs: number): Promise<void> {
    const early = new AbortController()
    const signal = AbortSignal.any([this.#ending.signal, early.signal])
    if (fate === 'swapped') this.#mischief?.swap(() => early.abort())
    await delay(waitMs, undefined, { signal }).catch(() => undefined)
  }

  /** A copy, whose answer nobody waits for. */
  async #deliverOnce(report: PaymentReport, createdAt: number): Promise<void> {
    const raw = bodyOf(report, createdAt, 1)
    await this.#deliver(raw, this.#signer.signatureOf(raw), this.#ending.signal).catch(() => undefined)
  }

  async #run(
    report: PaymentReport,
    { attempt, createdAt }: { readonly attempt: OpenAttempt; readonly createdAt: number },
    answered: () => void,
  ): Promise<void> {
    const { signal } = this.#ending
    for (;;) {
      attempt.attempts += 1
      const raw = bodyOf(report, createdAt, attempt.attempts)
      const status = await this.#deliver(raw, this.#signer.signatureOf(raw), signal).catch(reasonOf)
      attempt.last = String(status)
      if (typeof status === 'number' && status >= 200 && status < 300) {
        attempt.state = 'delivered'
        this.#delivered += 1
      } else if (attempt.attempts >= this.waits.attemptsMax) attempt.state = 'given-up'
      answered()
      this.#mischief?.passed()
      if (attempt.state !== 'waiting' || signal.aborted) return
      await delay(waitAfter(attempt.attempts, this.waits), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000)
}

/** As TigerFans sends it, with the time of this attempt and the shop's own metadata. */
function bodyOf(report: PaymentReport, createdAt: number, attempt: number): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: `payment.${report.outcome}`,
      payment_session_id: report.psid,
      order_id: report.orderId,
      amount: report.amount,
      currency: report.currency,
      created_at: createdAt,
      idempotency_key: report.reportId,
      sent_at: seconds(),
      attempt,
      metadata: report.basket,
    }),
  )
}
