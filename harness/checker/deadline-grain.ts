/** How precisely a deadline shows when it was decided, which is the time to live before it. */
import type { HistoryHeader } from '../history/record.ts'

/**
 * How far apart two reports of one deadline may be: engines store whole microseconds, and a double has about
 * the same resolution.
 */
export const TOLERANCE_MS = 0.01

/** Microseconds, added to ε: the error of converting milliseconds since 1970 in a double, rounded up. */
export const ROUNDING_US = 1

/** A clock that counts in whole seconds gives deadlines that are off by up to one. */
export const GRAIN_MS_MAX = 1_000

/** How far the clock that gave a deadline may have been from true time. */
export function grainMs(deadlineMs: number): number {
  if (deadlineMs % 1_000 === 0) return GRAIN_MS_MAX
  return Number.isInteger(deadlineMs) ? 1 : TOLERANCE_MS
}

/** As the contract rounds a time to live. */
export function wholeSeconds(ttlMs: number): number {
  return Math.ceil(ttlMs / 1_000) * 1_000
}

/**
 * The earliest moment, in microseconds of the history's clock, at which a deadline can have been decided for
 * this time to live.
 */
export function decidedFromUs(
  deadlineMs: number,
  ttlMs: number,
  { offsetMs, errorMs }: HistoryHeader['clock'],
): number {
  const sinceMs = deadlineMs - offsetMs - wholeSeconds(ttlMs)
  return (sinceMs - errorMs - grainMs(deadlineMs) - TOLERANCE_MS) * 1_000 - ROUNDING_US
}
