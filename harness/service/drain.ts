/** Shuts the service down gracefully: it stops accepting connections, then answers the requests in flight. */
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Admission } from './admission.ts'
import { Problem } from './problems.ts'

/** Time limit for requests in flight at shutdown; then their connections are closed. */
const DRAIN_MS_MAX = 20_000

/** A request that was already sent when the service began to close arrives within this time. */
const FIRST_REQUEST_MS_MAX = 1_000

/**
 * From now on no connection is accepted, and new requests on existing connections are answered 503. Each
 * answer closes its connection, because a server that waits for idle keep-alive connections never ends.
 */
export function refuseWhenClosing(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  app.addHook('onRequest', (_request, _reply, done) => {
    done(isClosing ? new Problem('overloaded', 'the service is closing') : undefined)
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close')
    done(null, payload)
  })
}

/**
 * Closes connections without any request: Node's server counts them as busy, and would wait for them until
 * the time limit.
 */
export function closeUnusedConnections(app: FastifyInstance): void {
  const unused = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  app.server.on('request', ({ socket }) => unused.delete(socket))
  app.addHook('preClose', (done) => {
    setTimeout(() => {
      for (const socket of unused) socket.destroy()
    }, FIRST_REQUEST_MS_MAX).unref()
    done()
  })
}

/** Settles when all requests are answered and all work has ended, or at the time limit. */
export async function closeInTime(
  app: FastifyInstance,
  admission: Admission,
  drainMsMax = DRAIN_MS_MAX,
): Promise<void> {
  const ended = new AbortController()
  const cut = setTimeout(() => app.server.closeAllConnections(), drainMsMax)
  try {
    await Promise.all([
      app.close(),
      // Work whose clients have disconnected continues, and still needs the engines.
      Promise.race([
        admission.idle(),
        delay(drainMsMax, undefined, { signal: ended.signal }).catch(() => undefined),
      ]),
    ])
  } finally {
    clearTimeout(cut)
    ended.abort()
  }
}
