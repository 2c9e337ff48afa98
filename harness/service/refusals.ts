/** Refusals outside the routes, in the same form as theirs. */
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem, tellProblem } from './problems.ts'
import { answerAndEnd } from './raw-answers.ts'

/** Longer than any URL of this API with every character escaped. */
const URL_LENGTH_MAX = 4_096

/** Must be called before routes are registered: it collects the methods of each path. */
export function tellRefusals(app: FastifyInstance): void {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const text = url
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:\w+/g, '[^/]+')
      .replace('\\*', '.*')
    routes.push({ pattern: new RegExp(`^${text}$`), methods: [method].flat() })
  })
  app.setErrorHandler(tellProblem)
  app.addHook('onRequest', (request, _reply, done) => {
    done(request.url.length > URL_LENGTH_MAX ? tooLong() : undefined)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const methods = new Set(
      routes.filter(({ pattern }) => pattern.test(path)).flatMap((each) => each.methods),
    )
    if (methods.size === 0 || methods.has(request.method)) throw notFound(request, path)
    reply.header('allow', [...methods].join(', '))
    throw new Problem('method-not-allowed', `${path.slice(0, 200)} does not allow ${request.method}`)
  })
  app.server.on('checkExpectation', (_request, response) => {
    // The body that may follow is not read.
    const { socket } = response
    if (socket !== null)
      answerAndEnd(
        socket,
        new Problem('invalid-request', 'no Expect header is supported here', { status: 417 }),
      )
  })
  app.server.on('connect', (_request: unknown, socket: Socket) => {
    socket.on('error', () => undefined)
    answerAndEnd(socket, new Problem('method-not-allowed', 'this is not a proxy'))
  })
}

function notFound({ method }: FastifyRequest, path: string): Problem {
  return new Problem('not-found', `there is no ${method} ${path.slice(0, 200)}`)
}

function tooLong(): Problem {
  return new Problem('invalid-request', `a URL has at most ${URL_LENGTH_MAX} characters`, { status: 414 })
}
