/** Ends a service in good order: the door is closed first, then what is in flight is answered. */
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Admission } from './admission.ts'
import { Problem } from './problems.ts'

/** For requests in flight when the service is told to end; then their clients are cut off. */
const DRAIN_MS_MAX = 20_000

/** A request that was already on its way when the service began to close arrives within this. */
const FIRST_REQUEST_MS_MAX = 1_000

/**
 * From the moment of closing nobody connects, and what comes on connections that are there is answered 503. A
 * client keeps its connection for its next request, and a server that waits for that one never ends: so each
 * answer closes its connection.
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
 * Closes connections on which no request ever came: Node's server counts them as busy, and would wait for
 * them until the time is over.
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

/** Settles when all is answered and done, or the time is over. */
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
      // Work of clients who are gone goes on; what it stands on must not be taken from it.
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
