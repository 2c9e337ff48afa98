/** `holdfast serve`: the HTTP API over one strategy, on real engines, until it is told to end. */

import { once } from 'node:events'
import type { Command } from 'commander'
import { withoutEngine } from '../../harness/engines/missing.ts'
import { describeEngines, openEngines } from '../../harness/engines/open.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { AddressError } from '../../harness/service/address-error.ts'
import { openService, type RunningService } from '../../harness/service/running-service.ts'
import type { Context } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { tellNotProven } from '../not-proven.ts'
import { type ServeOptions, serveOptions } from './options.ts'
import { orderOf } from './order.ts'

export function serveCommand(context: Context): Command {
  return serveOptions().action(async (options: ServeOptions) => {
    await serve(options, context)
  })
}

async function serve(options: ServeOptions, { output, env, engines, finish }: Context): Promise<void> {
  const { out, err } = output
  const { entry, durability, host, port, ...served } = await orderOf(options, engines)

  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: answering what is in flight, then ending\n`),
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
  await using service = await openService({ entry, engines: opened.engines, ...served, logSink: err })
  const { address, failed } = await listening(service, host, port)
  for (const line of describeEngines(opened.engines)) out.write(`${line}\n`)
  const { networkLatencyMs } = served
  if (networkLatencyMs !== undefined)
    out.write(
      `network: ${networkLatencyMs} ms added to each round trip between ${entry.name} and its engines\n`,
    )
  out.write(
    `${entry.name} sells ${service.resources} seats and GA tiers of ${options.venue} at ${address} (API: ${address}/docs)\n`,
  )
  const ended = AbortSignal.any([ending.signal, opened.lost, failed])
  if (!ended.aborted) await once(ended, 'abort')
  // Whatever is sold from here on would be sold on somebody else's tables.
  opened.lost.throwIfAborted()
  failed.throwIfAborted()
  finish(EXIT_BY_SIGNAL[ending.cause() ?? 'SIGTERM'])
}

async function listening(service: RunningService, host: string, port: number) {
  return service.listen(host, port).catch((error: unknown) => {
    throw error instanceof AddressError ? new UsageError(error.message, { cause: error }) : error
  })
}
