/**
 * A crowd at a shop without HTTP: what buyers, the provider and bad luck do, as data, and what must be true afterwards. The
 * process "ends" by a step that throws; the next one knows only what the stores and the provider know.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import { resourceOf, type Venue } from '../../harness/service/venue.ts'
import { ShopCatalogue } from '../../shop/catalogue.ts'
import type { PaymentProvider } from '../../shop/mockpay/provider.ts'
import { ShopKeys } from '../../shop/orders/keys.ts'
import type { PaymentSession } from '../../shop/orders/order.ts'
import { PAYMENT_OUTCOMES, type PaymentOutcome } from '../../shop/orders/states.ts'
import { checkout } from '../../shop/saga/checkout.ts'
import { CustomerLimit } from '../../shop/saga/customer-limit.ts'
import { finishAll } from '../../shop/saga/due.ts'
import { InTurn } from '../../shop/saga/in-turn.ts'
import { SAGA_STEPS, type SagaParts, type SagaStep } from '../../shop/saga/parts.ts'
import type { PaymentReport } from '../../shop/saga/report.ts'
import { cancel, settle } from '../../shop/saga/settle.ts'
import { Timings } from '../../shop/saga/timings.ts'
import type { ShopStores } from '../../shop/stores/stores.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'

export const CROWD_HOLD_MS = 1_000
const GOODIES = 3

export const CROWD_VENUE: Venue = {
  events: [
    {
      id: 'gig',
      name: 'A gig',
      sections: [{ id: 'floor', rows: 1, seats_per_row: 2 }],
      classes: [
        { id: 'A', capacity: 3 },
        { id: 'B', capacity: 4 },
        { id: 'goodie', capacity: GOODIES },
      ],
    },
  ],
}

/** By seat and tier. */
export const CROWD_CAPACITIES: ReadonlyMap<string, number> = new Map([
  ...CROWD_VENUE.events.flatMap(({ classes }) => classes.map(({ id, capacity }) => [id, capacity] as const)),
  ['floor-1-1', 1] as const,
  ['floor-1-2', 1] as const,
])

export type CrowdEvent =
  | { readonly kind: 'checkout'; readonly name: string; readonly quantity: number }
  /** Of the n-th checkout; `isHeard` false: the report is lost, and only the provider's log has it. */
  | { readonly kind: 'pay'; readonly at: number; readonly outcome: PaymentOutcome }
  /** Reports by number, at the same time: late, twice, in any order. */
  | { readonly kind: 'report'; readonly which: readonly number[] }
  /** The buyer of the n-th checkout gives the tickets up. */
  | { readonly kind: 'cancel'; readonly at: number }
  | { readonly kind: 'time-passes' }
  | { readonly kind: 'crash'; readonly at: SagaStep }
  /** The n-th call of the strategy from now on has its effect, and its answer is lost. */
  | { readonly kind: 'lost-answer'; readonly call: number }
  | { readonly kind: 'sessions-lost' }

const index = fc.nat({ max: 30 })
export const crowdEvent: fc.Arbitrary<CrowdEvent> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('checkout' as const),
      name: fc.constantFrom('A', 'B', 'floor-1-1', 'floor-1-2'),
      quantity: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pay' as const),
      at: index,
      outcome: fc.constantFrom('succeeded' as const, ...PAYMENT_OUTCOMES),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      which: fc.array(index, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: index }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'time-passes' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), at: fc.constantFrom(...SAGA_STEPS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('lost-answer' as const), call: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'sessions-lost' as const }) },
)

export const crowdEvents: fc.Arbitrary<readonly CrowdEvent[]> = fc.array(crowdEvent, {
  minLength: 5,
  maxLength: 40,
})

export interface CrowdWorld {
  readonly strategy: ReservationStrategy
  readonly stores: ShopStores
  /** Past the deadline of every hold that is open. */
  passTime(): Promise<void>
  /** Absent if this world keeps its sessions with its orders. */
  loseSessions?(): void | Promise<void>
}

/** The process ended here. */
class Crash extends Error {}

