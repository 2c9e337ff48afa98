/**
 * A strategy whose code runs in another context of V8 than ours, as in Jest. There, classes like Error and
 * Object are others, so that its answers and errors are none of ours until they are taken over.
 */
import { types } from 'node:util'
import {
  InvalidRequestError,
  type ReservationStrategy,
  type ResourceId,
  UnknownResourceError,
} from '../../strategies/strategy.ts'

/** The same strategy if it is of this context. */
export function ofThisContext(strategy: ReservationStrategy): ReservationStrategy {
  const isOurs: boolean = strategy instanceof Object
  if (isOurs) return strategy
  return {
    createResources: (resources) => taken(() => strategy.createResources(resources)),
    hold: (request) => taken(() => strategy.hold(request)),
    confirm: (id) => taken(() => strategy.confirm(id)),
    release: (id) => taken(() => strategy.release(id)),
    availability: (ids) => taken(() => strategy.availability(ids)),
    expireDue: (limit) => taken(() => strategy.expireDue(limit)),
    close: () => taken(() => strategy.close()),
  }
}

async function taken<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return structuredClone(await call())
  } catch (error) {
    throw errorOfThisContext(error)
  }
}

function errorOfThisContext(error: unknown): unknown {
  if (error instanceof Error || !types.isNativeError(error)) return error
  const { name, message, stack } = error
  if (name === 'UnknownResourceError' && 'resourceId' in error) {
    return new UnknownResourceError(error.resourceId as ResourceId)
  }
  if (name === 'InvalidRequestError') return new InvalidRequestError(message, { cause: error })
  return Object.assign(new Error(message, { cause: error }), { ...error, name, stack })
}
