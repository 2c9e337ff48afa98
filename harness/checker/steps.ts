/**
 * How many units are taken at every moment, per resource: a step function, added up from intervals [start,
 * end).
 */
import { doubleAt, intAt } from './at.ts'
import { type Groups, grouped } from './groups.ts'
import { ascending, discard } from './order.ts'

/**
 * Units of one resource taken by one hold from `startUs` until just before `endUs`, in columns of `count`
 * rows.
 */
export class Intervals {
  count = 0
  /** Resource numbers. */
  readonly resource: Int32Array
  /** Hold numbers. */
  readonly hold: Int32Array
  readonly units: Float64Array
  readonly startUs: Float64Array
  readonly endUs: Float64Array

  /** Room for `most` intervals. Unused room costs no memory, because the system allocates it page by page. */
  constructor(most: number) {
    this.resource = new Int32Array(most)
    this.hold = new Int32Array(most)
    this.units = new Float64Array(most)
    this.startUs = new Float64Array(most)
    this.endUs = new Float64Array(most)
  }

  /** Throws a `RangeError` if there is no room. */
  add(interval: {
    readonly resource: number
    readonly hold: number
    readonly units: number
    readonly startUs: number
    readonly endUs: number
  }): void {
    const at = this.count++
    if (at >= this.resource.length)
      throw new RangeError(`There is room for ${this.resource.length} intervals.`)
    this.resource[at] = interval.resource
    this.hold[at] = interval.hold
    this.units[at] = interval.units
    this.startUs[at] = interval.startUs
    this.endUs[at] = interval.endUs
  }
}

/**
 * The units taken of each resource, as segments between which they change. Segment k lasts from `fromUs(k)`
 * until the next one of its resource begins. The first segment of a resource begins at minus infinity, with
 * no units or with those taken before.
 */
export class Steps {
  readonly #first: Int32Array
  readonly #fromUs: Float64Array
  readonly #units: Float64Array

  /**
   * `before`: units by resource number that are taken from the beginning on, by holds without an interval.
   */
  constructor(intervals: Intervals, resourceCount: number, before?: Float64Array) {
    const { events, timesUs } = eventsOf(intervals, resourceCount)
    const { count, units } = intervals
    const first = new Int32Array(resourceCount + 1)
    const fromUs = new Float64Array(events.memberCount + resourceCount)
    const taken = new Float64Array(events.memberCount + resourceCount)
    let segment = -1
    for (let resource = 0; resource < resourceCount; resource++) {
      segment++
      first[resource] = segment
      let segmentFromUs = Number.NEGATIVE_INFINITY
      fromUs[segment] = segmentFromUs
      let sum = before === undefined ? 0 : doubleAt(before, resource)
      taken[segment] = sum
      const end = events.end(resource)
      for (let at = events.start(resource); at < end; at++) {
        const event = events.member(at)
        sum += event < count ? doubleAt(units, event) : -doubleAt(units, event - count)
        const eventUs = doubleAt(timesUs, event)
        // Everything that happens at one moment counts as one step, so an end never follows a start of the
        // same time.
        if (eventUs !== segmentFromUs) {
          segment++
          segmentFromUs = eventUs
          fromUs[segment] = eventUs
        }
        taken[segment] = sum
      }
    }
    first[resourceCount] = segment + 1
    this.#first = first
    this.#fromUs = fromUs
    this.#units = taken
    discard(timesUs)
    events.discard()
  }

  /** The first segment of `resource`; its segments go up to, not including, `end`. */
  start(resource: number): number {
    return intAt(this.#first, resource)
  }

  end(resource: number): number {
    return intAt(this.#first, resource + 1)
  }

  /** When `segment` begins, in microseconds; minus infinity for the first of a resource. */
  fromUs(segment: number): number {
    return doubleAt(this.#fromUs, segment)
  }

  /** How many units are taken during `segment`. */
  units(segment: number): number {
    return doubleAt(this.#units, segment)
  }

  /** The segment of `resource` in which `us` lies. */
  at(resource: number, us: number): number {
    let low = this.start(resource)
    let high = this.end(resource) - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.fromUs(middle) <= us) low = middle
      else high = middle - 1
    }
    return low
  }

  /** When `segment` of `resource` ends, in microseconds; infinity for the last one. */
  untilUs(resource: number, segment: number): number {
    return segment + 1 < this.end(resource) ? this.fromUs(segment + 1) : Number.POSITIVE_INFINITY
  }

  /** The segment of `resource` that ends at `us`; if no segment ends then, the one in which `us` lies. */
  before(resource: number, us: number): number {
    const segment = this.at(resource, us)
    return this.fromUs(segment) === us && segment > this.start(resource) ? segment - 1 : segment
  }

  /** Whether, from segment `from` on and before `untilUs`, at most `units` are taken at some moment. */
  sometimesAtMost(resource: number, units: number, during: SegmentRange): boolean {
    const end = this.end(resource)
    for (let segment = during.from; segment < end; segment++) {
      if (this.fromUs(segment) >= during.untilUs) return false
      if (this.units(segment) <= units) return true
    }
    return false
  }

  /** Whether, from segment `from` on and before `untilUs`, at least `units` are taken at some moment. */
  sometimesAtLeast(resource: number, units: number, during: SegmentRange): boolean {
    const end = this.end(resource)
    for (let segment = during.from; segment < end; segment++) {
      if (this.fromUs(segment) >= during.untilUs) return false
      if (this.units(segment) >= units) return true
    }
    return false
  }
}

interface SegmentRange {
  readonly from: number
  readonly untilUs: number
}

/**
 * Event k below `count` is the start of interval k; event `count` + k is its end. By resource, in order of
 * time.
 */
function eventsOf(
  { count, resource, startUs, endUs }: Intervals,
  resourceCount: number,
): { readonly events: Groups; readonly timesUs: Float64Array } {
  const timesUs = new Float64Array(count * 2)
  const resourceOf = new Int32Array(count * 2)
  for (let at = 0; at < count; at++) {
    const end = doubleAt(endUs, at)
    timesUs[at] = doubleAt(startUs, at)
    resourceOf[at] = intAt(resource, at)
    timesUs[count + at] = end
    // An interval that never ends needs no second event.
    resourceOf[count + at] = end === Number.POSITIVE_INFINITY ? -1 : intAt(resource, at)
  }
  const order = ascending(timesUs)
  const events = grouped(resourceOf, { groupCount: resourceCount, order })
  discard(order, resourceOf)
  return { events, timesUs }
}