export class Crowd {
  readonly world: CrowdWorld
  readonly #keys = new ShopKeys('a secret of this test')
  readonly #catalogue = new ShopCatalogue(CROWD_VENUE)
  readonly #payments = new Map<string, { session: PaymentSession; outcome?: PaymentOutcome }>()
  readonly #reports: PaymentReport[] = []
  readonly #refunds = new Map<string, number>()
  readonly #sessions: PaymentSession[] = []
  #crashAt: SagaStep | undefined
  #lostCall = 0
  #parts: SagaParts
  /** For a test that wants to know whether its events came up. */
  readonly seen = new Set<string>()

  constructor(world: CrowdWorld) {
    this.world = world
    this.#parts = this.#process()
  }

  /** Orders whose buyer was told that the tickets are held, the oldest first. */
  get heldOrders(): readonly string[] {
    return this.#sessions.map(({ orderId }) => orderId)
  }

  async happen(happening: CrowdEvent): Promise<void> {
    switch (happening.kind) {
      case 'checkout':
        await this.#checkout(happening.name, happening.name.startsWith('floor') ? 1 : happening.quantity)
        break
      case 'pay':
        this.#pay(happening.at, happening.outcome)
        break
      case 'report':
        await Promise.all(happening.which.map((at) => this.#report(at)))
        break
      case 'cancel':
        await this.#cancel(happening.at)
        break
      case 'time-passes':
        await this.world.passTime()
        break
      case 'crash':
        this.#crashAt = happening.at
        break
      case 'lost-answer':
        this.#lostCall = happening.call
        break
      case 'sessions-lost':
        await this.world.loseSessions?.()
        break
    }
  }

  async #checkout(name: string, quantity: number): Promise<void> {
    const basket = { eventId: 'gig', lines: [{ name, quantity }], email: 'a@example.org' }
    const outcome = await checkout(this.#parts, basket).catch((error: unknown) => this.#ended(error))
    if (outcome?.kind === 'held') this.#sessions.push(outcome.session)
    this.seen.add(`checkout ${outcome?.kind}`)
  }

  async #cancel(at: number): Promise<void> {
    const session = this.#sessions[at % Math.max(1, this.#sessions.length)]
    if (session === undefined) return
    const isDone = await cancel(this.#parts, session).catch((error: unknown) => this.#ended(error))
    if (isDone === undefined) return
    const order = await this.world.stores.orders.find(session.orderId)
    expect(order === undefined ? 'none' : order.status).toMatch(
      isDone ? /^(CANCELED|FAILED|PAID_UNFULFILLED|PAID)$/ : /^(none|PAID)$/,
    )
    this.seen.add(isDone ? 'canceled by the buyer' : 'too late to cancel')
  }

  /** The provider notes the outcome; whether the shop hears of it is another event. */
  #pay(at: number, outcome: PaymentOutcome): void {
    const session = this.#sessions[at % Math.max(1, this.#sessions.length)]
    const payment = session && this.#payments.get(session.psid)
    if (session === undefined || payment === undefined || payment.outcome === 'succeeded') return
    payment.outcome = outcome
    const { psid, orderId, amount, eventId, lines, email } = session
    const reportId = `evt_${this.#reports.length}`
    const basket = { eventId, lines: [...lines], email }
    this.#reports.push({ reportId, outcome, psid, orderId, amount, currency: 'eur', basket })
  }

  async #report(at: number): Promise<void> {
    const report = this.#reports[at % Math.max(1, this.#reports.length)]
    if (report === undefined) return
    const answer = await settle(this.#parts, report).catch((error: unknown) => this.#ended(error))
    if (answer === undefined) return
    // Acknowledged: the effect must be there for every later process.
    const order = await this.world.stores.orders.find(report.orderId)
    expect(order?.status).toBe(answer.order.status)
    if (report.outcome === 'succeeded') expect(order?.status).toMatch(/^PAID/)
    this.seen.add(`acknowledged ${order?.status}`)
  }

  /** A lost answer is one thing; a crash takes the process with it. */
  #ended(error: unknown): undefined {
    if (error instanceof Crash) this.#parts = this.#process()
    this.seen.add(error instanceof Crash ? 'crash' : 'failure')
    return undefined
  }

