/** Settings where nothing is decided otherwise. */
import type { ServiceSettings } from './parts.ts'

/** Nothing is limited but what was always: for experiments, where what is measured is the strategy. */
export const UNLIMITED = {
  bulkReadsMax: 0,
  connectionsMax: 0,
  clientConnectionsMax: 0,
  clientRequestsPerSecond: 0,
  shedsLoad: false,
} as const satisfies Partial<ServiceSettings>

/** What is open to nobody but this machine has no strangers. */
export const LIMITS_ON_LOOPBACK = {
  bulkReadsMax: 4,
  connectionsMax: 4_096,
  clientConnectionsMax: 0,
  clientRequestsPerSecond: 0,
  shedsLoad: true,
} as const satisfies Partial<ServiceSettings>

/** For a browser, and for everybody behind one address. */
export const LIMITS_FOR_STRANGERS = {
  ...LIMITS_ON_LOOPBACK,
  clientConnectionsMax: 64,
  clientRequestsPerSecond: 100,
} as const satisfies Partial<ServiceSettings>

/** A quarter of an hour: longer than any payment form lives, short enough that a seat comes back. */
export const TTL_MS_MAX_DEFAULT = 900_000
/** As many as lines. */
export const UNITS_MAX_DEFAULT = 100
