/** A shop in this process, with a strategy and stores in memory, behind a real port. */
import { serviceLog } from '../../harness/service/log.ts'
import { ServiceMetrics } from '../../harness/service/metrics.ts'
import { resourcesOf, type Venue } from '../../harness/service/venue.ts'
import { ShopCatalogue } from '../../shop/catalogue.ts'
import { MockPay, type MockPayOptions } from '../../shop/mockpay/mockpay.ts'
import { deliverOverHttp } from '../../shop/mockpay/over-http.ts'
import { ShopKeys } from '../../shop/orders/keys.ts'
import { accountsOf, ledgerSalesOf } from '../../shop/process/accounts.ts'
import { CustomerLimit } from '../../shop/saga/customer-limit.ts'
import { InTurn } from '../../shop/saga/in-turn.ts'
import type { SagaParts } from '../../shop/saga/parts.ts'
import { Timings } from '../../shop/saga/timings.ts'
import type { WaitingRoom } from '../../shop/waiting-room/waiting-room.ts'
import { Admin } from '../../shop/web/admin-password.ts'
import { createShopApp } from '../../shop/web/app.ts'
import { OrderPlaces } from '../../shop/web/order-places.ts'
import { SeatBoard } from '../../shop/web/seat-board.ts'
import { withValidation } from '../../strategies/validation.ts'
import { inMemory } from '../workloads/in-memory.ts'
import { memoryStores } from './memory-stores.ts'

export const REPORT_SECRET = 'the secret of reports'
export const ADMIN_PASSWORD = 'the password'
const tiersOf = ({ events }: Venue) => events.flatMap((event) => resourcesOf({ ...event, sections: [] }))
const NO_POOL = { readMeter: () => ({ poolWaitMs: { p50: 0, p95: 0, p99: 0 }, connectionSeconds: 0 }) }

export interface InProcessShop extends AsyncDisposable {
  readonly url: string
  readonly parts: SagaParts
  readonly provider: MockPay
}

export interface InProcessOptions {
  readonly isTigerfans?: boolean
  readonly hasAdmin?: boolean
  readonly nowMs?: () => number
  readonly room?: WaitingRoom
  readonly customerMax?: number
  /** What its provider does otherwise. */
  readonly mockpay?: Partial<MockPayOptions>
  /** A strategy that sells one thing twice. */
  readonly racy?: boolean
}

export async function shopInProcess(venue: Venue, options: InProcessOptions = {}): Promise<InProcessShop> {
  const {
    isTigerfans = false,
    hasAdmin = true,
    nowMs = Date.now,
    customerMax = 0,
    racy = false,
    mockpay,
    room,
  } = options
  await using undo = new AsyncDisposableStack()
  const strategy = withValidation(inMemory({ nowMs, racy }))
  for (const event of venue.events) await strategy.createResources(resourcesOf(event))
  const catalogue = new ShopCatalogue(venue)
  let address: string | undefined
  const delivering = undo.use(deliverOverHttp(() => address))
  const provider = undo.use(new MockPay({ secret: REPORT_SECRET, deliver: delivering.deliver, ...mockpay }))
  const boards = new Map(
    catalogue.events.map((event) => [event.id, undo.use(new SeatBoard(event, strategy, () => undefined))]),
  )
  const keys = new ShopKeys('the secret of ids')
  const places = room && new OrderPlaces(room, () => undefined)
  const parts: SagaParts = {
    ...memoryStores(nowMs),
    strategy,
    provider,
    catalogue,
    keys,
    settings: { holdMs: 60_000, ticketsMax: 4, customerMax, reportAgeMsMax: isTigerfans ? 0 : 300_000 },
    limit: new CustomerLimit(keys, customerMax),
    timings: new Timings(),
    turns: new InTurn(),
    step: () => undefined,
    sold({ eventId, lines, orderId }) {
      places?.paid(orderId)
      boards.get(eventId)?.book(
        lines.map(({ name }) => name),
        orderId,
      )
    },
    warn: () => undefined,
  }
  const admin = new Admin(hasAdmin ? ADMIN_PASSWORD : undefined)
  const facts = { strategy: 'in-memory', level: 1 } as const
  const app = undo.adopt(
    await createShopApp({
      web: {
        ...{ parts, boards, admin, secret: REPORT_SECRET, isTigerfans, facts },
        begun: (orderId, request) => places?.begun(orderId, request),
        accounts: () => accountsOf({ entry: {}, strategy, stores: {}, resources: tiersOf(venue) }),
        ledgerSales: () => ledgerSalesOf({ entry: {}, stores: {}, resources: [] }),
        strategies: [],
        switchTo: async () => undefined,
      },
      limits: {
        inFlightMax: 100,
        connectionsMax: 0,
        clientConnectionsMax: 0,
        clientRequestsPerSecond: 0,
        allowedHosts: [],
      },
      metrics: new ServiceMetrics(NO_POOL),
      log: serviceLog('silent', { write: () => undefined }),
      ...(room && { room }),
    }),
    (each) => each.close(),
  )
  address = await app.listen('127.0.0.1', 0)
  const owned = undo.move()
  return { url: address, parts, provider, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
