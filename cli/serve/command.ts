/** `holdfast serve`: the HTTP API over one strategy, on real engines, until a signal ends it. */
import { once } from 'node:events'
import type { Command } from 'commander'
import { withoutEngine } from '../../harness/engines/missing.ts'
import { describeEngines } from '../../harness/engines/open.ts'
import { AddressError } from '../../harness/service/address-error.ts'
import { openService } from '../../harness/service/running-service.ts'
import { stockWords } from '../../harness/service/venue.ts'
import { makeRoom } from '../../shop/waiting-room/open-room.ts'
import { MODULE } from '../../shop/waiting-room/service-gate.ts'
import type { Context } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { openFor } from '../engines.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { printNotProven } from '../not-proven.ts'
import { requireOneServer } from '../one-server.ts'
import { rethrowAsUsage } from '../usage.ts'
import { roomLine, roomSettingsOf } from '../waiting-room.ts'
import { type ServeOptions, serveOptions } from './options.ts'
import { orderOf } from './order.ts'

export function serveCommand(context: Context): Command {
  return serveOptions().action(async (options: ServeOptions) => {
    await serve(options, context)
  })
}

async function serve(options: ServeOptions, context: Context): Promise<void> {
  const { out, err } = context.output
  const { entry, durability, host, port, ...served } = await orderOf(options, context.engines)

  const { env } = context
  const waitingRoom = roomSettingsOf(options, { engines: entry.engines, env, home: '/docs' })
  const needs = waitingRoom === undefined ? [entry] : [entry, { engines: [waitingRoom.engine] }]
  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: answering what is in flight, then ending\n`),
  )
  await using opened = await openFor(needs, { durability }, context, ending.signal)
  const [missing] = opened.missing
  if (missing !== undefined) {
    printNotProven(out, [withoutEngine(entry.name, missing)])
    context.finish(EXIT.notProven)
    return
  }
  const { engines } = opened
  if (waitingRoom !== undefined) requireOneServer(engines, 'The waiting room')
  if (served.settings.hasOwnerSecrets) requireOneServer(engines, 'A secret in place of an id')
  await using room = waitingRoom && (await makeRoom(engines, waitingRoom, served.poolSize))
  const extension = room && { extension: { module: MODULE, options: room.job } }
  await using service = await openService({ entry, engines, ...served, ...extension, logSink: err })
  const { address, failed } = await service.listen(host, port).catch(rethrowAsUsage(AddressError))
  for (const line of describeEngines(opened.engines)) out.write(`${line}\n`)
  const { networkLatencyMs } = served
  if (networkLatencyMs !== undefined)
    out.write(
      `network: ${networkLatencyMs} ms added to each round trip between ${entry.name} and its engines\n`,
    )
  out.write(
    `${entry.name} sells ${stockWords(served.venue)} of ${options.venue} at ${address} (API: ${address}/docs)\n`,
  )
  if (waitingRoom !== undefined) out.write(`${roomLine(waitingRoom)}, at ${address}/waiting-room\n`)
  if (served.settings.hasSetup)
    out.write(`it can be judged: ${context.program} compare --strategy ${address}\n`)
  const lost = AbortSignal.any([opened.lost, ...(room ? [room.lost] : [])])
  const ended = AbortSignal.any([ending.signal, failed, lost])
  if (!ended.aborted) await once(ended, 'abort')
  // From here on the tables may belong to another process.
  lost.throwIfAborted()
  failed.throwIfAborted()
  context.finish(EXIT_BY_SIGNAL[ending.cause() ?? 'SIGTERM'])
}
