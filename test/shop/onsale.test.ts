/**
 * Goal: an onsale that is shown live sells a seat twice with the control, and no more of them once another strategy sells. Method: a
 * real shop with `postgres-naive` and the crowd of `--crowd`; the admin's button, while the crowd buys.
 */
import { expect, test } from 'vitest'
import type { Venue } from '../../harness/service/venue.ts'
import { startCrowd } from '../../shop/crowd/crowd.ts'
import { registry } from '../../strategies/registry.ts'
import { until } from '../service/serving.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { asked } from './buyer.ts'
import { realShop } from './real-shop.ts'

const { engines } = await withEngines(isFull ? ['postgres'] : [])

/** More seats than the crowd buys meanwhile. */
const venue: Venue = {
  events: [
    {
      id: 'onsale',
      name: 'An onsale',
      sections: [{ id: 'floor', rows: 30, seats_per_row: 40 }],
      classes: [],
    },
  ],
}
const HOLD_MS = 10_000
const BUYERS = 30
/** Paid afterwards, by buyers half of whom come with a rival for the same seat. */
const SALES_AFTER = 30

const ADMIN_PASSWORD = 'the password of this test'
const ADMIN = { authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}` }

interface OnsaleFigures {
  readonly strategy: string
  readonly soldTwiceCount: number
  readonly counts: { readonly byStatus: { readonly PAID?: number } }
}

async function figuresOf(url: string): Promise<OnsaleFigures> {
  return JSON.parse((await asked(url, 'GET', '/admin/figures', undefined, ADMIN)).text) as OnsaleFigures
}

async function openOrders(url: string): Promise<readonly string[]> {
  const { text } = await asked(url, 'GET', '/api/pending?limit=1000')
  const { items } = JSON.parse(text) as { readonly items: readonly { readonly order_id: string }[] }
  return items.map(({ order_id }) => order_id)
}

async function untilPaid(url: string, more: number): Promise<OnsaleFigures> {
  const before = (await figuresOf(url)).counts.byStatus.PAID ?? 0
  let now = await figuresOf(url)
  await until(async () => {
    now = await figuresOf(url)
    return (now.counts.byStatus.PAID ?? 0) >= before + more
  })
  return now
}

test.skipIf(!isFull)(
  'seats are sold twice, until another strategy sells',
  { ...FULL, timeout: 300_000 },
  async () => {
    const entry = registry.find(({ name }) => name === 'postgres-naive') ?? expect.fail('no control')
    const settings = { holdMs: HOLD_MS, adminPassword: ADMIN_PASSWORD }
    await using shop = await realShop({ entry, engines, level: 1, venue, ...settings })
    const { url } = shop
    await using _crowd = startCrowd({ address: url, buyers: BUYERS, venue, say: () => undefined })
    await until(async () => (await figuresOf(url)).soldTwiceCount > 0)

    const form = new URLSearchParams({ strategy: 'postgres-conditional-update' })
    expect((await asked(url, 'POST', '/admin/strategy', form, ADMIN)).status).toBe(303)
    // Two buyers may hold one seat still, and pay.
    const heldBefore = new Set(await openOrders(url))
    await until(async () => !(await openOrders(url)).some((id) => heldBefore.has(id)))
    // A payment at the very deadline is settled before these are.
    const settled = await untilPaid(url, 5)
    expect(settled.strategy).toBe('postgres-conditional-update')

    const after = await untilPaid(url, SALES_AFTER)
    expect(settled.soldTwiceCount).toBeGreaterThan(0)
    expect(after.soldTwiceCount).toBe(settled.soldTwiceCount)
    const audit = await asked(url, 'GET', '/admin/audit', undefined, ADMIN)
    expect(audit.text, 'the audit names what the control did').toContain('is sold twice')
  },
)
