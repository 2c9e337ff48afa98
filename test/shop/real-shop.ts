/** A shop on real engines, with a process that serves it and can be killed. */
import type { Engines } from '../../harness/engines/open.ts'
import type { Venue } from '../../harness/service/venue.ts'
import { type OpenShop, openShop, type ShopOrderForm } from '../../shop/open-shop.ts'
import type { ShopLevel } from '../../shop/stores/levels.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'

export interface RealShop extends AsyncDisposable {
  readonly url: string
  readonly shop: OpenShop
  /** The lines of its owner's log. */
  readonly log: readonly string[]
}

export interface RealShopOptions {
  readonly entry: StrategyEntry
  readonly engines: Engines
  readonly level: ShopLevel
  readonly venue: Venue
  readonly holdMs?: number
  readonly customerMax?: number
  readonly adminPassword?: string
  readonly crash?: ShopOrderForm['crash']
  readonly retries?: ShopOrderForm['retries']
  readonly mischiefSeed?: number
}

export async function realShop(options: RealShopOptions): Promise<RealShop> {
  const { holdMs = 30_000, customerMax = 0, crash, retries, adminPassword, ...same } = options
  const log: string[] = []
  const shop = await openShop({
    ...same,
    ...(crash && { crash }),
    ...(retries && { retries }),
    ...(adminPassword && { adminPassword }),
    poolSize: 4,
    settings: { holdMs, ticketsMax: 4, customerMax, reportAgeMsMax: 300_000 },
    limits: {
      inFlightMax: 1_000,
      connectionsMax: 0,
      clientConnectionsMax: 0,
      clientRequestsPerSecond: 0,
      allowedHosts: [],
    },
    isTigerfans: true,
    logLevel: 'warn',
    logSink: { write: (line) => log.push(line) },
  })
  try {
    const { address } = await shop.listen('127.0.0.1', 0)
    return { url: address, shop, log, [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose]() }
  } catch (error) {
    await shop[Symbol.asyncDispose]()
    throw error
  }
}
