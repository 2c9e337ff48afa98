/**
 * What a buyer of a crowd does at the pages of a shop: fills in a form, follows the link to MockPay, and
 * chooses.
 */
import type { PaymentOutcome } from '../orders/states.ts'

const ANSWER_DEADLINE_MS = 20_000
const LINK_TO_MOCKPAY = /href="(\/mockpay\/\w+)"/

export type CheckedOutAs =
  | { readonly kind: 'held'; readonly page: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unanswered' }

export class CrowdClient {
  readonly #address: string
  readonly #signal: AbortSignal

  constructor(address: string, signal: AbortSignal) {
    this.#address = address
    this.#signal = signal
  }

  async checkout(form: Readonly<Record<string, string>>): Promise<CheckedOutAs> {
    const answer = await this.#ask('/checkout', new URLSearchParams(form))
    if (answer === undefined || answer.status >= 500) return { kind: 'unanswered' }
    const page = answer.headers.get('location')
    return answer.status === 303 && page !== null ? { kind: 'held', page } : { kind: 'refused' }
  }

  /** Whether the choice was taken. */
  async pay({ page }: { readonly page: string }, outcome: PaymentOutcome): Promise<boolean> {
    const held = await this.#ask(page)
    const [, link] = LINK_TO_MOCKPAY.exec((await held?.text().catch(() => '')) ?? '') ?? []
    if (link === undefined) return false
    return (await this.#ask(`${link}/emit`, new URLSearchParams({ t: outcome })))?.status === 303
  }

  /** Undefined without an answer. */
  async #ask(path: string, form?: URLSearchParams): Promise<Response | undefined> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(ANSWER_DEADLINE_MS)])
    const answer = await fetch(new URL(path, this.#address), {
      redirect: 'manual',
      signal,
      ...(form && { method: 'POST', body: form }),
    }).catch(() => undefined)
    // A page that nobody reads would keep its connection.
    if (form !== undefined) await answer?.arrayBuffer().catch(() => undefined)
    return answer
  }
}
