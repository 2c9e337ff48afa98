/**
 * Goal: a shop whose process is killed at any step of the saga loses nothing that was paid, and gives nothing twice. Method: real
 * engines, a real process that kills itself (SIGKILL) at the step, a crowd that pays, fails and cancels meanwhile; then the books.
 */
import { describe, expect, test } from 'vitest'
import type { Venue } from '../../harness/service/venue.ts'
import { SAGA_STEPS, type SagaStep } from '../../shop/saga/parts.ts'
import { enginesOfLevel, type ShopLevel } from '../../shop/stores/levels.ts'
import { registry } from '../../strategies/registry.ts'
import { until } from '../service/serving.ts'
import { FULL, isFull, SLICE, sampled } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { asked, checkedOut, emitted, statusOf } from './buyer.ts'
import { type RealShop, realShop } from './real-shop.ts'

const { engines, lacks, cannotTest } = await withEngines(
  isFull ? ['postgres', 'redis', 'tigerbeetle'] : ['postgres'],
)

const CAPACITY = 12
const GOODIES = 3
const venue: Venue = {
  events: [
    {
      id: 'gig',
      name: 'A gig',
      sections: [],
      classes: [
        { id: 'A', capacity: CAPACITY },
        { id: 'goodie', capacity: GOODIES },
      ],
    },
  ],
}

/** One strategy of each family, at each level. */
const SHOPS: readonly (readonly [strategy: string, level: ShopLevel])[] = [
  ['postgres-conditional-update', 1],
  ['postgres-conditional-update', 3],
  ['redis-seat-key', 2],
  ['redis-lua', 3],
  ['tigerbeetle-pending-transfer-batched', 3],
]

interface Bought {
  readonly orderId: string
  readonly psid: string
  readonly outcome: string
  /** When the payment was first made, and when its outcome was known, by the monotonic clock. */
  readonly fromMs: number
  readonly untilMs: number
}

