/** Default settings. */
import type { ServiceSettings } from './parts.ts'

/** Without limits, for experiments: they measure the strategy. */
export const UNLIMITED = {
  bulkReadsMax: 0,
  connectionsMax: 0,
  clientConnectionsMax: 0,
  clientRequestsPerSecond: 0,
  shedsLoad: false,
} as const satisfies Partial<ServiceSettings>

/** For a service that only this machine can reach. */
export const LIMITS_ON_LOOPBACK = {
  bulkReadsMax: 4,
  connectionsMax: 4_096,
  clientConnectionsMax: 0,
  clientRequestsPerSecond: 0,
  shedsLoad: true,
} as const satisfies Partial<ServiceSettings>

/** For a browser, and for all clients behind one address. */
export const LIMITS_FOR_STRANGERS = {
  ...LIMITS_ON_LOOPBACK,
  clientConnectionsMax: 64,
  clientRequestsPerSecond: 100,
} as const satisfies Partial<ServiceSettings>

/** A quarter of an hour: longer than any payment session, short enough that abandoned seats are sold. */
export const TTL_MS_MAX_DEFAULT = 900_000
/** As many as lines may be. */
export const UNITS_MAX_DEFAULT = 100
