/**
 * How many waits a percentile needs. With fewer it is the luck of a few calls, and is not shown: of 100
 * waits, five are longer than the 95th percentile.
 */
import type { Percentiles } from '../results/figures.ts'
import { type Range, rangeOf } from './range.ts'

type Place = Exclude<keyof Percentiles, 'count' | 'max'>

export const WAITS_MIN: Readonly<Record<Place, number>> = {
  p50: 30,
  p75: 30,
  p90: 100,
  p95: 100,
  p99: 1_000,
  p999: 10_000,
}

/** A rate or a mean over fewer events is the luck of a few calls, as a median over fewer waits is. */
export const EVENTS_MIN = WAITS_MIN.p50

/** A percentile of one trial; undefined if too few waits were measured, or if it was not measured at all. */
export function percentileOf(waits: Percentiles, place: Place): number | undefined {
  return waits.count >= WAITS_MIN[place] ? waits[place] : undefined
}

/** The same percentile of several trials; undefined unless each of them has it. */
export function percentileOver(trials: readonly Percentiles[], place: Place): Range | undefined {
  const values = trials.flatMap((waits) => percentileOf(waits, place) ?? [])
  return trials.length === 0 || values.length < trials.length ? undefined : rangeOf(values)
}
