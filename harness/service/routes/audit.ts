/** Every sold seat according to the store, to be compared with the buyers' answers. */
import type { ResourceId } from '../../../strategies/strategy.ts'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import { ProblemAnswer, StoreAudit } from '../schemas.ts'
import { SharedRun } from '../single-flight.ts'
import { resourcesOf, withoutEvent } from '../venue.ts'
import type { TypedApp } from './typed.ts'

/** A few oversold seats prove as much as a thousand. */
const OVERSOLD_TOLD_MAX = 20
const COMPLAINTS_TOLD_MAX = 100

/** Registered only if the service allows an audit. */
export function auditRoutes(app: TypedApp, parts: RouteParts): void {
  const capacities = new Map(
    parts.venue.events.flatMap((event) =>
      resourcesOf(event).map((each) => [
        each.id,
        { capacity: each.capacity, name: `${event.id}:${withoutEvent(event.id, each.id)}` },
      ]),
    ),
  )
  const shared = new SharedRun(() => auditOf(parts, capacities))
  app.get(
    '/audit',
    {
      schema: {
        summary:
          'What the store has sold, read without the strategy, and what the strategy reports as available; for use when nothing is being bought',
        response: { 200: StoreAudit, 501: ProblemAnswer, 504: ProblemAnswer },
      },
    },
    async ({ log }) => {
      try {
        return await shared.run()
      } catch (error) {
        if (error instanceof Problem) throw error
        log.error({ err: error }, 'the store was not read')
        throw new Problem('unknown-outcome', 'the store did not answer: try again')
      }
    },
  )
}

interface OnSale {
  readonly capacity: number
  /** The event, a colon, and the seat or tier. */
  readonly name: string
}

async function auditOf({ store, strategy, venue }: RouteParts, capacities: ReadonlyMap<ResourceId, OnSale>) {
  const sold = await store.sold([...capacities.keys()])
  if (sold.kind === 'not-read') throw new Problem('not-audited', sold.reason)
  const available = new Map<ResourceId, number>()
  for (const event of venue.events) {
    const ids = resourcesOf(event).map(({ id }) => id)
    for (const each of await strategy.availability(ids)) available.set(each.resourceId, each.available)
  }
  const all = [...new Set([...capacities.keys(), ...sold.units.keys()])].map((id) => {
    const { capacity, name } = capacities.get(id) ?? { capacity: 0, name: id }
    return { id: name, capacity, sold: sold.units.get(id) ?? 0, available: available.get(id) ?? 0 }
  })
  const oversold = all.filter((each) => each.sold > each.capacity)
  return {
    sold_units: all.reduce((sum, each) => sum + each.sold, 0),
    oversold_units: oversold.reduce((sum, each) => sum + each.sold - each.capacity, 0),
    oversold: oversold.slice(0, OVERSOLD_TOLD_MAX).map(({ id, capacity, sold: units }) => ({
      id,
      capacity,
      sold: units,
    })),
    seats: all.filter((each) => each.sold > 0 || each.available !== each.capacity),
    complaints: sold.complaints.slice(0, COMPLAINTS_TOLD_MAX),
  }
}
