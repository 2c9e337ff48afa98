/** Parses the options of `holdfast serve`. Throws a `UsageError` before anything is started. */
import type { Durability } from '../../harness/engines/engine.ts'
import { strategyNamed } from '../../harness/entries/strategy-named.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { LOG_LEVELS, type LogLevel } from '../../harness/service/log.ts'
import type { ServiceOrder } from '../../harness/service/running-service.ts'
import {
  LIMITS_FOR_STRANGERS,
  LIMITS_ON_LOOPBACK,
  TTL_MS_MAX_DEFAULT,
  UNITS_MAX_DEFAULT,
} from '../../harness/service/settings.ts'
import { type Venue, VenueError, venueFor } from '../../harness/service/venue.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { TTL_MS_MAX, UNITS_MAX } from '../../strategies/validation.ts'
import { type Bounds, parseChoice, WORKERS } from '../arguments.ts'
import { type Context, engineNames } from '../context.ts'
import {
  criticalSectionMsOf,
  durabilityOf,
  durationMsOr,
  mapAgeMsOf,
  networkLatencyMsOf,
  poolSizeOf,
  wholeOr,
} from '../options.ts'
import { rethrowAsUsage } from '../usage.ts'
import { roomConnections } from '../waiting-room.ts'
import { HOST_DEFAULT, IN_FLIGHT_DEFAULT, PORT_DEFAULT, type ServeOptions } from './options.ts'

const PORT: Bounds = { min: 0, max: 65_535 }
/** Each one needs a socket and a closure; ten thousand take a few hundred megabytes. */
const IN_FLIGHT: Bounds = { min: 1, max: 10_000 }
const LIMIT: Bounds = { min: 0, max: 1_000_000 }
const TTL_MS: Bounds = { min: 1_000, max: TTL_MS_MAX }
const UNITS: Bounds = { min: 1, max: UNITS_MAX }
/** Loopback names. */
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
/** As in `Host`, without a port. */
const HOST_NAME = /^[\w.-]{1,253}$/

export interface ServeOrder {
  readonly entry: StrategyEntry
  readonly durability: Durability
  readonly venue: Venue
  readonly host: string
  readonly port: number
  readonly poolSize: number
  readonly criticalSectionMs: number
  readonly networkLatencyMs?: number
  readonly settings: ServiceOrder['settings']
  readonly workers: number
  readonly logLevel: LogLevel
}

export async function orderOf(options: ServeOptions, engines: Context['engines']): Promise<ServeOrder> {
  const { host } = options
  const entry = await strategyNamed(options.strategy, engineNames({ engines }))
  const numbers = {
    port: wholeOr(PORT_DEFAULT, options.port, '--port', PORT),
    poolSize: poolSizeOf(options.pool),
    criticalSectionMs: criticalSectionMsOf(options.criticalSection),
    workers: wholeOr(1, options.workers, '--workers', WORKERS),
  }
  const networkLatencyMs = networkLatencyMsOf(options.networkLatency)
  const settings = settingsOf(options)
  const durability = durabilityOf(options.durability)
  const logLevel = parseChoice(options.log ?? 'info', '--log', LOG_LEVELS)
  const venue = await venueFor(options.venue).catch(rethrowAsUsage(VenueError, '--venue: '))
  return {
    entry,
    durability,
    venue,
    host,
    ...numbers,
    ...(networkLatencyMs !== undefined && { networkLatencyMs }),
    settings,
    logLevel,
  }
}

function settingsOf(options: ServeOptions): ServiceOrder['settings'] {
  const { host, audit, allowHost, setupRoutes } = options
  const isLoopback = LOOPBACK.has(host)
  if (audit && !isLoopback) {
    throw new UsageError(
      `--audit exposes everything that was sold, so it needs --host ${HOST_DEFAULT}, not ${host}`,
    )
  }
  if (setupRoutes) refuseSetupRoutes(options, isLoopback)
  const nameless = allowHost.find((name) => name !== '*' && !HOST_NAME.test(name))
  if (nameless !== undefined) {
    throw new UsageError(`--allow-host must be a name without a port, or *, not "${nameless}"`)
  }
  const limits = isLoopback ? LIMITS_ON_LOOPBACK : LIMITS_FOR_STRANGERS
  // A workload asks for whatever the contract allows, and a refused read would be of unknown outcome.
  const widest = setupRoutes
    ? { bulkReadsMax: 0, ttlMsMax: TTL_MS_MAX, unitsMax: UNITS_MAX }
    : { bulkReadsMax: limits.bulkReadsMax, ttlMsMax: TTL_MS_MAX_DEFAULT, unitsMax: UNITS_MAX_DEFAULT }
  const limit = (text: string | undefined, name: string, otherwise: number) =>
    wholeOr(otherwise, text, name, LIMIT)
  return {
    ...limits,
    inFlightMax: wholeOr(IN_FLIGHT_DEFAULT, options.inFlight, '--in-flight', IN_FLIGHT),
    bulkReadsMax: limit(options.bulkReads, '--bulk-reads', widest.bulkReadsMax),
    connectionsMax: limit(
      options.connections,
      '--connections',
      limits.connectionsMax + roomConnections(options),
    ),
    clientConnectionsMax: limit(
      options.clientConnections,
      '--client-connections',
      limits.clientConnectionsMax,
    ),
    clientRequestsPerSecond: limit(options.clientRate, '--client-rate', limits.clientRequestsPerSecond),
    ttlMsMax: durationMsOr(widest.ttlMsMax, options.ttlMax, '--ttl-max', TTL_MS),
    unitsMax: wholeOr(widest.unitsMax, options.unitsMax, '--units-max', UNITS),
    mapAgeMsMax: mapAgeMsOf(options.mapCache),
    // An address needs no permission; a host name does.
    allowedHosts: [host, ...allowHost],
    hasOwnerSecrets: options.ownerSecrets === true,
    hasAudit: audit === true,
    hasSetup: setupRoutes === true,
  }
}

/** A process that reaches the set-up routes can fill the store. */
function refuseSetupRoutes({ host, allowHost, ownerSecrets }: ServeOptions, isLoopback: boolean): void {
  const problem = 'lets every client make resources, so it'
  if (!isLoopback) {
    throw new UsageError(`--setup-routes ${problem} needs --host ${HOST_DEFAULT}, not ${host}`)
  }
  if (allowHost.length > 0) {
    throw new UsageError(`--setup-routes ${problem} cannot be used with --allow-host`)
  }
  if (ownerSecrets) {
    throw new UsageError('--setup-routes is for compare, which has no secrets: leave out --owner-secrets')
  }
}
