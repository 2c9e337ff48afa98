/** Counts and logs answers by route: a URL may contain a hold's id, which is a credential. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { monotonicMs } from '../clock.ts'
import { openTelemetry } from '../telemetry.ts'
import type { HttpAnswer, ServiceMetrics } from './metrics.ts'

/** Unknown methods share a label, so that clients cannot create labels. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])

export function tellAnswers(app: FastifyInstance, metrics: ServiceMetrics): void {
  const telemetry = openTelemetry()
  app.addHook('onRequest', (request, reply, done) => {
    const startedMs = monotonicMs()
    reply.header('x-request-id', request.id)
    // Answered or not: the client may have disconnected.
    reply.raw.once('close', () => {
      const ms = monotonicMs() - startedMs
      const answer = answered(request, reply, metrics, ms)
      ended?.(answer, ms / 1_000)
    })
    const ended = telemetry?.request(done)
    if (telemetry === undefined) done()
  })
}

function answered(
  request: FastifyRequest,
  reply: FastifyReply,
  metrics: ServiceMetrics,
  ms: number,
): HttpAnswer {
  const { writableFinished, statusCode } = reply.raw
  const method = METHODS.has(request.method) ? request.method : 'other'
  const answer = {
    method,
    route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
    status: writableFinished ? statusCode : 0,
  }
  metrics.answered(answer, ms / 1_000)
  const line = { ...answer, ms: Math.round(ms) }
  if (answer.status >= 500) request.log.warn(line, 'refused for a reason that is not the client’s fault')
  else request.log.debug(line, 'answered')
  return answer
}
