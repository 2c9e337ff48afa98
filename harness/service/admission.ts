/**
 * Lets so many requests in at once and turns the rest away at once: a queue without an
 * end answers nobody in time.
 */
import type { FastifyInstance } from 'fastify'
import type { ServiceMetrics } from './metrics.ts'
import { Problem } from './problems.ts'

/** Asked by whoever watches the service, who must be answered when it is busiest. */
const ALWAYS_LET_IN = new Set(['/healthz', '/readyz', '/metrics', '/audit'])

export function admitAtMost(app: FastifyInstance, requestsMax: number, metrics: ServiceMetrics): void {
  let inFlight = 0
  app.addHook('onRequest', (request, reply, done) => {
    if (ALWAYS_LET_IN.has(request.url)) return done()
    if (inFlight >= requestsMax) {
      metrics.turnedAway()
      return done(
        new Problem('overloaded', `${requestsMax} requests are being answered, which is as many as may be`),
      )
    }
    inFlight += 1
    metrics.inFlight(inFlight)
    // Whether it was answered or its client went away.
    reply.raw.once('close', () => {
      inFlight -= 1
      metrics.inFlight(inFlight)
    })
    return done()
  })
}
