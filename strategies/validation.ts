/**
 * The checks that wrap every strategy, so that no strategy repeats them. Bad requests are refused here,
 * before they reach an engine. Every time to live is rounded up to whole seconds, because TigerBeetle counts
 * in seconds and all strategies must receive the same number.
 */
import type {
  Availability,
  ConfirmOutcome,
  HoldId,
  HoldOutcome,
  HoldRequest,
  ReleaseOutcome,
  ReservationStrategy,
  Resource,
  ResourceId,
} from './strategy.ts'
import { InvalidRequestError } from './strategy.ts'

/** Long enough for any uuid or path-like name; short enough to be an index key everywhere. */
const ID_LENGTH_MAX = 128
/** A basket larger than this is a different problem (and a TigerBeetle chain must fit one request). */
export const LINES_MAX = 100
/** Fits a signed 32-bit counter in every engine. */
export const UNITS_MAX = 1_000_000_000
/** A day: no buyer gets a seat for longer without paying. */
export const TTL_MS_MAX = 24 * 60 * 60 * 1000
/** The most resources one read may request: an 80,000-seat venue in a single call. */
const RESOURCES_PER_READ_MAX = 100_000

/** Rounds a time to live up to whole seconds. */
export function wholeSeconds(ttlMs: number): number {
  return Math.ceil(ttlMs / 1000) * 1000
}

/** Makes a resource id of a string, or throws `InvalidRequestError`. */
export function resourceId(text: string): ResourceId {
  return checkedId(text, 'resource id') as ResourceId
}

/** Makes a hold id of a string, or throws `InvalidRequestError`. */
export function holdId(text: string): HoldId {
  return checkedId(text, 'hold id') as HoldId
}

/**
 * Wraps a strategy so that it only ever sees valid requests; invalid ones throw
 * `InvalidRequestError` and do nothing.
 */
export function withValidation(strategy: ReservationStrategy): ReservationStrategy {
  return {
    async createResources(resources: readonly Resource[]): Promise<void> {
      const seen = new Set<string>()
      for (const resource of resources) {
        checkedId(resource.id, 'resource id')
        checkedUnits(resource.capacity, `the capacity of "${resource.id}"`)
        if (seen.has(resource.id)) throw new InvalidRequestError(`resource "${resource.id}" is listed twice`)
        seen.add(resource.id)
      }
      if (resources.length > 0) await strategy.createResources(resources)
    },
    // Not async: a promise of its own would be one more for every hold.
    hold(request: HoldRequest): Promise<HoldOutcome> {
      try {
        return strategy.hold(checkedRequest(request))
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async confirm(id: HoldId): Promise<ConfirmOutcome> {
      checkedId(id, 'hold id')
      return strategy.confirm(id)
    },
    async release(id: HoldId): Promise<ReleaseOutcome> {
      checkedId(id, 'hold id')
      return strategy.release(id)
    },
    async availability(resourceIds: readonly ResourceId[]): Promise<readonly Availability[]> {
      if (resourceIds.length > RESOURCES_PER_READ_MAX) {
        throw new InvalidRequestError(
          `${resourceIds.length} resources in one read, at most ${RESOURCES_PER_READ_MAX}`,
        )
      }
      for (const id of resourceIds) checkedId(id, 'resource id')
      return resourceIds.length === 0 ? [] : strategy.availability(resourceIds)
    },
    async expireDue(limit: number): Promise<number> {
      checkedUnits(limit, 'the limit')
      return strategy.expireDue(limit)
    },
    async close(): Promise<void> {
      await strategy.close()
    },
  }
}

function checkedRequest(request: HoldRequest): HoldRequest {
  checkedId(request.holdId, 'hold id')
  if (request.lines.length === 0) throw new InvalidRequestError(`hold "${request.holdId}" has no lines`)
  if (request.lines.length > LINES_MAX) {
    throw new InvalidRequestError(
      `hold "${request.holdId}" has ${request.lines.length} lines, at most ${LINES_MAX}`,
    )
  }
  const seen = new Set<string>()
  for (const line of request.lines) {
    checkedId(line.resourceId, 'resource id')
    checkedUnits(line.quantity, `the quantity of "${line.resourceId}"`)
    if (seen.has(line.resourceId))
      throw new InvalidRequestError(`"${line.resourceId}" is in two lines of one hold`)
    seen.add(line.resourceId)
  }
  if (!Number.isFinite(request.ttlMs) || request.ttlMs <= 0 || request.ttlMs > TTL_MS_MAX) {
    throw new InvalidRequestError(`ttlMs is ${request.ttlMs}; it must be above 0 and at most ${TTL_MS_MAX}`)
  }
  return { ...request, ttlMs: wholeSeconds(request.ttlMs) }
}

/** Printable ASCII, which every further check lets pass. */
const PLAIN = /^[ -~]+$/

function checkedId(text: string, what: string): string {
  if (typeof text !== 'string' || text.length === 0 || text.length > ID_LENGTH_MAX) {
    throw new InvalidRequestError(`a ${what} must be a string of 1 to ${ID_LENGTH_MAX} characters`)
  }
  if (PLAIN.test(text)) return text
  // Half of a surrogate pair is not a character, and UTF-8 encodes every such half as the same replacement.
  if (!text.isWellFormed()) throw new InvalidRequestError(`a ${what} must be well-formed Unicode`)
  // "é" has two encodings that look the same. Only one of them is a valid id, so that nothing has two ids.
  if (text.normalize('NFC') !== text) {
    throw new InvalidRequestError(`a ${what} must be in Unicode normal form C`)
  }
  // PostgreSQL text cannot hold NUL, and invisible characters make two ids look like one in a report.
  if (/\p{Cc}/u.test(text)) throw new InvalidRequestError(`a ${what} must not contain control characters`)
  return text
}

function checkedUnits(units: number, what: string): void {
  if (!Number.isInteger(units) || units < 1 || units > UNITS_MAX) {
    throw new InvalidRequestError(`${what} must be a whole number from 1 to ${UNITS_MAX}, not ${units}`)
  }
}
