/** What the store has really sold, seat by seat: for whoever holds it against what buyers were told. */
import type { ResourceId } from '../../../strategies/strategy.ts'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import { ProblemAnswer, StoreAudit } from '../schemas.ts'
import { resourcesOf, withoutEvent } from '../venue.ts'
import type { TypedApp } from './typed.ts'

/** One oversold seat says as much as a thousand. */
const OVERSOLD_TOLD_MAX = 20

/** To be registered only where the service was told to let itself be audited. */
export function auditRoutes(app: TypedApp, parts: RouteParts): void {
  app.get(
    '/audit',
    {
      schema: {
        summary:
          'What the store has sold, read past the strategy, and what the strategy says can be had; to be asked when nobody buys',
        response: { 200: StoreAudit, 501: ProblemAnswer },
      },
    },
    () => auditOf(parts),
  )
}

async function auditOf({ store, strategy, venue }: RouteParts) {
  const capacities = new Map(
    venue.events.flatMap((event) =>
      resourcesOf(event).map((each) => [
        each.id,
        { capacity: each.capacity, name: `${event.id}:${withoutEvent(event.id, each.id)}` },
      ]),
    ),
  )
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
    complaints: [...sold.complaints],
  }
}
