/** For the operator: health, readiness and metrics. */
import Type from 'typebox'
import { METRICS_CONTENT_TYPE } from '../metrics.ts'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import { ProblemAnswer } from '../schemas.ts'
import { SharedRun } from '../single-flight.ts'
import { auditRoutes } from './audit.ts'
import type { TypedApp } from './typed.ts'

const Ready = Type.Object({ status: Type.String(), strategy: Type.String() })
const Status = Type.Object({ status: Type.String() })

export function operatorRoutes(app: TypedApp, parts: RouteParts): void {
  const { readiness, metrics, allMetrics = () => metrics.text() } = parts

  // For those who open the address in a browser; no part of the contract.
  app.get('/', { schema: { hide: true } }, () => ({
    service: `holdfast: an HTTP API to reserve seats and tickets over ${parts.name}`,
    documentation: '/docs',
    openapi: '/docs/json',
    health: '/healthz',
    routes: ['/events', '/events/:id/seats', '/availability', '/reservations', '/bookings'],
  }))

  app.get('/healthz', { schema: { summary: 'The process runs', response: { 200: Status } } }, () => ({
    status: 'alive',
  }))

  app.get(
    '/readyz',
    {
      schema: {
        summary:
          'The engines answer within a second, on separate connections; and the strategy that is served',
        response: { 200: Ready, 503: ProblemAnswer },
      },
    },
    async ({ log }) => {
      const why = await readiness.refusal()
      if (why !== undefined) {
        log.warn({ why }, 'the engine does not answer')
        throw new Problem('overloaded', 'the engine does not answer')
      }
      return { status: 'ready', strategy: parts.name }
    },
  )

  const text = new SharedRun(allMetrics)
  app.get(
    '/metrics',
    { schema: { summary: 'Figures for Prometheus, of all workers together' } },
    async (_, reply) => reply.type(METRICS_CONTENT_TYPE).send(await text.run()),
  )

  if (parts.settings.hasAudit) auditRoutes(app, parts)
}
