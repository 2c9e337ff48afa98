/** The owner of the shop, asked through messages from the process that serves it. */
import { SharedTimer } from '../../harness/shared-timer.ts'
import { Bundle } from './bundle.ts'
import type { Answered, Ask, FromShopkeeper, OwnerMethod, ShopOwner } from './messages.ts'

/** Longer than a buyer waits for the first report. */
const ANSWER_DEADLINE_MS = 10_000

export class DistantOwner implements ShopOwner {
  readonly #asked: Bundle<Ask>
  readonly #waiting = new Map<number, (answer: Answered) => void>()
  readonly #deadlines = new SharedTimer(ANSWER_DEADLINE_MS)
  #asks = 0

  constructor(send: (message: FromShopkeeper) => void) {
    this.#asked = new Bundle((asks) => send({ kind: 'asks', asks }))
  }

  answered(answers: readonly Answered[]): void {
    for (const answer of answers) this.#waiting.get(answer.ask)?.(answer)
  }

  create: ShopOwner['create'] = (payment) => this.#ask('create', payment)
  find: ShopOwner['find'] = (psid) => this.#ask('find', psid)
  emit: ShopOwner['emit'] = (psid, outcome) => this.#ask('emit', psid, outcome)
  refund: ShopOwner['refund'] = (request) => this.#ask('refund', request)
  reportsSince: ShopOwner['reportsSince'] = (position, limit) => this.#ask('reportsSince', position, limit)
  deliveries: ShopOwner['deliveries'] = (limit) => this.#ask('deliveries', limit)
  accounts: ShopOwner['accounts'] = () => this.#ask('accounts')
  ledgerSales: ShopOwner['ledgerSales'] = () => this.#ask('ledgerSales')

  #ask<Answer>(method: OwnerMethod, ...args: readonly unknown[]): Promise<Answer> {
    const ask = ++this.#asks
    return new Promise((resolve, reject) => {
      const deadline = this.#deadlines.begin(() => {
        this.#waiting.delete(ask)
        reject(new Error(`the owner of the shop did not answer within ${ANSWER_DEADLINE_MS} ms`))
      })
      this.#waiting.set(ask, ({ value, why }) => {
        this.#deadlines.end(deadline)
        this.#waiting.delete(ask)
        if (why === undefined) resolve(value as Answer)
        else reject(new Error(why))
      })
      this.#asked.add({ ask, method, args })
    })
  }
}