const ADMIN_PASSWORD = 'the password of this test'
const ADMIN = { authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}` }

/** More buyers than tickets; some fail, some cancel, some never pay. Whatever is not answered is tried again. */
async function crowd(url: string): Promise<readonly Bought[]> {
  const outcomes = ['succeeded', 'succeeded', 'succeeded', 'failed', 'canceled', 'succeeded', 'none']
  const buyers = Array.from({ length: 20 }, async (_, at): Promise<Bought | undefined> => {
    const key = `${at}`.padStart(22, 'k')
    let order = await checkedOut(url, 'A', key)
    // A crash: the next process answers. Sold out: it stays so.
    for (let tries = 0; order === undefined && tries < 3; tries++) {
      await until(async () => (await asked(url, 'GET', '/healthz').catch(() => undefined))?.status === 200)
      order = await checkedOut(url, 'A', key)
    }
    if (order === undefined) return undefined
    const outcome = outcomes[at % outcomes.length] ?? 'none'
    const fromMs = performance.now()
    if (outcome === 'none') return { ...order, outcome, fromMs, untilMs: fromMs }
    let status: number | undefined
    await until(async () => {
      status = await emitted(url, order.psid, outcome)
      return status === 303
    })
    // A first report that met the crash is answered by nobody; a later one is.
    await until(async () => (await statusOf(url, order.orderId)) !== undefined)
    return { ...order, outcome, fromMs, untilMs: performance.now() }
  })
  return (await Promise.all(buyers)).filter((each) => each !== undefined)
}

/** Every payment has its units or its refund, and the strategy has sold what the orders say. */
async function checkBooks({ url, shop }: RealShop, bought: readonly Bought[]): Promise<number> {
  await until(async () => (await shop.provider.deliveries(1_000)).every(({ state }) => state === 'delivered'))
  let paid = 0
  let refunded = 0
  for (const { orderId, psid, outcome } of bought) {
    const status = await statusOf(url, orderId)
    if (outcome === 'succeeded') expect(status).toMatch(/^PAID/)
    else expect(status).toBe({ failed: 'FAILED', canceled: 'CANCELED', none: undefined }[outcome])
    if (status === 'PAID') paid += 1
    if (status !== 'PAID_UNFULFILLED') continue
    refunded += 1
    await until(async () => (await shop.provider.find(psid))?.refunded === 6_500)
  }
  expect(paid).toBeLessThanOrEqual(CAPACITY)
  expect(paid + refunded).toBe(bought.filter(({ outcome }) => outcome === 'succeeded').length)
  interface Inventory {
    readonly A: {
      readonly capacity: number
      readonly sold: number
      readonly available: number
      readonly active_holds: number
    }
  }
  const { A } = JSON.parse((await asked(url, 'GET', '/api/inventory')).text) as Inventory
  expect(A.sold).toBe(paid)
  expect(A.available + A.sold + A.active_holds).toBe(CAPACITY)
  let given: readonly Bought[] = []
  await until(async () => {
    given = await withGoodie(url, bought)
    return given.length === Math.min(GOODIES, paid)
  })
  const withNone = (await paidOf(url, bought)).filter((each) => !given.includes(each))
  for (const none of withNone) {
    const later = given.filter(({ fromMs }) => fromMs > none.untilMs)
    expect(later, 'nobody who paid later has a goodie').toEqual([])
  }
  const audit = await asked(url, 'GET', '/admin/audit', undefined, ADMIN)
  expect(JSON.parse(audit.text)).toEqual({ payments: paid + refunded, complaints: [] })
  return paid
}

async function paidOf(url: string, bought: readonly Bought[]): Promise<readonly Bought[]> {
  const all = await Promise.all(bought.map(({ orderId }) => statusOf(url, orderId)))
  return bought.filter((_, at) => all[at] === 'PAID')
}

async function withGoodie(url: string, bought: readonly Bought[]): Promise<readonly Bought[]> {
  const orders = await Promise.all(bought.map(({ orderId }) => asked(url, 'GET', `/api/orders/${orderId}`)))
  return bought.filter((_, at) => orders[at]?.text.includes('"got_goodie":true'))
}

/** In `npm test`: the step after which the units are sold and the order is not recorded. */
const IN_SLICE: SagaStep = 'after-confirm'

/** Of the rest, the share that the gate runs. */
const ONE_OF = 3

for (const [row, [name, level]] of SHOPS.entries()) {
  const entry = registry.find((each) => each.name === name)
  if (entry === undefined) throw new Error(`the registry has no ${name}`)
  const isFirst = SHOPS[0]?.[0] === name && level === 1
  const isThere = isFull || isFirst
  describe.skipIf(!isThere || cannotTest(entry) || lacks(enginesOfLevel(level)))(
    `${name} at level ${level}`,
    () => {
      for (const [column, at] of SAGA_STEPS.entries()) {
        const size = isFirst && at === IN_SLICE ? SLICE : sampled(row, column, ONE_OF)
        test(`survives kill -9 at ${at}`, size, async () => {
          await using shop = await realShop({
            ...{ entry, engines, level, venue, crash: { at, time: 3 } },
            adminPassword: ADMIN_PASSWORD,
          })
          const bought = await crowd(shop.url)
          await checkBooks(shop, bought)
          expect(shop.shop.restarts(), 'the process was killed').toBe(1)
        })
      }
    },
  )
}

describe('reports that were lost', FULL, () => {
  test('are fetched from the provider', async () => {
    const entry = registry.find((each) => each.name === SHOPS[0]?.[0]) ?? expect.fail('no strategy')
    await using shop = await realShop({ entry, engines, level: 1, venue })
    const order = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
    const pid = shop.shop.pid() ?? expect.fail('nobody serves')
    // Nobody hears the report, and its repetition is minutes away by the time that the shop asks.
    process.kill(pid, 'SIGSTOP')
    const emitting = shop.shop.provider.emit(order.psid, 'succeeded')
    process.kill(pid, 'SIGKILL')
    await emitting
    await until(async () => (await statusOf(shop.url, order.orderId)) === 'PAID')
  })
})
