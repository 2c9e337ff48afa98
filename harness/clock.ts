/**
 * The clock of every measurement: CLOCK_MONOTONIC, which all processes of a host share and which is never set
 * back. Wall clocks appear only in text for readers, and in engines' deadlines.
 */

const NS_PER_US = 1_000n

export function monotonicNs(): bigint {
  return process.hrtime.bigint()
}

/**
 * For durations and clock comparison: a double keeps it exact to well under a
 * microsecond for years of uptime.
 */
export function monotonicMs(): number {
  const ns = monotonicNs()
  return Number(ns / 1_000_000n) + Number(ns % 1_000_000n) / 1e6
}

/** Rounded down: an operation may be recorded as begun too early, never too late. */
export function invokedNowUs(): number {
  return Number(monotonicNs() / NS_PER_US)
}

/** Rounded up: an operation may be recorded as returned too late, never too early. */
export function returnedNowUs(): number {
  return Number((monotonicNs() + NS_PER_US - 1n) / NS_PER_US)
}
