/**
 * A shop with all that it needs: what its strategy stands on, its own tables, MockPay, and a process that
 * serves.
 */
import { randomBytes } from 'node:crypto'
import type { Engines } from '../harness/engines/open.ts'
import { type Attachment, prepareGround } from '../harness/ground/ground.ts'
import { addressError } from '../harness/service/address-error.ts'
import { type LogLevel, type LogSink, serviceLog } from '../harness/service/log.ts'
import { ServiceMetrics } from '../harness/service/metrics.ts'
import { openStrategy } from '../harness/service/opened-strategy.ts'
import { loadVenue } from '../harness/service/service.ts'
import { startSweeper } from '../harness/service/sweeper.ts'
import type { Venue } from '../harness/service/venue.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import { MockPay } from './mockpay/mockpay.ts'
import { deliverOverHttp } from './mockpay/over-http.ts'
import type { PaymentProvider } from './mockpay/provider.ts'
import type { ShopJob } from './process/messages.ts'
import { ShopServing } from './process/serving.ts'
import { enginesOfLevel, type ShopLevel } from './stores/levels.ts'
import { makeRoom } from './waiting-room/open-room.ts'
import type { WaitingRoomSettings } from './waiting-room/settings.ts'

export interface ShopOrderForm
  extends Pick<ShopJob, 'settings' | 'limits' | 'isTigerfans' | 'adminPassword' | 'crash'> {
  readonly entry: StrategyEntry
  readonly engines: Engines
  readonly level: ShopLevel
  readonly venue: Venue
  /** Of the strategy, and as many again of the shop. */
  readonly poolSize: number
  /** Signs the provider's reports; a random one if absent. */
  readonly reportSecret?: string
  readonly logLevel: LogLevel
  readonly logSink: LogSink
  /** Before the shop, if there is one. */
  readonly waitingRoom?: WaitingRoomSettings
}

export interface OpenShop extends AsyncDisposable {
  /** Seats and GA tiers on sale. */
  readonly resources: number
  /** Must be called once. Throws `AddressError` if it cannot listen there. */
  listen(host: string, port: number): Promise<{ readonly address: string; readonly failed: AbortSignal }>
  readonly provider: PaymentProvider
  /** Of the process that serves. */
  pid(): number | undefined
  restarts(): number
}

/** The owner only creates and sweeps, one at a time. */
const OWNERS_POOL_SIZE = 3
const SECRET_BYTES = 32

/** On dispose it stops serving, and drops what it created. */
export async function openShop(form: ShopOrderForm): Promise<OpenShop> {
  const { entry, engines, venue, poolSize } = form
  const log = serviceLog(form.logLevel, form.logSink)
  await using undo = new AsyncDisposableStack()
  const ground = undo.adopt(await prepareGround(entry, engines, OWNERS_POOL_SIZE), (each) => each.dispose())
  const shopAttachment = await shopGround(form, undo)
  const room = form.waitingRoom && undo.use(await makeRoom(engines, form.waitingRoom, poolSize))
  const metrics = new ServiceMetrics(ground)
  const strategy = undo.adopt(await openStrategy(entry, ground.connections, 0, metrics), (each) =>
    each.close(),
  )
  const resources = await loadVenue(strategy, venue)
  undo.use(startSweeper({ strategy, metrics, log }))
  const reportSecret = form.reportSecret ?? newSecret()
  const shopSecret = newSecret()
  let address: string | undefined
  const delivering = undo.use(deliverOverHttp(() => address))
  const provider = undo.use(new MockPay({ secret: reportSecret, deliver: delivering.deliver }))
  const serving = undo.use(
    new ShopServing({
      provider,
      onRestart: (how) => log.warn({ how }, 'the serving process ended and is replaced'),
    }),
  )
  const owned = undo.move()
  return {
    resources,
    provider,
    pid: () => serving.pid,
    restarts: () => serving.restarts,
    async listen(host, port) {
      const job: ShopJob = {
        ...jobOf(form),
        strategyAttachment: ground.attachment(poolSize),
        shopAttachment,
        reportSecret,
        shopSecret,
        ...(room && { waitingRoom: room.job }),
        host,
        port,
      }
      address = await serving.open(job).catch((error: unknown) => {
        throw addressError(error, host, port) ?? error
      })
      return { address, failed: serving.failed }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function jobOf(form: ShopOrderForm) {
  const { entry, level, venue, settings, limits, isTigerfans, adminPassword, crash, logLevel } = form
  return {
    strategy: entry.file === undefined ? { name: entry.name } : { file: entry.file },
    level,
    venue,
    settings,
    limits,
    isTigerfans,
    logLevel,
    ...(adminPassword !== undefined && { adminPassword }),
    ...(crash && { crash }),
  }
}

/** A namespace of the shop's own on each engine of its level. */
async function shopGround(
  { engines, level, poolSize }: ShopOrderForm,
  undo: AsyncDisposableStack,
): Promise<Attachment> {
  const attachment: Record<string, unknown> = {}
  for (const name of enginesOfLevel(level)) {
    const engine = engines[name]
    if (engine === undefined) throw new Error(`level ${level} needs ${name}, which is missing`)
    // The serving process opens the connections that it needs.
    const namespace = undo.use(await engine.openNamespace({ label: 'shop', poolSize: 1 }))
    attachment[name] = namespace.attachment(poolSize)
  }
  return attachment
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}
