/** Limits for each client on connections, requests and time; and for all, when the process is overloaded. */
import type { Socket } from 'node:net'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifyUnderPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { SharedTimer } from '../shared-timer.ts'
import { ALWAYS_LET_IN } from './admission.ts'
import type { ServiceMetrics } from './metrics.ts'
import type { ServiceSettings } from './parts.ts'
import { Problem } from './problems.ts'
import { answerAndEnd } from './raw-answers.ts'

/** Beyond it the process does not keep up, and more requests would only delay all of them. */
const EVENT_LOOP_DELAY_MS_MAX = 1_000
/** How many clients' request counts are kept. */
const CLIENTS_MAX = 10_000

/** Time limit for a client to receive an answer. */
const WRITE_MS_MAX = 30_000

export async function limitClients(
  app: FastifyInstance,
  settings: ServiceSettings,
  metrics: ServiceMetrics,
): Promise<void> {
  limitConnections(app, settings, metrics)
  limitWriting(app, settings.writeMsMax ?? WRITE_MS_MAX)
  const { clientRequestsPerSecond } = settings
  if (clientRequestsPerSecond > 0) {
    await app.register(fastifyRateLimit, {
      max: clientRequestsPerSecond,
      timeWindow: 1_000,
      cache: CLIENTS_MAX,
      allowList: ({ url }) => ALWAYS_LET_IN.has(url),
      errorResponseBuilder: () => {
        metrics.turnedAway('client-rate')
        return new Problem(
          'too-many-requests',
          `one client may send ${clientRequestsPerSecond} requests a second`,
        )
      },
    })
  }
  if (!settings.shedsLoad) return
  await app.register(fastifyUnderPressure, {
    maxEventLoopDelay: EVENT_LOOP_DELAY_MS_MAX,
    pressureHandler: async ({ url }) => {
      if (ALWAYS_LET_IN.has(url)) return
      metrics.turnedAway('event-loop')
      throw new Problem('overloaded', 'the service is too busy to answer in time')
    },
  })
}

function limitConnections(
  { server }: FastifyInstance,
  { connectionsMax, clientConnectionsMax }: ServiceSettings,
  metrics: ServiceMetrics,
): void {
  if (connectionsMax > 0) server.maxConnections = connectionsMax
  if (clientConnectionsMax === 0) return
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const client = socket.remoteAddress ?? ''
    const count = (open.get(client) ?? 0) + 1
    if (count > clientConnectionsMax) {
      metrics.turnedAway('client-connections')
      socket.on('error', () => undefined)
      answerAndEnd(
        socket,
        new Problem('overloaded', `one client may have ${clientConnectionsMax} connections`),
      )
      return
    }
    open.set(client, count)
    socket.once('close', () => {
      const left = (open.get(client) ?? 1) - 1
      if (left === 0) open.delete(client)
      else open.set(client, left)
    })
  })
}

/** Closes the connection of a client that reads its answer too slowly, or not at all. */
function limitWriting(app: FastifyInstance, msMax: number): void {
  const deadlines = new SharedTimer(msMax)
  app.addHook('onSend', (request, reply, payload, done) => {
    const { socket } = request.raw
    const deadline = deadlines.begin(() => socket.destroy())
    reply.raw.once('close', () => deadlines.end(deadline))
    done(null, payload)
  })
}
