/** Requests as an adapter of another API writes them: a path in, the body of the answer out. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  type AskService,
  type ServiceAnswer,
  ServiceAnswerError,
  type ServiceRequest,
} from './service-client.ts'

/** Each throws `ServiceAnswerError` where the service answers with a status of 400 or more. */
export interface Asking {
  get<Body>(path: string): Promise<Body>
  /** Sends JSON. */
  post<Body>(path: string, json?: unknown): Promise<Body>
  /** Sends a form. */
  form<Body>(path: string, fields: Readonly<Record<string, string>>): Promise<Body>
  /** Gets it again until it is there and as wanted; throws if it never is within 5 seconds. */
  until<Body>(path: string, isWanted: (body: Body) => boolean): Promise<Body>
}

const UNTIL_MS_MAX = 5_000
const ASK_AGAIN_MS = 20
const NOT_FOUND = 404

export function askingWith(ask: AskService): Asking {
  const bodyOf = async (request: ServiceRequest) => expected(request, await ask(request)) as never
  return {
    get: (path) => bodyOf({ method: 'GET', path }),
    post: (path, json) => bodyOf({ method: 'POST', path, json }),
    form: (path, form) => bodyOf({ method: 'POST', path, form }),
    async until(path, isWanted) {
      const request = { method: 'GET', path } as const
      const endMs = performance.now() + UNTIL_MS_MAX
      while (performance.now() < endMs) {
        const answer = await ask(request)
        if (answer.status !== NOT_FOUND) {
          const body = expected(request, answer) as never
          if (isWanted(body)) return body
        }
        await delay(ASK_AGAIN_MS)
      }
      throw new ServiceAnswerError(`GET ${path} was not as wanted within ${UNTIL_MS_MAX} ms`)
    },
  }
}

function expected({ method, path }: ServiceRequest, { status, body }: ServiceAnswer): unknown {
  if (status < 400) return body
  throw new ServiceAnswerError(`${method} ${path} was answered ${status}`, status)
}
