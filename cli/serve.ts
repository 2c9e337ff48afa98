/** `holdfast serve`: the HTTP API over one strategy, on real engines, until it is told to end. */

import { once } from 'node:events'
import { Command } from 'commander'
import type { Durability } from '../harness/engines/engine.ts'
import { withoutEngine } from '../harness/engines/missing.ts'
import { describeEngines, openEngines } from '../harness/engines/open.ts'
import { strategyNamed } from '../harness/entries/strategy-named.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { AddressError, openService, type RunningService } from '../harness/service/running-service.ts'
import { VENUES, type Venue, VenueError, venueFor } from '../harness/service/venue.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import { type Bounds, WORKERS } from './arguments.ts'
import { type Context, engineNames } from './context.ts'
import { listenForEnding } from './ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from './exit-codes.ts'
import { tellNotProven } from './not-proven.ts'
import {
  CRITICAL_SECTION_OPTION,
  criticalSectionMsOf,
  DURABILITY_OPTION,
  durabilityOf,
  MAP_CACHE_OPTION,
  mapAgeMsOf,
  POOL_DEFAULT,
  poolSizeOf,
  wholeOr,
} from './options.ts'

const HOST_DEFAULT = '127.0.0.1'
const PORT_DEFAULT = 8_080
const IN_FLIGHT_DEFAULT = 1_000
const PORT: Bounds = { min: 0, max: 65_535 }
/** Each holds a socket and a closure; ten thousand are a few hundred megabytes. */
const IN_FLIGHT: Bounds = { min: 1, max: 10_000 }
/** The names of this machine to itself. */
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

interface ServeOptions {
  readonly strategy: string
  readonly host: string
  readonly port?: string
  readonly venue: string
  readonly pool?: string
  readonly inFlight?: string
  readonly mapCache?: string
  readonly durability?: string
  readonly criticalSection?: string
  readonly workers?: string
  readonly audit?: true
}

export function serveCommand(context: Context): Command {
  return new Command('serve')
    .description('serves the HTTP API over one strategy, with its documentation at /docs')
    .requiredOption('--strategy <name>', 'a strategy by name, or a file of your own (./mine.ts)')
    .option('--host <address>', 'address to listen on', HOST_DEFAULT)
    .option('--port <number>', `port to listen on; 0 for any free port (default: ${PORT_DEFAULT})`)
    .option('--venue <name or file>', `${Object.keys(VENUES).join(', ')}, or a JSON file`, 'small')
    .option('--pool <number>', `connections to PostgreSQL (default: ${POOL_DEFAULT})`)
    .option(
      '--in-flight <number>',
      `concurrent requests; further ones are answered 503 (default: ${IN_FLIGHT_DEFAULT})`,
    )
    .option(...MAP_CACHE_OPTION)
    .option(...CRITICAL_SECTION_OPTION)
    .option(...DURABILITY_OPTION)
    .option('--workers <number>', 'processes that share the port (default: 1)')
    .option('--audit', 'offers /audit, where anyone on this machine can read what the store has sold')
    .action(async (options: ServeOptions) => {
      await serve(options, context)
    })
}

interface ServeOrder {
  readonly entry: StrategyEntry
  readonly durability: Durability
  readonly venue: Venue
  readonly host: string
  readonly port: number
  readonly poolSize: number
  readonly inFlightMax: number
  readonly mapAgeMsMax: number
  readonly criticalSectionMs: number
  readonly hasAudit: boolean
  readonly workers: number
}

async function orderOf(options: ServeOptions, engines: Context['engines']): Promise<ServeOrder> {
  const { host, audit } = options
  const entry = await strategyNamed(options.strategy, engineNames({ engines }))
  const numbers = {
    port: wholeOr(PORT_DEFAULT, options.port, '--port', PORT),
    poolSize: poolSizeOf(options.pool),
    inFlightMax: wholeOr(IN_FLIGHT_DEFAULT, options.inFlight, '--in-flight', IN_FLIGHT),
    mapAgeMsMax: mapAgeMsOf(options.mapCache),
    criticalSectionMs: criticalSectionMsOf(options.criticalSection),
    workers: wholeOr(1, options.workers, '--workers', WORKERS),
  }
  const durability = durabilityOf(options.durability)
  if (audit && !LOOPBACK.has(host)) {
    throw new UsageError(
      `--audit exposes everything that was sold, so it needs --host ${HOST_DEFAULT}, not ${host}`,
    )
  }
  const venue = await venueFor(options.venue).catch((error: unknown) => {
    throw error instanceof VenueError ? new UsageError(`--venue: ${error.message}`, { cause: error }) : error
  })
  return { entry, durability, venue, host, ...numbers, hasAudit: audit === true }
}

async function serve(options: ServeOptions, { output, env, engines, finish }: Context): Promise<void> {
  const { out, err } = output
  const { entry, durability, host, port, ...served } = await orderOf(options, engines)

  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: finishing requests in flight, then stopping\n`),
  )
  await using opened = await openEngines(entry.engines, {
    kinds: engines,
    durability,
    env,
    log: (line) => err.write(`${line}\n`),
    signal: ending.signal,
  })
  const [missing] = opened.missing
  if (missing !== undefined) {
    tellNotProven(out, [withoutEngine(entry.name, missing)])
    finish(EXIT.notProven)
    return
  }
  await using service = await openService({ entry, engines: opened.engines, ...served })
  const address = await listening(service, host, port)
  for (const line of describeEngines(opened.engines)) out.write(`${line}\n`)
  out.write(
    `${entry.name} sells ${service.resources} seats and GA tiers of ${options.venue} at ${address} (API: ${address}/docs)\n`,
  )
  const ended = AbortSignal.any([ending.signal, opened.lost])
  if (!ended.aborted) await once(ended, 'abort')
  // Whatever is sold from here on would be sold on somebody else's tables.
  opened.lost.throwIfAborted()
  finish(EXIT_BY_SIGNAL[ending.cause() ?? 'SIGTERM'])
}

async function listening(service: RunningService, host: string, port: number): Promise<string> {
  return service.listen(host, port).catch((error: unknown) => {
    throw error instanceof AddressError ? new UsageError(error.message, { cause: error }) : error
  })
}
