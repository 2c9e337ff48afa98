/**
 * A crowd as commands on a model, for fast-check's model runner: the model knows what was paid, what the provider has to report, and
 * what was given up, and after every single step the shop must agree with it, not only at the end.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import { resourceOf } from '../../harness/service/venue.ts'
import type { OrderStatus, PaymentOutcome } from '../../shop/orders/states.ts'
import { CROWD_CAPACITIES, type Crowd, type CrowdEvent, crowdEvent } from './crowd.ts'

const COMMANDS_MAX = 40

interface CrowdModel {
  /** Orders whose buyer was told that the tickets are held, the oldest first. */
  orders: readonly string[]
  /** Every outcome that the provider has, in its order. */
  readonly outcomes: { readonly order: string; readonly outcome: PaymentOutcome }[]
  readonly paid: Set<string>
  /** Orders whose buyers gave the tickets up. */
  readonly givenUp: Set<string>
  /** Orders whose outcome can never change. */
  readonly settled: Map<string, OrderStatus>
}

export function crowdModel(): CrowdModel {
  return { orders: [], outcomes: [], paid: new Set(), givenUp: new Set(), settled: new Map() }
}

class CrowdCommand implements fc.AsyncCommand<CrowdModel, Crowd> {
  readonly #event: CrowdEvent

  constructor(event: CrowdEvent) {
    this.#event = event
  }

  /** Whether it would be anything at all. */
  check(model: Readonly<CrowdModel>): boolean {
    switch (this.#event.kind) {
      case 'pay': {
        const order = picked(model.orders, this.#event.at)
        return order !== undefined && !model.paid.has(order)
      }
      case 'report':
        return model.outcomes.length > 0
      case 'cancel':
        return model.orders.length > 0
      case 'checkout':
      case 'time-passes':
      case 'crash':
      case 'lost-answer':
      case 'sessions-lost':
        return true
    }
  }

  async run(model: CrowdModel, crowd: Crowd): Promise<void> {
    const event = this.#event
    if (event.kind === 'pay') {
      const order = picked(model.orders, event.at) ?? expect.fail('nobody can pay')
      model.outcomes.push({ order, outcome: event.outcome })
      if (event.outcome === 'succeeded') model.paid.add(order)
    }
    if (event.kind === 'cancel') {
      model.givenUp.add(picked(model.orders, event.at) ?? expect.fail('nothing can be given up'))
    }
    await crowd.happen(event)
    if (event.kind === 'checkout') {
      expect(crowd.heldOrders.length - model.orders.length, 'an order or none').toBeLessThanOrEqual(1)
      model.orders = crowd.heldOrders
    }
    expect(await disagreements(model, crowd)).toEqual([])
  }

  toString(): string {
    return JSON.stringify(this.#event)
  }
}

function picked(orders: readonly string[], at: number): string | undefined {
  return orders[at % Math.max(1, orders.length)]
}

/** What must be so after every step, also right after a crash. Returns a sentence for each thing that is not. */
async function disagreements(model: CrowdModel, { world }: Crowd): Promise<readonly string[]> {
  const { orders } = world.stores
  const found: string[] = []
  const all = await orders.recent(1_000)
  for (const { orderId, status } of all) {
    if (!mayBe(model, orderId, status)) found.push(`${orderId} is ${status}, for which nothing happened`)
    const before = model.settled.get(orderId)
    if (before !== undefined && before !== status) found.push(`${orderId} was ${before}, and is ${status}`)
    if (status.startsWith('PAID')) model.settled.set(orderId, status)
  }
  const there = new Set(all.map(({ orderId }) => orderId))
  for (const id of model.settled.keys()) if (!there.has(id)) found.push(`${id} was settled, and is gone`)
  const sold = new Map(await orders.soldOf('gig'))
  sold.set('goodie', (await orders.goodiesGiven()).get('gig') ?? 0)
  const names = [...CROWD_CAPACITIES.keys()]
  const free = await world.strategy.availability(names.map((name) => resourceOf('gig', name)))
  for (const [at, name] of names.entries()) {
    // Less may be free: what is held, and what was sold by a process that ended before it wrote that down.
    const left = (CROWD_CAPACITIES.get(name) ?? 0) - (sold.get(name) ?? 0)
    const own = free[at]?.available ?? -1
    if (own < 0 || own > left) found.push(`${own} of ${name} are free, and ${left} are not sold`)
  }
  return found
}

function mayBe(model: CrowdModel, order: string, status: OrderStatus): boolean {
  const has = (outcome: PaymentOutcome): boolean =>
    model.outcomes.some((each) => each.order === order && each.outcome === outcome)
  switch (status) {
    case 'PAID':
    case 'PAID_UNFULFILLED':
      return model.paid.has(order)
    case 'FAILED':
      return has('failed')
    case 'CANCELED':
      return has('canceled') || model.givenUp.has(order)
  }
}

export const crowdCommands: fc.Arbitrary<Iterable<fc.AsyncCommand<CrowdModel, Crowd>>> = fc.commands(
  [crowdEvent.map((each) => new CrowdCommand(each))],
  // Its own idea of a size is ten.
  { maxCommands: COMMANDS_MAX, size: 'medium' },
)
