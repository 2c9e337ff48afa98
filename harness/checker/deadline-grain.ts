/** How exactly a deadline tells when it was decided: that long before it as the time to live. */

/**
 * How far apart two reports of one deadline may be: engines keep whole microseconds, and a double as little.
 */
export const TOLERANCE_MS = 0.01

/** How far the clock that gave a deadline may have been from the time that it counted. */
export function grainMs(deadlineMs: number): number {
  if (deadlineMs % 1_000 === 0) return 1_000
  return Number.isInteger(deadlineMs) ? 1 : TOLERANCE_MS
}

/** As the contract rounds a time to live. */
export function wholeSeconds(ttlMs: number): number {
  return Math.ceil(ttlMs / 1_000) * 1_000
}
