/** How many units are taken at every moment, per resource: a step function, added up from intervals [start, end). */
import { ascending, discard, grouped } from './order.ts'

/** Units of one resource taken by one hold from `startUs` until just before `endUs`. */
export class Intervals {
  count = 0
  readonly resource: Int32Array
  readonly hold: Int32Array
  readonly units: Float64Array
  readonly startUs: Float64Array
  readonly endUs: Float64Array

  /** Room for `most` intervals; what is not used costs no memory, because the system hands it out page by page. */
  constructor(most: number) {
    this.resource = new Int32Array(most)
    this.hold = new Int32Array(most)
    this.units = new Float64Array(most)
    this.startUs = new Float64Array(most)
    this.endUs = new Float64Array(most)
  }

  add(interval: {
    readonly resource: number
    readonly hold: number
    readonly units: number
    readonly startUs: number
    readonly endUs: number
  }): void {
    const at = this.count++
    this.resource[at] = interval.resource
    this.hold[at] = interval.hold
    this.units[at] = interval.units
    this.startUs[at] = interval.startUs
    this.endUs[at] = interval.endUs
  }
}

/** Segment k of a resource lasts from `fromUs[k]` to `fromUs[k + 1]`; its first begins at minus infinity with 0 units. */
export class Steps {
  /** The segments of resource r are those from `first[r]` up to, not including, `first[r + 1]`. */
  readonly first: Int32Array
  readonly fromUs: Float64Array
  readonly units: Float64Array

  constructor(intervals: Intervals, resourceCount: number) {
    const { count, resource, units, startUs, endUs } = intervals
    const keys = new Float64Array(count * 2)
    const resourceOf = new Int32Array(count * 2)
    for (let at = 0; at < count; at++) {
      keys[at] = startUs[at] ?? 0
      resourceOf[at] = resource[at] ?? 0
      keys[count + at] = endUs[at] ?? 0
      // What never ends needs no second event.
      resourceOf[count + at] = endUs[at] === Number.POSITIVE_INFINITY ? -1 : (resource[at] ?? 0)
    }
    const order = ascending(keys)
    const events = grouped(resourceOf, { groupCount: resourceCount, order })
    discard(order, resourceOf)

    this.first = new Int32Array(resourceCount + 1)
    this.fromUs = new Float64Array(events.members.length + resourceCount)
    this.units = new Float64Array(events.members.length + resourceCount)
    let segment = -1
    for (let group = 0; group < resourceCount; group++) {
      segment++
      this.first[group] = segment
      this.fromUs[segment] = Number.NEGATIVE_INFINITY
      let sum = 0
      const end = events.first[group + 1] ?? 0
      for (let at = events.first[group] ?? 0; at < end; at++) {
        const event = events.members[at] ?? 0
        sum += event < count ? (units[event] ?? 0) : -(units[event - count] ?? 0)
        // Everything that happens at one moment counts as one step, so an end never follows a start of the same time.
        if (keys[event] !== this.fromUs[segment]) {
          segment++
          this.fromUs[segment] = keys[event] ?? 0
        }
        this.units[segment] = sum
      }
    }
    this.first[resourceCount] = segment + 1
    discard(keys, events.first, events.members)
  }

  /** The segment of `resource` in which `us` lies. */
  at(resource: number, us: number): number {
    let low = this.first[resource] ?? 0
    let high = (this.first[resource + 1] ?? 0) - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.fromUs[middle] ?? 0) <= us) low = middle
      else high = middle - 1
    }
    return low
  }

  /** When segment `segment` of `resource` is over. */
  until(resource: number, segment: number): number {
    return segment + 1 < (this.first[resource + 1] ?? 0)
      ? (this.fromUs[segment + 1] ?? 0)
      : Number.POSITIVE_INFINITY
  }

  /** The segment of `resource` that lasts until `us`, or beyond it if none begins there. */
  before(resource: number, us: number): number {
    const segment = this.at(resource, us)
    return this.fromUs[segment] === us && segment > (this.first[resource] ?? 0) ? segment - 1 : segment
  }

  /** Whether from segment `from` on, and before `untilUs`, at some moment at most `units` are taken. */
  sometimesAtMost(resource: number, units: number, during: During): boolean {
    const end = this.first[resource + 1] ?? 0
    for (let segment = during.from; segment < end; segment++) {
      if ((this.fromUs[segment] ?? 0) >= during.untilUs) return false
      if ((this.units[segment] ?? 0) <= units) return true
    }
    return false
  }

  /** Whether from segment `from` on, and before `untilUs`, at some moment at least `units` are taken. */
  sometimesAtLeast(resource: number, units: number, during: During): boolean {
    const end = this.first[resource + 1] ?? 0
    for (let segment = during.from; segment < end; segment++) {
      if ((this.fromUs[segment] ?? 0) >= during.untilUs) return false
      if ((this.units[segment] ?? 0) >= units) return true
    }
    return false
  }
}

interface During {
  readonly from: number
  readonly untilUs: number
}
