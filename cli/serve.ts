/** `holdfast serve`: the HTTP API over one strategy, on real engines, until it is told to end. */
import { once } from 'node:events'
import { Command } from 'commander'
import { describeEngines, openEngines } from '../harness/engines/engines.ts'
import type { Durability } from '../harness/engines/postgres.ts'
import { strategyNamed } from '../harness/entries/strategy-named.ts'
import { UsageError } from '../harness/entries/usage-error.ts'
import { AddressError, openHouse } from '../harness/service/house.ts'
import { VENUES, VenueError, venueFor } from '../harness/service/venue.ts'
import { type Bounds, POOL, parseChoice, parseDurationMs, parseWhole } from './arguments.ts'
import type { Context } from './context.ts'
import { listenForEnding } from './ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from './exit-codes.ts'

const HOST_DEFAULT = '127.0.0.1'
const PORT_DEFAULT = 8_080
const POOL_DEFAULT = 16
const IN_FLIGHT_DEFAULT = 1_000
const MAP_AGE_MS_DEFAULT = 500
/** More than a machine has cores is for those who want to see what it costs. */
const WORKERS: Bounds = { min: 1, max: 16 }
const PORT: Bounds = { min: 0, max: 65_535 }
/** Each holds a socket and a closure; ten thousand are a few hundred megabytes. */
const IN_FLIGHT: Bounds = { min: 1, max: 10_000 }
/** A map older than a minute sends buyers after seats that are long gone. */
const MAP_AGE_MS: Bounds = { min: 0, max: 60_000 }
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
  readonly workInside?: string
  readonly workers?: string
  readonly audit?: true
}

export function serveCommand(context: Context): Command {
  return new Command('serve')
    .description('serves the HTTP API over one strategy, with its documentation at /docs')
    .requiredOption('--strategy <name>', 'a strategy by name, or a file of your own (./mine.ts)')
    .option('--host <address>', 'to listen on', HOST_DEFAULT)
    .option('--port <number>', `0 for a free one (default: ${PORT_DEFAULT})`)
    .option('--venue <name or file>', `${Object.keys(VENUES).join(', ')}, or a JSON file`, 'small')
    .option('--pool <number>', `connections to PostgreSQL (default: ${POOL_DEFAULT})`)
    .option('--in-flight <number>', `requests at once; more are answered 503 (default: ${IN_FLIGHT_DEFAULT})`)
    .option(
      '--map-cache <time>',
      `how old a seat map may be; 0 for always new (default: ${MAP_AGE_MS_DEFAULT}ms)`,
    )
    .option('--work-inside <time>', 'what an application does between read and write (default: nothing)')
    .option('--durability <kind>', 'durable or relaxed (default: durable)')
    .option('--workers <number>', 'processes behind the one port (default: 1)')
    .option('--audit', 'lets anybody on this machine read what the store has sold, at /audit')
    .action(async (options: ServeOptions) => {
      await serve(options, context)
    })
}

async function serve(options: ServeOptions, { output, env, finish }: Context): Promise<void> {
  const { out, err } = output
  const entry = await strategyNamed(options.strategy)
  const port = options.port === undefined ? PORT_DEFAULT : parseWhole(options.port, '--port', PORT)
  const poolSize = options.pool === undefined ? POOL_DEFAULT : parseWhole(options.pool, '--pool', POOL)
  const inFlightMax =
    options.inFlight === undefined
      ? IN_FLIGHT_DEFAULT
      : parseWhole(options.inFlight, '--in-flight', IN_FLIGHT)
  const mapAgeMsMax = parseDurationMs(
    options.mapCache ?? `${MAP_AGE_MS_DEFAULT}ms`,
    '--map-cache',
    MAP_AGE_MS,
  )
  const workInsideMs = parseDurationMs(options.workInside ?? '0', '--work-inside', { min: 0, max: 60_000 })
  const workers = options.workers === undefined ? 1 : parseWhole(options.workers, '--workers', WORKERS)
  const durability: Durability = parseChoice(options.durability ?? 'durable', '--durability', [
    'durable',
    'relaxed',
  ])
  if (options.audit && !LOOPBACK.has(options.host)) {
    throw new UsageError(
      `--audit tells everybody everything: it goes with --host ${HOST_DEFAULT}, not ${options.host}`,
    )
  }
  const venue = await venueFor(options.venue).catch((error: unknown) => {
    throw error instanceof VenueError ? new UsageError(`--venue: ${error.message}`, { cause: error }) : error
  })

  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: answering what is in flight, then ending\n`),
  )
  await using opened = await openEngines(entry.engines, {
    durability,
    env,
    log: (line) => err.write(`${line}\n`),
    signal: ending.signal,
  })
  const [missing] = opened.missing
  if (missing !== undefined) {
    out.write(
      `${out.paint('bad', 'NOT PROVEN')}: ${entry.name}\n  ${missing.why}\n  To mend it: ${missing.remedy}\n`,
    )
    finish(EXIT.notProven)
    return
  }
  await using house = await openHouse({
    entry,
    engines: opened.engines,
    venue,
    poolSize,
    inFlightMax,
    mapAgeMsMax,
    workInsideMs,
    hasAudit: options.audit === true,
    workers,
  })
  const address = await house.listen(options.host, port).catch((error: unknown) => {
    throw error instanceof AddressError ? new UsageError(error.message, { cause: error }) : error
  })
  for (const line of describeEngines(opened.engines)) out.write(`${line}\n`)
  out.write(
    `${entry.name} sells ${house.resources} seats and classes of ${options.venue} at ${address} (API: ${address}/docs)\n`,
  )
  if (!ending.signal.aborted) await once(ending.signal, 'abort')
  finish(EXIT_BY_SIGNAL[ending.cause() ?? 'SIGTERM'])
}
