/**
 * The clock of every measurement: CLOCK_MONOTONIC, which all processes of a host share and which is never set
 * back. Wall clocks appear only in text for readers, and in engines' deadlines.
 */

const US_PER_SECOND = 1_000_000
const NS_PER_US = 1_000

export function monotonicNs(): bigint {
  return process.hrtime.bigint()
}

/**
 * For durations and clock comparison: a double keeps it exact to well under a
 * microsecond for years of uptime.
 */
export function monotonicMs(): number {
  const [seconds, ns] = process.hrtime()
  return seconds * 1_000 + ns / 1e6
}

/**
 * Rounded down: an operation may be recorded as begun too early, never too late. Two numbers, since a big
 * integer takes several times as long, and every call is stamped twice.
 */
export function invokedNowUs(): number {
  const [seconds, ns] = process.hrtime()
  return seconds * US_PER_SECOND + Math.floor(ns / NS_PER_US)
}

/** Rounded up: an operation may be recorded as returned too late, never too early. */
export function returnedNowUs(): number {
  const [seconds, ns] = process.hrtime()
  return seconds * US_PER_SECOND + Math.ceil(ns / NS_PER_US)
}