  /** What a new process knows. */
  #process(): SagaParts {
    const { stores } = this.world
    let isDead = false
    return {
      ...stores,
      strategy: this.#unlucky(),
      provider: this.#provider(),
      catalogue: this.#catalogue,
      keys: this.#keys,
      settings: { holdMs: CROWD_HOLD_MS, ticketsMax: 4, customerMax: 0, reportAgeMsMax: 0 },
      limit: new CustomerLimit(this.#keys, 0),
      timings: new Timings(),
      turns: new InTurn(),
      step: (at) => {
        if (at === this.#crashAt) isDead = true
        if (!isDead) return
        this.#crashAt = undefined
        throw new Crash(at)
      },
      sold: () => undefined,
      warn: (error) => this.#ended(error),
    }
  }

  #unlucky(): ReservationStrategy {
    const { strategy } = this.world
    const afterwards = async <T>(answer: Promise<T>): Promise<T> => {
      const got = await answer
      if (this.#lostCall > 0 && --this.#lostCall === 0) throw new Error('the answer was lost')
      return got
    }
    return {
      ...strategy,
      hold: (request) => afterwards(strategy.hold(request)),
      confirm: (id) => afterwards(strategy.confirm(id)),
      release: (id) => afterwards(strategy.release(id)),
    }
  }

  #provider(): PaymentProvider {
    return {
      create: async ({ psid, orderId, amount, metadata }) => {
        if (this.#payments.has(psid)) return
        this.#payments.set(psid, { session: { psid, orderId, amount, deadlineMs: 0, ...metadata } })
      },
      find: async () => undefined,
      emit: async () => ({ kind: 'no-such-payment' }),
      refund: async ({ refundId, amount }) => void this.#refunds.set(refundId, amount),
      reportsSince: async (position, limit) => {
        const reports = this.#reports.slice(position, position + limit)
        return { reports, next: position + reports.length }
      },
      deliveries: async () => [],
    }
  }

  /** No more bad luck: the last process finishes what is due. Then everything must be right. */
  async settleAndCheck(): Promise<void> {
    this.#crashAt = undefined
    this.#lostCall = 0
    this.#parts = this.#process()
    await finishAll(this.#parts)
    // Twice: what a first pass leaves due, a second one finishes.
    await finishAll(this.#parts)
    await this.world.passTime()
    const { orders, sessions } = this.world.stores
    expect(await sessions.pending(1_000), 'every session ends after its deadline').toEqual([])
    const paid = new Set(this.#reports.filter(({ outcome }) => outcome === 'succeeded').map((r) => r.orderId))
    const all = await orders.recent(1_000)
    for (const id of paid) {
      const order = all.find(({ orderId }) => orderId === id)
      expect(order?.status, 'every payment has its units or its refund').toMatch(/^PAID/)
      if (order?.status !== 'PAID_UNFULFILLED') continue
      const refund = await orders.refundOf(id)
      expect(refund?.isSent).toBe(true)
      expect(this.#refunds.get(refund?.refundId ?? '')).toBe(order.amount)
    }
    const tickets = all.filter(({ status }) => status === 'PAID')
    for (const { orderId, status } of all) {
      expect(status.startsWith('PAID'), 'nobody has units without paying').toBe(paid.has(orderId))
    }
    expect(new Set(tickets.map(({ ticketCode }) => ticketCode)).size).toBe(tickets.length)
    await this.#checkUnits(await orders.soldOf('gig'))
    const given = tickets.filter(({ goodie }) => goodie === 'given')
    expect(given.length).toBe(Math.min(GOODIES, tickets.length))
    expect(given.map(({ paidSeq }) => paidSeq).sort()).toEqual(given.map((_, at) => at + 1))
    await this.#checkUnits(new Map([['goodie', given.length]]))
    for (const { status } of all) this.seen.add(`settled ${status}`)
  }

  /** The strategy has sold exactly what the orders say: nothing twice, and nothing is stuck. */
  async #checkUnits(sold: ReadonlyMap<string, number>): Promise<void> {
    const others = [...CROWD_CAPACITIES.keys()].filter((name) => name !== 'goodie')
    const names = sold.has('goodie') ? ['goodie'] : others
    const free = await this.world.strategy.availability(names.map((name) => resourceOf('gig', name)))
    for (const [at, name] of names.entries()) {
      const capacity = CROWD_CAPACITIES.get(name) ?? 0
      const units = sold.get(name) ?? 0
      expect(units).toBeLessThanOrEqual(capacity)
      expect(free[at]?.available, `${name}: ${units} sold`).toBe(capacity - units)
    }
  }
}
