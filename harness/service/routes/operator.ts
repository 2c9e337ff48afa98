/** For whoever runs the service: is it there, how is it doing, and what has the store really sold? */
import Type from 'typebox'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import { ProblemAnswer, StoreAudit } from '../schemas.ts'
import { resourcesOf, withoutEvent } from '../venue.ts'
import type { TypedApp } from './typed.ts'

const Ready = Type.Object({ status: Type.String(), strategy: Type.String() })
const Status = Type.Object({ status: Type.String() })
/** One oversold seat says as much as a thousand. */
const OVERSOLD_TOLD_MAX = 20

export function operatorRoutes(app: TypedApp, parts: RouteParts): void {
  const { strategy, store, venue, metrics } = parts

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

  if (!parts.hasAudit) return
  app.get(
    '/audit',
    {
      schema: {
        summary: 'What the store has sold, read past the strategy; to be asked when nobody buys any more',
        response: { 200: StoreAudit, 501: ProblemAnswer },
      },
    },
    async () => {
      const capacity = new Map(
        venue.events.flatMap((event) =>
          resourcesOf(event).map((each) => [
            each.id,
            { units: each.capacity, name: `${event.id}:${withoutEvent(event.id, each.id)}` },
          ]),
        ),
      )
      const sold = await store.sold([...capacity.keys()])
      if (sold.kind === 'not-read') throw new Problem('not-audited', sold.reason)
      const oversold = [...sold.units].flatMap(([id, units]) => {
        const there = capacity.get(id)
        const over = units - (there?.units ?? 0)
        return over > 0 ? [{ id: there?.name ?? id, capacity: there?.units ?? 0, sold: units }] : []
      })
      return {
        sold_units: [...sold.units.values()].reduce((sum, units) => sum + units, 0),
        oversold_units: oversold.reduce((sum, each) => sum + each.sold - each.capacity, 0),
        oversold: oversold.slice(0, OVERSOLD_TOLD_MAX),
        complaints: [...sold.complaints],
      }
    },
  )
}
