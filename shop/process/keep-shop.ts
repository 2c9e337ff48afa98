/** Opens a shop on what its owner has prepared, finishes what was left, and serves. */
import { entryOf } from '../../harness/entries/strategy-reference.ts'
import { attach } from '../../harness/ground/attachment.ts'
import { type ServiceLog, serviceLog } from '../../harness/service/log.ts'
import { ServiceMetrics } from '../../harness/service/metrics.ts'
import { openStrategy } from '../../harness/service/opened-strategy.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { ShopCatalogue } from '../catalogue.ts'
import { ShopKeys } from '../orders/keys.ts'
import { CustomerLimit } from '../saga/customer-limit.ts'
import { finishAll, startFinishing } from '../saga/due.ts'
import { InTurn } from '../saga/in-turn.ts'
import type { SagaParts, SagaStep } from '../saga/parts.ts'
import { Timings } from '../saga/timings.ts'
import { openStores } from '../stores/levels.ts'
import type { ShopStores } from '../stores/stores.ts'
import { attachRoom } from '../waiting-room/open-room.ts'
import { WaitingRoom } from '../waiting-room/waiting-room.ts'
import { Admin } from '../web/admin-password.ts'
import { createShopApp } from '../web/app.ts'
import { OrderPlaces } from '../web/order-places.ts'
import { SeatBoard } from '../web/seat-board.ts'
import type { ShopWeb } from '../web/shop-web.ts'
import { stockOf } from '../web/stock.ts'
import type { FromShopkeeper, ShopJob, ShopOwner } from './messages.ts'
import { interchangeable, SwitchableStrategy } from './switchable-strategy.ts'

export interface ShopProcess {
  /** Disposing it closes what was opened. */
  readonly undo: AsyncDisposableStack
  /** To the owner. */
  tell(message: FromShopkeeper): void
}

/** Returns the address. */
export async function keepShop(job: ShopJob, owner: ShopOwner, { undo, tell }: ShopProcess): Promise<string> {
  const log = serviceLog(job.logLevel, process.stderr)
  const entry = await entryOf(job.strategy)
  const ground = undo.use(await attach(job.strategyAttachment))
  const shopGround = undo.use(await attach(job.shopAttachment))
  const metrics = new ServiceMetrics(ground)
  const opened = (each: StrategyEntry) => openStrategy(each, ground.connections, 0, metrics)
  const strategy = undo.adopt(new SwitchableStrategy(await opened(entry)), (each) => each.close())
  const stores = await openStores(job.level, shopGround.connections)
  const catalogue = new ShopCatalogue(job.venue)
  const warn = (error: unknown, what: string): void => log.warn({ err: error }, what)
  const boards = await boardsOf(catalogue, { strategy, stores, warn }, undo)
  const keys = new ShopKeys(job.shopSecret)
  let places: OrderPlaces | undefined
  const parts: SagaParts = {
    ...stores,
    strategy,
    provider: owner,
    catalogue,
    keys,
    settings: job.settings,
    limit: new CustomerLimit(keys, job.settings.customerMax),
    timings: new Timings(),
    turns: new InTurn(),
    step: crashAt(job.crash),
    sold({ eventId, lines, orderId }) {
      places?.paid(orderId)
      boards.get(eventId)?.book(
        lines.map(({ name }) => name),
        orderId,
      )
    },
    warn,
  }
  await finishLeft(parts, log)
  undo.use(startFinishing(parts))
  const room = job.waitingRoom && (await roomOf(job.waitingRoom, { parts, boards }, undo))
  places = room && new OrderPlaces(room, warn)
  const facts = { strategy: entry.name, level: job.level }
  const web: ShopWeb = {
    parts,
    boards,
    admin: new Admin(job.adminPassword),
    secret: job.reportSecret,
    isTigerfans: job.isTigerfans,
    facts,
    begun: (orderId, request) => places?.begun(orderId, request),
    accounts: () => owner.accounts(),
    ledgerSales: () => owner.ledgerSales(),
    strategies: interchangeable(entry).map(({ name }) => name),
    async switchTo(name) {
      await strategy.switchTo(async () => opened(await entryOf({ name })))
      facts.strategy = name
      tell({ kind: 'switched', strategy: { name } })
    },
  }
  const app = undo.adopt(
    await createShopApp({ web, limits: job.limits, metrics, log, ...(room && { room }) }),
    (each) => each.close(),
  )
  return await app.listen(job.host, job.port)
}

async function boardsOf(
  catalogue: ShopCatalogue,
  { strategy, stores, warn }: Pick<SagaParts, 'strategy' | 'warn'> & { readonly stores: ShopStores },
  undo: AsyncDisposableStack,
): Promise<ReadonlyMap<string, SeatBoard>> {
  const boards = new Map<string, SeatBoard>()
  for (const event of catalogue.events) {
    const board = undo.use(new SeatBoard(event, strategy, (error) => warn(error, 'seats could not be read')))
    const holders = event.seats.length > 0 ? await stores.orders.holdersOf(event.id) : []
    for (const { name, orderId } of holders) board.book([name], orderId)
    boards.set(event.id, board)
  }
  return boards
}

async function roomOf(
  job: NonNullable<ShopJob['waitingRoom']>,
  shop: Parameters<typeof stockOf>[0],
  undo: AsyncDisposableStack,
): Promise<WaitingRoom> {
  const { store } = undo.use(await attachRoom(job))
  const { warn } = shop.parts
  return undo.use(await WaitingRoom.open({ store, settings: job.settings, stock: () => stockOf(shop), warn }))
}

/** A failure does not keep the shop shut: what is due is tried again while it serves. */
async function finishLeft(parts: SagaParts, log: ServiceLog): Promise<void> {
  const done = await finishAll(parts).catch((error: unknown) => {
    parts.warn(error, 'what was left could not be read')
    return 0
  })
  if (done > 0) log.info({ done }, 'finished what another process had left')
}

function crashAt(crash: ShopJob['crash']): (at: SagaStep) => void {
  let times = 0
  return (at) => {
    if (crash?.at !== at) return
    times += 1
    if (times === crash.time) process.kill(process.pid, 'SIGKILL')
  }
}
