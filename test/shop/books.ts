/** The books of a shop after a crowd: what its pages, the provider and the audit say must agree. */
import { expect } from 'vitest'
import { until } from '../service/serving.ts'
import { asked, statusOf } from './buyer.ts'
import { type Bought, CAPACITY, GOODIES, inventoryOf, PRICE_CENTS } from './crash-crowd.ts'
import type { RealShop } from './real-shop.ts'

export const ADMIN_PASSWORD = 'the password of this test'
const ADMIN = { authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}` }

/**
 * Every payment has its units or its refund, and the strategy has sold what the orders say. Returns how many payments were
 * refunded.
 */
export async function checkBooks({ url, shop }: RealShop, bought: readonly Bought[]): Promise<number> {
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
    await until(async () => (await shop.provider.find(psid))?.refunded === PRICE_CENTS)
  }
  expect(paid).toBeLessThanOrEqual(CAPACITY)
  expect(paid + refunded).toBe(bought.filter(({ outcome }) => outcome === 'succeeded').length)
  const { sold, available, active_holds } = await inventoryOf(url)
  expect(sold).toBe(paid)
  expect(available + sold + active_holds).toBe(CAPACITY)
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
  await until(async () => (await refundsDueAt(url)) === 0)
  const sent = await Promise.all(
    bought.map(async ({ psid }) => (await shop.provider.find(psid))?.refunded ?? 0),
  )
  expect(sent.filter((cents) => cents > 0)).toEqual(Array.from({ length: refunded }, () => PRICE_CENTS))
  return refunded
}

/** Refunds that are recorded, and not known to be sent. */
async function refundsDueAt(url: string): Promise<number> {
  const figures = await asked(url, 'GET', '/admin/figures', undefined, ADMIN)
  return (JSON.parse(figures.text) as { counts: { refundsDue: number } }).counts.refundsDue
}

async function paidOf(url: string, bought: readonly Bought[]): Promise<readonly Bought[]> {
  const all = await Promise.all(bought.map(({ orderId }) => statusOf(url, orderId)))
  return bought.filter((_, at) => all[at] === 'PAID')
}

async function withGoodie(url: string, bought: readonly Bought[]): Promise<readonly Bought[]> {
  const orders = await Promise.all(bought.map(({ orderId }) => asked(url, 'GET', `/api/orders/${orderId}`)))
  return bought.filter((_, at) => orders[at]?.text.includes('"got_goodie":true'))
}
