/** The options of `holdfast serve`. */
import { Command } from 'commander'
import { LOG_LEVELS } from '../../harness/service/log.ts'
import {
  LIMITS_FOR_STRANGERS,
  LIMITS_ON_LOOPBACK,
  TTL_MS_MAX_DEFAULT,
  UNITS_MAX_DEFAULT,
} from '../../harness/service/settings.ts'
import { VENUES } from '../../harness/service/venue.ts'
import { STREAMS_MAX } from '../../shop/waiting-room/settings.ts'
import { formatDuration } from '../arguments.ts'
import {
  CRITICAL_SECTION_OPTION,
  collected,
  DURABILITY_OPTION,
  MAP_CACHE_OPTION,
  NETWORK_LATENCY_OPTION,
  POOL_DEFAULT,
} from '../options.ts'
import { SUMMARIES } from '../summaries.ts'
import { type WaitingRoomOptions, withRoomOptions } from '../waiting-room.ts'

export const HOST_DEFAULT = '127.0.0.1'
export const PORT_DEFAULT = 8_080
export const IN_FLIGHT_DEFAULT = 1_000

export interface ServeOptions extends WaitingRoomOptions {
  readonly strategy: string
  readonly host: string
  readonly port?: string
  readonly venue: string
  readonly pool?: string
  readonly inFlight?: string
  readonly bulkReads?: string
  readonly connections?: string
  readonly clientConnections?: string
  readonly clientRate?: string
  readonly ttlMax?: string
  readonly unitsMax?: string
  readonly allowHost: readonly string[]
  readonly ownerSecrets?: true
  readonly mapCache?: string
  readonly durability?: string
  readonly criticalSection?: string
  readonly networkLatency?: string
  readonly workers?: string
  readonly log?: string
  readonly audit?: true
  readonly setupRoutes?: true
}

export function serveOptions(): Command {
  const { bulkReadsMax, connectionsMax } = LIMITS_ON_LOOPBACK
  const { clientConnectionsMax, clientRequestsPerSecond } = LIMITS_FOR_STRANGERS
  return withRoomOptions(
    new Command('serve')
      .description(SUMMARIES.serve.about)
      .requiredOption('--strategy <name>', 'a strategy by name, or a file of your own (./mine.ts)')
      .option('--host <address>', 'address to listen on', HOST_DEFAULT)
      .option('--port <number>', `port to listen on; 0 for any free port (default: ${PORT_DEFAULT})`)
      .option(
        '--allow-host <name>',
        'a host name that clients use for the service; can be repeated',
        collected,
        [],
      )
      .option('--venue <name or file>', `${Object.keys(VENUES).join(', ')}, or a JSON file`, 'small')
      .option('--pool <number>', `connections to PostgreSQL (default: ${POOL_DEFAULT})`)
      .option(
        '--in-flight <number>',
        `concurrent requests; further ones are answered 503 (default: ${IN_FLIGHT_DEFAULT})`,
      )
      .option('--bulk-reads <number>', `concurrent large reads; 0 for no limit (default: ${bulkReadsMax})`)
      .option(
        '--connections <number>',
        `open connections; 0 for no limit (default: ${connectionsMax}, with --waiting-room ${STREAMS_MAX} more)`,
      )
      .option(
        '--client-connections <number>',
        `open connections per client address; 0 for no limit (default: ${clientConnectionsMax}, on loopback 0)`,
      )
      .option(
        '--client-rate <number>',
        `requests per second and client address; 0 for no limit (default: ${clientRequestsPerSecond}, on loopback 0)`,
      )
      .option('--ttl-max <time>', `maximum TTL of a hold (default: ${formatDuration(TTL_MS_MAX_DEFAULT)})`)
      .option('--units-max <number>', `maximum units per reservation (default: ${UNITS_MAX_DEFAULT})`)
      .option(
        '--owner-secrets',
        'requires the secret of the client that made a hold, not only the id of the hold',
      )
      .option(...MAP_CACHE_OPTION)
      .option(...CRITICAL_SECTION_OPTION)
      .option(...NETWORK_LATENCY_OPTION)
      .option(...DURABILITY_OPTION)
      .option('--workers <number>', 'processes that share the port (default: 1)')
      .option('--log <level>', `${LOG_LEVELS.join(', ')}; JSON on standard error (default: info)`)
      .option('--audit', 'serves /audit, where every program on this machine can read what was sold')
      .option(
        '--setup-routes',
        'for tests: serves /setup, where every program on this machine can make resources, as compare does',
      ),
  )
}
