/** For whoever runs the service: is it there, how is it doing, and what has the store really sold? */
import Type from 'typebox'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import { ProblemAnswer } from '../schemas.ts'
import { resourcesOf } from '../venue.ts'
import { auditRoutes } from './audit.ts'
import type { TypedApp } from './typed.ts'

const Ready = Type.Object({ status: Type.String(), strategy: Type.String() })
const Status = Type.Object({ status: Type.String() })

export function operatorRoutes(app: TypedApp, parts: RouteParts): void {
  const { strategy, venue, metrics } = parts

  app.get('/healthz', { schema: { summary: 'The process lives', response: { 200: Status } } }, () => ({
    status: 'alive',
  }))

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'The engine answers; and the strategy that is served',
        response: { 200: Ready, 503: ProblemAnswer },
      },
    },
    async () => {
      const [event] = venue.events
      const [some] = event === undefined ? [] : resourcesOf(event)
      try {
        if (some !== undefined) await strategy.availability([some.id])
      } catch {
        throw new Problem('overloaded', 'the engine does not answer')
      }
      return { status: 'ready', strategy: parts.name }
    },
  )

  app.get('/metrics', { schema: { summary: 'Figures for Prometheus', hide: false } }, async (_, reply) => {
    const { registry } = metrics
    return reply.type(registry.contentType).send(await registry.metrics())
  })

  if (parts.hasAudit) auditRoutes(app, parts)
}
