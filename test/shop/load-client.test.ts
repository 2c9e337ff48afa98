/**
 * Goal: the load client of TigerFans (bench/load_client.py) drives the shop as it is. Method: what that client does, step by step,
 * against a shop in this process: it takes the payment's id out of the address, follows the redirect, and asks until it knows.
 * @module-tag full
 */
import { expect, test } from 'vitest'
import { VENUES, type Venue } from '../../harness/service/venue.ts'
import { until } from '../service/serving.ts'
import { shopInProcess } from './in-process.ts'

const venue: Venue = VENUES['tigerfans-load'] ?? { events: [] }

/** What the client counts as an outcome; for anything else it goes on asking, until it gives up. */
const OUTCOMES = ['PAID', 'FAILED', 'CANCELED']
/** `--total` and `--concurrency`, and what `--fail-rate` and `--cancel-rate` may make of each payment. */
const ORDERS = 60
const AT_ONCE = 10
const KINDS = { succeeded: 'PAID', failed: 'FAILED', canceled: 'CANCELED' } as const
type Kind = keyof typeof KINDS

const CLIENT = { 'user-agent': 'TigerFansLoad/1.0' }

interface ClientOrder {
  readonly status: string
  readonly got_goodie: boolean
}

async function oneOrder(base: string, cls: string, kind: Kind): Promise<ClientOrder> {
  const checkout = await fetch(`${base}/api/checkout`, {
    method: 'POST',
    headers: { ...CLIENT, 'content-type': 'application/json' },
    body: JSON.stringify({ cls, customer_email: `${cls}${crypto.randomUUID().slice(0, 9)}@example.com` }),
  })
  expect(checkout.status).toBe(200)
  const { order_id, redirect_url } = (await checkout.json()) as Record<'order_id' | 'redirect_url', string>
  // The second part of the path, whatever stands before it.
  const psid = redirect_url.replace(/^\/+|\/+$/g, '').split('/')[1]
  const emitted = await fetch(`${base}/mockpay/${psid}/emit`, {
    method: 'POST',
    headers: CLIENT,
    body: new URLSearchParams({ t: kind }),
  })
  expect(emitted.redirected, 'it led somewhere').toBe(true)
  expect(emitted.status, emitted.url).toBe(200)
  let order: ClientOrder | undefined
  await until(async () => {
    const answer = await fetch(`${base}/api/orders/${order_id}`, { headers: CLIENT })
    order = answer.status === 200 ? ((await answer.json()) as ClientOrder) : undefined
    return order !== undefined && OUTCOMES.includes(order.status)
  })
  return order ?? expect.fail('no order')
}

test('every order of a run has the outcome of its payment, and every paid one a goodie', async () => {
  await using shop = await shopInProcess(venue, { isTigerfans: true, hasAdmin: false })
  const kinds = Object.keys(KINDS) as Kind[]
  let begun = 0
  const buyers = Array.from({ length: AT_ONCE }, async () => {
    while (begun < ORDERS) {
      const at = begun++
      const kind = kinds[at % kinds.length] ?? 'succeeded'
      const order = await oneOrder(shop.url, at % 2 === 0 ? 'A' : 'B', kind)
      expect(order).toMatchObject({ status: KINDS[kind], got_goodie: kind === 'succeeded' })
    }
  })
  await Promise.all(buyers)
  const inventory = (await (await fetch(`${shop.url}/api/inventory`)).json()) as Record<string, unknown>
  const sold = ORDERS / kinds.length / 2
  expect(inventory).toMatchObject({ A: { sold, active_holds: 0 }, B: { sold, active_holds: 0 } })
})

test('no run of the client sells out either of its two classes, or uses up the goodies', () => {
  const [event] = venue.events
  const capacityOf = (tier: string) => event?.classes.find(({ id }) => id === tier)?.capacity ?? 0
  // A hundred times what its own load tests buy in a run (`--total=1000`), all of one class.
  const many = 100_000
  expect(capacityOf('A')).toBeGreaterThanOrEqual(many)
  expect(capacityOf('B')).toBeGreaterThanOrEqual(many)
  expect(capacityOf('goodie')).toBeGreaterThanOrEqual(many)
})
