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
import { resourcesOf, type Venue } from '../harness/service/venue.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import { Mischief } from './mockpay/mischief.ts'
import { MockPay, type MockPayOptions } from './mockpay/mockpay.ts'
import { deliverOverHttp } from './mockpay/over-http.ts'
import type { PaymentProvider } from './mockpay/provider.ts'
import { accountsOf, ledgerSalesOf } from './process/accounts.ts'
import type { ShopJob, ShopOwner } from './process/messages.ts'
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
  /** How often MockPay repeats a report; for about two hours if absent. */
  readonly retries?: MockPayOptions['retries']
  /** For teaching and tests: reports come twice, late, swapped, or never, by this seed. */
  readonly mischiefSeed?: number
  /** For measurements. */
  readonly measured?: MeasuredShop
}

interface MeasuredShop {
  /** Processes that serve, each at a port of its own; 1 otherwise. */
  readonly workers: number
  /** Every payment succeeds as soon as it can be made: no buyer has to ask MockPay. */
  readonly paysAtOnce: boolean
}

export interface OpenShop extends AsyncDisposable {
  /** Seats and GA tiers on sale. */
  readonly resources: number
  /** Must be called once. Throws `AddressError` if it cannot listen there. */
  listen(host: string, port: number): Promise<Listening>
  readonly provider: MockPay
  /** Of the process that serves. */
  pid(): number | undefined
  /** Of all processes that serve. */
  pids(): readonly number[]
  restarts(): number
}

interface Listening {
  readonly address: string
  /** Of all processes that serve, this one among them. */
  readonly addresses: readonly string[]
  readonly failed: AbortSignal
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
  const { workers, paysAtOnce } = form.measured ?? { workers: 1, paysAtOnce: false }
  const addresses: string[] = []
  let reports = 0
  // Any process may settle any report.
  const delivering = undo.use(deliverOverHttp(() => addresses[reports++ % addresses.length]))
  const { mischiefSeed, retries } = form
  const provider = undo.use(
    new MockPay({
      ...{ secret: reportSecret, deliver: delivering.deliver },
      ...(retries && { retries }),
      ...(mischiefSeed !== undefined && { mischief: new Mischief(mischiefSeed) }),
    }),
  )
  const tiers = venue.events.flatMap((event) => resourcesOf({ ...event, sections: [] }))
  const { stores } = ground
  const all = venue.events.flatMap(resourcesOf)
  const books = {
    accounts: () => accountsOf({ entry, strategy, stores, resources: tiers }),
    ledgerSales: () => ledgerSalesOf({ entry, stores, resources: all }),
  }
  const owner = ownerOf(provider, books, paysAtOnce)
  const onRestart = (how: string): void => log.warn({ how }, 'the serving process ended and is replaced')
  const servings = Array.from({ length: workers }, () => undo.use(new ShopServing({ owner, onRestart })))
  const owned = undo.move()
  return {
    resources,
    provider,
    pid: () => servings[0]?.pid,
    pids: () => servings.flatMap(({ pid }) => pid ?? []),
    restarts: () => servings.reduce((sum, { restarts }) => sum + restarts, 0),
    async listen(host, port) {
      const strategyAttachment = ground.attachment(poolSize)
      const job = {
        ...jobOf(form),
        strategyAttachment,
        shopAttachment,
        reportSecret,
        shopSecret,
        host,
        ...(room && { waitingRoom: room.job }),
      }
      for (const serving of servings) {
        const opened = serving.open({ ...job, port: addresses.length === 0 ? port : 0 })
        addresses.push(
          await opened.catch((error: unknown) => {
            throw addressError(error, host, port) ?? error
          }),
        )
      }
      const [address = ''] = addresses
      return {
        address,
        addresses,
        failed: AbortSignal.any([...servings.map((each) => each.failed), ...(room ? [room.lost] : [])]),
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function ownerOf(
  provider: PaymentProvider,
  books: Pick<ShopOwner, 'accounts' | 'ledgerSales'>,
  paysAtOnce: boolean,
): ShopOwner {
  return {
    async create(payment) {
      await provider.create(payment)
      if (paysAtOnce) provider.emit(payment.psid, 'succeeded').catch(() => undefined)
    },
    find: (psid) => provider.find(psid),
    emit: (psid, outcome) => provider.emit(psid, outcome),
    refund: (request) => provider.refund(request),
    reportsSince: (position, limit) => provider.reportsSince(position, limit),
    deliveries: (limit) => provider.deliveries(limit),
    ...books,
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
