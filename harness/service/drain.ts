/** Ends a service in good order: what is in flight is answered, and then its connection is closed. */
import type { FastifyInstance } from 'fastify'

/** For requests in flight when the service is told to end; then their clients are cut off. */
const DRAIN_MS_MAX = 20_000

/** A client keeps its connection for its next request, and a server that waits for that one never ends. */
export function closeConnectionsWhenClosing(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close')
    done(null, payload)
  })
}

export async function closeInTime(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS_MAX)
  try {
    await app.close()
  } finally {
    clearTimeout(cut)
  }
}
