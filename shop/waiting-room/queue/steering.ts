/**
 * The limit of those inside, steered by the latency that they see: lowered in proportion when p99 is above
 * the target, raised by little while it is well below and the room is full. As in congestion control, that
 * finds the most that the backend carries, and leaves it quickly when it carries less.
 *
 * Nobody is sent away, so that a lower limit takes a while to be reached. Until then what is seen is still of
 * the higher one, and says nothing about the limit: lowered again meanwhile, it would end far too low.
 */

export interface SteeringTarget {
  readonly p99Ms: number
  readonly activeMin: number
  readonly activeMax: number
}

export interface Observed {
  readonly p99Ms: number
  /** Requests behind the figure. */
  readonly count: number
  /** Those inside and called. */
  readonly active: number
}

/** Fewer show no p99. */
export const REQUESTS_MIN = 100
/** Where waits grow with those inside, as many are too many as p99 is above the target. */
const LOWERED_TO = { most: 0.5, least: 0.75 } as const
const RAISED_TO = 1.05
/** Between this share of the target and the target, the limit stays. */
const WELL_BELOW = 0.8
/** A limit that is not reached is no limit: what is seen says nothing about a higher one. */
const FULL = 0.9

/** The next limit, which may be the same. */
export function steered(limit: number, { p99Ms, count, active }: Observed, target: SteeringTarget): number {
  const within = (next: number): number => Math.min(target.activeMax, Math.max(target.activeMin, next))
  if (count < REQUESTS_MIN) return within(limit)
  if (p99Ms > target.p99Ms) {
    if (active > limit) return within(limit)
    const share = Math.min(LOWERED_TO.least, Math.max(LOWERED_TO.most, target.p99Ms / p99Ms))
    return within(Math.floor(Math.min(limit, active) * share))
  }
  if (p99Ms < target.p99Ms * WELL_BELOW && active >= limit * FULL) return within(Math.ceil(limit * RAISED_TO))
  return within(limit)
}
