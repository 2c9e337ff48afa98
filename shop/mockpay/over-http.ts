/** Sends reports to a shop over HTTP, as a provider elsewhere would. */
import { Agent, request } from 'node:http'
import type { Deliver } from './delivery.ts'
import { SIGNATURE_HEADER } from './signature.ts'

/** Longer than the shop takes by itself. */
const ANSWER_DEADLINE_MS = 20_000
const SOCKETS_MAX = 128

export interface Delivering extends Disposable {
  readonly deliver: Deliver
}

/** `address`: of the shop, once it is known; until then there is no answer. */
export function deliverOverHttp(address: () => string | undefined): Delivering {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX })
  return {
    deliver: (raw, signature, signal) =>
      new Promise((resolve, reject) => {
        const base = address()
        if (base === undefined) throw new Error('the shop is not open yet')
        const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_DEADLINE_MS)])
        const sent = request(
          new URL('/payments/webhook', base),
          {
            method: 'POST',
            agent,
            signal: limited,
            headers: {
              'content-type': 'application/json',
              'content-length': raw.length,
              [SIGNATURE_HEADER]: signature,
            },
          },
          (answer) => {
            answer.resume()
            answer.once('end', () => resolve(answer.statusCode ?? 0))
            answer.once('error', reject)
          },
        )
        sent.once('error', reject)
        sent.end(raw)
      }),
    [Symbol.dispose]: () => agent.destroy(),
  }
}
