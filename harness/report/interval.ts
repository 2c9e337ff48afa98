/** The confidence interval of a median, by bootstrap: how far it could move if the repeats were run again. */
import { Random } from '../workloads/random.ts'
import { rangeOf } from './range.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

/** Enough that the ends of the interval no longer depend on the seed. */
const RESAMPLES = 2_000
const CONFIDENCE = 0.95
/** The same values always give the same interval. */
const SEED = 1

/**
 * The repeats are drawn again, with replacement, many times; the interval holds the middle 95 % of the
 * medians. Of five repeats that is the whole range.
 */
export function intervalOf(values: readonly number[]): Interval {
  const { median, min, max } = rangeOf(values)
  if (values.length === 0 || min === max) return { low: median, high: median }
  const random = new Random(SEED, 'bootstrap')
  const medians = Array.from(
    { length: RESAMPLES },
    () => rangeOf(values.map(() => random.pick(values))).median,
  ).sort((one, other) => one - other)
  const cut = Math.floor(((1 - CONFIDENCE) / 2) * RESAMPLES)
  return { low: medians[cut] ?? min, high: medians[RESAMPLES - 1 - cut] ?? max }
}

/** Whether two figures may be the same. */
export function overlap(one: Interval, other: Interval): boolean {
  return one.low <= other.high && other.low <= one.high
}
