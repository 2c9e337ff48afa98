/**
 * Names of resources and holds that no other trial uses: a service keeps what earlier trials have left, and
 * has no tables or keys of its own for each of them.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  type HoldId,
  type ReservationStrategy,
  type ResourceId,
  UnknownResourceError,
} from '../../../strategies/strategy.ts'

const LONGEST = 128

export function withOwnNames(inner: ReservationStrategy): ReservationStrategy {
  const mark = `${randomBytes(6).toString('base64url')}:`
  const names = new Map<string, ResourceId>()
  const told = <Id extends ResourceId | HoldId>(id: Id): Id => {
    const name = mark + id
    // A name of full length has no room for the mark.
    return (name.length <= LONGEST ? name : mark + createHash('sha256').update(id).digest('base64url')) as Id
  }
  const resource = (id: ResourceId): ResourceId => {
    const name = told(id)
    names.set(name, id)
    return name
  }
  const original = (name: ResourceId): ResourceId => names.get(name) ?? name
  return {
    createResources: (resources) =>
      inner.createResources(resources.map(({ id, capacity }) => ({ id: resource(id), capacity }))),
    async hold({ holdId, lines, ttlMs }) {
      const own = lines.map(({ resourceId, quantity }) => ({ resourceId: resource(resourceId), quantity }))
      const outcome = await originally(inner.hold({ holdId: told(holdId), lines: own, ttlMs }), original)
      if (outcome.kind === 'sold-out') return { ...outcome, resourceId: original(outcome.resourceId) }
      if (outcome.kind !== 'held' || outcome.versions === undefined) return outcome
      const versions = outcome.versions.map((each) => ({ ...each, resourceId: original(each.resourceId) }))
      return { ...outcome, versions }
    },
    confirm: (id) => inner.confirm(told(id)),
    release: (id) => inner.release(told(id)),
    async availability(ids) {
      const answers = await originally(inner.availability(ids.map(resource)), original)
      return answers.map((each) => ({ ...each, resourceId: original(each.resourceId) }))
    },
    expireDue: (limit) => inner.expireDue(limit),
    close: () => inner.close(),
  }
}

async function originally<T>(call: Promise<T>, original: (name: ResourceId) => ResourceId): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof UnknownResourceError) throw new UnknownResourceError(original(error.resourceId))
    throw error
  }
}
