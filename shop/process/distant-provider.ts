/** The payment provider, asked through messages from the process that serves the shop. */
import type { PaymentProvider } from '../mockpay/provider.ts'
import type { FromShopkeeper, ProviderMethod, ToShopkeeper } from './messages.ts'

/** Longer than a buyer waits for the first report. */
const ANSWER_DEADLINE_MS = 10_000

type AnswerMessage = Extract<ToShopkeeper, { kind: 'answer' }>

export class DistantProvider implements PaymentProvider {
  readonly #send: (message: FromShopkeeper) => void
  readonly #waiting = new Map<number, (message: AnswerMessage) => void>()
  #asks = 0

  constructor(send: (message: FromShopkeeper) => void) {
    this.#send = send
  }

  answered(message: AnswerMessage): void {
    this.#waiting.get(message.ask)?.(message)
  }

  create: PaymentProvider['create'] = (payment) => this.#ask('create', payment)
  find: PaymentProvider['find'] = (psid) => this.#ask('find', psid)
  emit: PaymentProvider['emit'] = (psid, outcome) => this.#ask('emit', psid, outcome)
  refund: PaymentProvider['refund'] = (request) => this.#ask('refund', request)
  reportsSince: PaymentProvider['reportsSince'] = (position, limit) =>
    this.#ask('reportsSince', position, limit)
  deliveries: PaymentProvider['deliveries'] = (limit) => this.#ask('deliveries', limit)

  #ask<Answer>(method: ProviderMethod, ...args: readonly unknown[]): Promise<Answer> {
    const ask = ++this.#asks
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(ask)
        reject(new Error(`the payment provider did not answer within ${ANSWER_DEADLINE_MS} ms`))
      }, ANSWER_DEADLINE_MS)
      this.#waiting.set(ask, ({ value, why }) => {
        clearTimeout(timer)
        this.#waiting.delete(ask)
        if (why === undefined) resolve(value as Answer)
        else reject(new Error(why))
      })
      this.#send({ kind: 'ask', ask, method, args })
    })
  }
}
