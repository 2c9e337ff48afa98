/**
 * Goal: a report that the provider has given up is not lost, and no mischief on its way loses or repeats what was paid. Method: MockPay
 * with a shop in this process that answers nothing but 503, or with reports that come twice, late, in another order, or never.
 */
import { describe, expect, test } from 'vitest'
import type { Venue } from '../../harness/service/venue.ts'
import { RetryingDelivery, waitAfter } from '../../shop/mockpay/delivery.ts'
import { Mischief, type ReportFate } from '../../shop/mockpay/mischief.ts'
import { MockPay } from '../../shop/mockpay/mockpay.ts'
import { finishAll } from '../../shop/saga/due.ts'
import { resourceId } from '../../strategies/validation.ts'
import { until } from '../service/serving.ts'
import { checkedOut, statusOf } from './buyer.ts'
import { REPORT_SECRET, shopInProcess } from './in-process.ts'

const OVERLOADED = 503
const venue: Venue = {
  events: [
    {
      id: 'gig',
      name: 'A gig',
      sections: [],
      classes: [
        { id: 'A', capacity: 60 },
        { id: 'goodie', capacity: 2 },
      ],
    },
  ],
}
const AT_ONCE = { firstMs: 1, longestMs: 1, attemptsMax: 2 }

test('waits grow to the longest one, and end after about two hours', () => {
  const waits = { firstMs: 200, longestMs: 1_000 }
  expect([1, 2, 3, 4, 5].map((attempts) => waitAfter(attempts, { ...waits, attemptsMax: 5 }))).toEqual([
    ...[200, 400, 800, 1_000, 1_000],
  ])
  const { waits: own } = new RetryingDelivery('', async () => 200)
  const all = Array.from({ length: own.attemptsMax - 1 }, (_, at) => waitAfter(at + 1, own))
  const hours = all.reduce((sum, ms) => sum + ms, 0) / 3_600_000
  expect(Math.round(hours)).toBe(2)
})

test('a report that was given up is fetched, and not before', async () => {
  const { promise: letGo, resolve } = Promise.withResolvers<void>()
  let attempts = 0
  const deliver = async (): Promise<number> => {
    attempts += 1
    if (attempts > 1) await letGo
    return OVERLOADED
  }
  await using shop = await shopInProcess(venue, { mockpay: { deliver, retries: AT_ONCE } })
  const { orderId, psid } = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
  await shop.provider.emit(psid, 'succeeded')
  expect(await shop.provider.reportsSince(0, 10), 'it will come by itself').toEqual({ reports: [], next: 0 })
  expect(await finishAll(shop.parts)).toBe(0)
  expect(await statusOf(shop.url, orderId)).toBeUndefined()
  resolve()
  await until(async () => (await shop.provider.deliveries(1))[0]?.state === 'given-up')
  expect(await shop.provider.deliveries(1)).toMatchObject([{ attempts: 2, last: String(OVERLOADED) }])
  expect(await finishAll(shop.parts), 'a payment').toBe(1)
  expect(await statusOf(shop.url, orderId)).toBe('PAID')
})

test('a report is repeated until it is acknowledged, and then no more', async () => {
  const answers = [OVERLOADED, 0, 200]
  let attempts = 0
  const deliver = async (): Promise<number> => {
    const status = answers[attempts++] ?? expect.fail('it was acknowledged')
    if (status === 0) throw new Error('no answer')
    return status
  }
  await using shop = await shopInProcess(venue, {
    mockpay: { deliver, retries: { ...AT_ONCE, attemptsMax: 9 } },
  })
  const { psid } = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
  await shop.provider.emit(psid, 'succeeded')
  await until(() => shop.provider.reports.waiting === 0)
  expect(await shop.provider.deliveries(9)).toMatchObject([{ state: 'delivered', attempts: 3, last: '200' }])
})

/** A seed whose first reports have these fates. */
function seedOf(...fates: readonly ReportFate[]): number {
  for (let seed = 0; ; seed++) {
    const mischief = new Mischief(seed)
    if (fates.every((fate) => mischief.next().fate === fate)) return seed
  }
}

describe('mischief', () => {
  async function bodiesOf(...fates: readonly ReportFate[]): Promise<readonly string[]> {
    const bodies: string[] = []
    const deliver = async (raw: Buffer): Promise<number> => {
      bodies.push((JSON.parse(raw.toString()) as { order_id: string }).order_id)
      return 200
    }
    const mischief = new Mischief(seedOf(...fates))
    await using provider = new MockPay({ secret: REPORT_SECRET, deliver, mischief })
    const metadata = { eventId: 'gig', lines: [{ name: 'A', quantity: 1 }], email: 'a@example.org' }
    const emitted = fates.map(async (_, at) => {
      const payment = { psid: `psid ${at}`, orderId: `order ${at}`, amount: 1, currency: 'eur' }
      await provider.create({ ...payment, returnPath: '/', metadata })
      await provider.emit(payment.psid, 'succeeded')
    })
    await Promise.all(emitted)
    await until(() => provider.reports.waiting === 0)
    expect((await provider.deliveries(9)).map(({ fate }) => fate).toReversed()).toEqual(fates)
    return bodies
  }

  test('follows from its seed', () => {
    const fatesOf = (seed: number): readonly ReportFate[] => {
      const mischief = new Mischief(seed)
      return Array.from({ length: 50 }, () => mischief.next().fate)
    }
    expect(fatesOf(1)).toEqual(fatesOf(1))
    expect(fatesOf(1)).not.toEqual(fatesOf(2))
  })

  test.for<readonly [fates: readonly ReportFate[], heard: readonly string[]]>([
    [
      ['sent', 'sent'],
      ['order 0', 'order 1'],
    ],
    [
      ['swapped', 'sent'],
      ['order 1', 'order 0'],
    ],
    [
      ['late', 'sent'],
      ['order 1', 'order 0'],
    ],
    [['twice'], ['order 0', 'order 0']],
    [['lost', 'sent'], ['order 1']],
    [['swapped'], ['order 0']],
  ])('%j: the shop hears %j', async ([fates, heard]) => {
    expect(await bodiesOf(...fates)).toEqual(heard)
  })

  test('loses nothing that was paid, and gives nothing twice', async () => {
    await using shop = await shopInProcess(venue, { mockpay: { mischief: new Mischief(1) } })
    const buyers = Array.from({ length: 40 }, async () => {
      const order = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
      await shop.provider.emit(order.psid, 'succeeded')
      return order.orderId
    })
    const ids = await Promise.all(buyers)
    await until(() => shop.provider.reports.waiting === 0)
    await finishAll(shop.parts)
    expect(new Set(await Promise.all(ids.map((id) => statusOf(shop.url, id))))).toEqual(new Set(['PAID']))
    const { orders, strategy } = shop.parts
    expect(await orders.soldOf('gig')).toEqual(new Map([['A', 40]]))
    expect(await orders.goodiesGiven()).toEqual(new Map([['gig', 2]]))
    const [left] = await strategy.availability([resourceId('gig:A')])
    expect(left?.available).toBe(20)
    const fates = (await shop.provider.deliveries(100)).map(({ fate }) => fate)
    expect(new Set(fates)).toEqual(new Set(['sent', 'twice', 'late', 'swapped', 'lost']))
  })
})
