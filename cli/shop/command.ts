/** `holdfast shop`: a ticket shop over one strategy, on real engines, until a signal ends it. */
import { once } from 'node:events'
import type { Command } from 'commander'
import { withoutEngine } from '../../harness/engines/missing.ts'
import { describeEngines, openEngines } from '../../harness/engines/open.ts'
import { AddressError } from '../../harness/service/address-error.ts'
import { stockWords } from '../../harness/service/venue.ts'
import { startCrowd } from '../../shop/crowd/crowd.ts'
import { openShop } from '../../shop/open-shop.ts'
import { enginesOfLevel } from '../../shop/stores/levels.ts'
import type { Context } from '../context.ts'
import { listenForEnding } from '../ending.ts'
import { refuseUnreadable } from '../engines.ts'
import { EXIT, EXIT_BY_SIGNAL } from '../exit-codes.ts'
import { printNotProven } from '../not-proven.ts'
import { requireOneServer } from '../one-server.ts'
import { rethrowAsUsage } from '../usage.ts'
import { roomLine } from '../waiting-room.ts'
import { type ShopOptions, shopOptions } from './options.ts'
import { shopOrderOf } from './order.ts'

export function shopCommand(context: Context): Command {
  return shopOptions().action(async (options: ShopOptions) => {
    await serveShop(options, context)
  })
}

async function serveShop(options: ShopOptions, context: Context): Promise<void> {
  const { env, engines: kinds } = context
  const { out, err } = context.output
  const { durability, host, port, crowd, ...form } = await shopOrderOf(options, context)
  using ending = listenForEnding((signal) =>
    err.write(`\n${signal}: answering what is in flight, then ending\n`),
  )
  const { waitingRoom } = form
  const ofRoom = waitingRoom === undefined ? [] : [waitingRoom.engine]
  const names = [...new Set([...form.entry.engines, ...enginesOfLevel(form.level), ...ofRoom])]
  // As few servers as the strategy can do with: a shop needs one of each.
  const servers = Object.fromEntries(names.map((name) => [name, form.entry.serversMin?.[name] ?? 1]))
  await refuseUnreadable([{ engines: names }], context)
  await using opened = await openEngines(names, {
    durability,
    servers,
    kinds,
    env,
    log: (line) => err.write(`${line}\n`),
    signal: ending.signal,
  })
  const [missing] = opened.missing
  if (missing !== undefined) {
    printNotProven(out, [withoutEngine(form.entry.name, missing)])
    context.finish(EXIT.notProven)
    return
  }
  requireOneServer(opened.engines, 'The shop')
  await using shop = await openShop({ ...form, engines: opened.engines, logSink: err })
  const { address, failed } = await shop.listen(host, port).catch(rethrowAsUsage(AddressError))
  for (const line of describeEngines(opened.engines)) out.write(`${line}\n`)
  out.write(`${form.entry.name} sells ${stockWords(form.venue)} of ${options.venue}, level ${form.level}\n`)
  if (waitingRoom !== undefined) out.write(`${roomLine(waitingRoom)}, at ${address}/waiting-room\n`)
  out.write(
    form.adminPassword === undefined
      ? 'no admin: HOLDFAST_SHOP_ADMIN sets a password\n'
      : `admin: ${address}/admin\n`,
  )
  out.write(`the shop is open at ${address}\n`)
  await using _crowd =
    crowd > 0
      ? startCrowd({ address, buyers: crowd, venue: form.venue, say: (line) => err.write(`${line}\n`) })
      : undefined
  const ended = AbortSignal.any([ending.signal, opened.lost, failed])
  if (!ended.aborted) await once(ended, 'abort')
  opened.lost.throwIfAborted()
  failed.throwIfAborted()
  context.finish(EXIT_BY_SIGNAL[ending.cause() ?? 'SIGTERM'])
}
