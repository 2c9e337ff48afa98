/** For whoever runs the service: is it there, how is it doing, and what has the store really sold? */
import Type from 'typebox'
import { METRICS_CONTENT_TYPE } from '../metrics.ts'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import { ProblemAnswer, StoreAudit } from '../schemas.ts'
import { SharedRun } from '../single-flight.ts'
import { resourcesOf, withoutEvent } from '../venue.ts'
import type { TypedApp } from './typed.ts'

const Ready = Type.Object({ status: Type.String(), strategy: Type.String() })
const Status = Type.Object({ status: Type.String() })
/** One oversold seat says as much as a thousand. */
const OVERSOLD_TOLD_MAX = 20
const COMPLAINTS_TOLD_MAX = 100

export function operatorRoutes(app: TypedApp, parts: RouteParts): void {
  const { readiness, metrics, allMetrics = () => metrics.text() } = parts

  app.get('/healthz', { schema: { summary: 'The process lives', response: { 200: Status } } }, () => ({
    status: 'alive',
  }))

  app.get(
    '/readyz',
    {
      schema: {
        summary:
          'The engines answer, within a second, on connections of their own; and the strategy that is served',
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

  if (parts.settings.hasAudit) auditRoute(app, parts)
}

function auditRoute(app: TypedApp, { store, venue }: RouteParts): void {
  const capacity = new Map(
    venue.events.flatMap((event) =>
      resourcesOf(event).map((each) => [
        each.id,
        { units: each.capacity, name: `${event.id}:${withoutEvent(event.id, each.id)}` },
      ]),
    ),
  )

  async function audited() {
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
      complaints: sold.complaints.slice(0, COMPLAINTS_TOLD_MAX),
    }
  }

  const shared = new SharedRun(audited)
  app.get(
    '/audit',
    {
      schema: {
        summary: 'What the store has sold, read past the strategy; to be asked when nobody buys any more',
        response: { 200: StoreAudit, 501: ProblemAnswer, 504: ProblemAnswer },
      },
    },
    async ({ log }) => {
      try {
        return await shared.run()
      } catch (error) {
        if (error instanceof Problem) throw error
        log.error({ err: error }, 'the store was not read')
        throw new Problem('unknown-outcome', 'the store did not answer: ask again')
      }
    },
  )
}
