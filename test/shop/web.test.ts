/**
 * Goal: the routes of TigerFans as they are, pages that work without scripts, and nothing for those who should not have it.
 * Method: a shop in this process, with everything in memory, asked over HTTP.
 */
import { describe, expect, test } from 'vitest'
import { VENUES, type Venue } from '../../harness/service/venue.ts'
import { ReportSigner } from '../../shop/mockpay/signature.ts'
import { checkout } from '../../shop/saga/checkout.ts'
import { asked, checkedOut, emitted, statusOf } from './buyer.ts'
import { ADMIN_PASSWORD, type InProcessShop, REPORT_SECRET, shopInProcess } from './in-process.ts'

const venue: Venue = {
  events: [
    {
      id: 'gig',
      name: 'A <gig> & more',
      sections: [{ id: 'floor', rows: 2, seats_per_row: 4 }],
      classes: [
        { id: 'A', capacity: 2 },
        { id: 'B', capacity: 10 },
        { id: 'goodie', capacity: 1 },
      ],
    },
  ],
}

/** Of every answer. */
const SECURITY_HEADERS = [
  'content-security-policy',
  'referrer-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'x-content-type-options',
  'x-frame-options',
  'cache-control',
]
const ADMIN = { authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}` }
const json = (text: string): Record<string, unknown> => JSON.parse(text)

/** Posts a report as the provider would, whatever is changed about it. */
async function reported(
  { url, parts }: InProcessShop,
  orderId: string,
  changed: Readonly<Record<string, unknown>> = {},
  secret = REPORT_SECRET,
) {
  const raw = JSON.stringify({
    type: 'payment.succeeded',
    payment_session_id: parts.keys.namesOf(orderId).psid,
    order_id: orderId,
    amount: 6_500,
    currency: 'eur',
    created_at: Math.floor(Date.now() / 1_000),
    idempotency_key: 'evt_1',
    ...changed,
  })
  return asked(url, 'POST', '/payments/webhook', raw, {
    'x-mockpay-signature': new ReportSigner(secret).signatureOf(Buffer.from(raw)),
  })
}

describe('the routes of TigerFans', () => {
  test('sell a ticket, from checkout to PAID', async () => {
    await using shop = await shopInProcess(venue)
    const body = JSON.stringify({ cls: 'A', customer_email: 'a@example.org' })
    const answer = json((await asked(shop.url, 'POST', '/api/checkout', body)).text)
    expect(answer).toMatchObject({ amount: 6_500, redirect_url: expect.stringMatching(/^\/mockpay\/\w+$/) })
    const orderId = String(answer.order_id)
    expect((await asked(shop.url, 'GET', `/api/orders/${orderId}`)).status).toBe(404)
    const form = new URLSearchParams({ t: 'succeeded' })
    const paid = await asked(shop.url, 'POST', `${answer.redirect_url}/emit`, form)
    expect(paid.status).toBe(303)
    expect(paid.headers.get('location')).toBe(`/orders/${orderId}`)
    const order = json((await asked(shop.url, 'GET', `/api/orders/${orderId}`)).text)
    expect(order).toMatchObject({ status: 'PAID', cls: 'A', qty: 1, got_goodie: true })
    expect(order.ticket_code).toMatch(/^TCK-/)
    const page = await asked(shop.url, 'GET', `/orders/${orderId}`)
    expect(page.text).toContain('<svg')
    expect(page.headers.get('cache-control')).toBe('no-store')
  })

  test.for([
    ['failed', 'FAILED'],
    ['canceled', 'CANCELED'],
  ] as const)('a payment that %s frees the ticket', async ([outcome, status]) => {
    await using shop = await shopInProcess(venue)
    const order = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
    expect(await emitted(shop.url, order.psid, outcome)).toBe(303)
    expect(await statusOf(shop.url, order.orderId)).toBe(status)
    expect(json((await asked(shop.url, 'GET', '/api/inventory')).text)).toMatchObject({ A: { available: 2 } })
  })

  test('tell what is left and what is pending in its words', async () => {
    await using shop = await shopInProcess(venue, { isTigerfans: true })
    const fromMs = Date.now()
    const first = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
    const two = new URLSearchParams({ event: 'gig', email: 'b@example.org', 'tier.B': '2' })
    const later = (await asked(shop.url, 'POST', '/checkout', two)).headers.get('location') ?? ''
    const inventory = json((await asked(shop.url, 'GET', '/api/inventory')).text)
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    const common = { sold: 0, sold_out: false, timestamp }
    expect(inventory).toEqual({
      A: { capacity: 2, active_holds: 1, available: 1, ...common },
      B: { capacity: 10, active_holds: 2, available: 8, ...common },
    })
    const pending = json((await asked(shop.url, 'GET', '/api/pending')).text)
    const { items } = pending as { items: { created_at: number; age_ms: number }[] }
    const same = {
      ...{ created_at: expect.any(Number), age_ms: expect.any(Number), currency: 'eur' },
      ...{ try_goodie: true, status: 'PENDING' },
    }
    expect(pending).toEqual({ items: expect.any(Array), enabled: true, limit: 100, total: 2 })
    const [b, a] = [later.replace('/orders/', ''), first.orderId].map((order_id) => ({
      ...{ psid: shop.parts.keys.namesOf(order_id).psid, order_id, ...same },
    }))
    expect(new Set(items)).toEqual(
      new Set([
        { ...b, cls: 'B', qty: 2, email: 'b@example.org', amount: 7_000 },
        { ...a, cls: 'A', qty: 1, email: 'a@example.org', amount: 6_500 },
      ]),
    )
    for (const { created_at, age_ms } of items) {
      const createdMs = Math.round(created_at * 1_000)
      expect(createdMs).toBeGreaterThanOrEqual(fromMs)
      expect(createdMs + age_ms).toBeLessThanOrEqual(Date.now())
    }
    const one = json((await asked(shop.url, 'GET', '/api/pending?limit=1')).text)
    expect(one).toMatchObject({ items: [expect.anything()], limit: 1, total: 2 })
    for (const limit of ['0', '1001', '-1', '1.5', 'all', '']) {
      expect((await asked(shop.url, 'GET', `/api/pending?limit=${limit}`)).status, limit).toBe(400)
    }
  })

  test('sold out is a clean 409, and a repeated key is one order', async () => {
    await using shop = await shopInProcess(venue)
    const key = 'k'.repeat(22)
    const [first, again] = [await checkedOut(shop.url, 'A', key), await checkedOut(shop.url, 'A', key)]
    expect(again).toEqual(first)
    await checkedOut(shop.url, 'A')
    const refused = await asked(shop.url, 'POST', '/api/checkout', '{"cls":"A","customer_email":"a@b.c"}')
    expect(refused).toMatchObject({ status: 409 })
    expect(json(refused.text)).toMatchObject({ type: 'sold-out' })
  })

  test('a class that is not there is told with those that are', async () => {
    await using shop = await shopInProcess(venue)
    const body = '{"cls":"Z","customer_email":"a@b.c"}'
    const { text } = await asked(shop.url, 'POST', '/api/checkout', body)
    expect(json(text).title).toBe('there is no such cls; there is A and B')
  })

  test('a class is refused in a whole sentence where there are seats alone', async () => {
    const sections = [{ id: 'floor', rows: 1, seats_per_row: 2 }]
    const hall = { id: 'hall', name: 'A hall', city: '', date: '', sections, classes: [] }
    await using shop = await shopInProcess({ events: [hall] })
    const { text } = await asked(shop.url, 'POST', '/api/checkout', '{"cls":"A","customer_email":"a@b.c"}')
    expect(json(text).title).toBe('there is no such cls; all that is sold here has a seat')
  })

  test.for([
    '{"cls":"goodie","customer_email":"a@b.c"}',
    '{"cls":"A","customer_email":"nobody"}',
    '{"cls":"A"}',
    '{"cls":"floor-1-1","customer_email":"a@b.c"}',
    '[]',
    'no json',
  ])('%s is no checkout', async (body) => {
    await using shop = await shopInProcess(venue)
    expect((await asked(shop.url, 'POST', '/api/checkout', body)).status).toBe(400)
  })
})

describe('a report', () => {
  test('that is forged, malformed, stale or foreign has no effect', async () => {
    await using shop = await shopInProcess(venue)
    const { orderId } = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
    const old = Math.floor(Date.now() / 1_000) - 301
    expect(await reported(shop, orderId, {}, 'another secret')).toMatchObject({ status: 401 })
    expect(await reported(shop, orderId, { type: 'payment.maybe' })).toMatchObject({ status: 400 })
    expect(await reported(shop, orderId, { created_at: old })).toMatchObject({ status: 400 })
    expect(await reported(shop, orderId, { sent_at: old + 700 })).toMatchObject({ status: 400 })
    expect(await reported(shop, orderId, { payment_session_id: 'mock_0' })).toMatchObject({ status: 404 })
    expect((await asked(shop.url, 'POST', '/payments/webhook', '{}')).status).toBe(401)
    expect(await statusOf(shop.url, orderId)).toBeUndefined()
    expect(await reported(shop, orderId)).toMatchObject({ status: 200 })
    expect(await statusOf(shop.url, orderId)).toBe('PAID')
  })

  test('of another amount is refunded, and the ticket is free again', async () => {
    await using shop = await shopInProcess(venue)
    const { orderId } = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
    expect(await reported(shop, orderId, { amount: 1 })).toMatchObject({ status: 200 })
    expect(await statusOf(shop.url, orderId)).toBe('PAID_UNFULFILLED')
    const refund = await shop.parts.orders.refundOf(orderId)
    expect(refund).toMatchObject({ amount: 1, reason: 'wrong-amount' })
    expect(json((await asked(shop.url, 'GET', '/api/inventory')).text)).toMatchObject({ A: { available: 2 } })
    expect((await asked(shop.url, 'GET', `/orders/${orderId}`)).text).toContain(refund?.refundId)
  })

  test('twice at once has one effect', async () => {
    await using shop = await shopInProcess(venue)
    const { orderId } = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
    const answers = await Promise.all([reported(shop, orderId), reported(shop, orderId)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers.filter(({ text }) => json(text).idempotent === true)).toHaveLength(1)
  })

  test('may be old where the shop behaves like TigerFans', async () => {
    await using shop = await shopInProcess(venue, { isTigerfans: true })
    const { orderId } = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
    expect(await reported(shop, orderId, { created_at: 1 })).toMatchObject({ status: 200 })
  })
})

describe('the pages', () => {
  const form = (fields: Readonly<Record<string, string>>) =>
    new URLSearchParams({ event: 'gig', email: 'a@example.org', ...fields })

  test('sell seats by name, and the best together, without a script', async () => {
    await using shop = await shopInProcess(venue)
    const byName = await asked(shop.url, 'POST', '/checkout', form({ seats: 'floor-1-2, floor-2-4' }))
    expect(byName.status).toBe(303)
    const held = await asked(shop.url, 'GET', byName.headers.get('location') ?? '')
    expect(held.text).toContain('floor-1-2, floor-2-4')
    expect(held.text).toContain('90.00')
    const together = await asked(shop.url, 'POST', '/checkout', form({ together: '3' }))
    const page = await asked(shop.url, 'GET', together.headers.get('location') ?? '')
    expect(page.text).toContain('floor-2-1, floor-2-2, floor-2-3')
    const refused = await asked(shop.url, 'POST', '/checkout', form({ together: '3' }), {
      accept: 'text/html',
    })
    expect(refused.status).toBe(409)
    expect(refused.text).toContain('Sold out')
  })

  test('free what a buyer cancels', async () => {
    await using shop = await shopInProcess(venue)
    const held = await asked(shop.url, 'POST', '/checkout', form({ 'tier.B': '4' }))
    const path = held.headers.get('location') ?? ''
    expect(await asked(shop.url, 'POST', `${path}/cancel`, new URLSearchParams())).toMatchObject({
      status: 303,
    })
    expect(json((await asked(shop.url, 'GET', '/api/inventory')).text)).toMatchObject({
      B: { available: 10 },
    })
    expect((await asked(shop.url, 'GET', path)).text).toContain('Canceled')
    expect(await statusOf(shop.url, path.replace('/orders/', ''))).toBe('CANCELED')
    // Again, and after all a payment: nothing that is paid is lost.
    expect(await asked(shop.url, 'POST', `${path}/cancel`, new URLSearchParams())).toMatchObject({
      status: 303,
    })
    const orderId = path.replace('/orders/', '')
    await emitted(shop.url, shop.parts.keys.namesOf(orderId).psid, 'succeeded')
    expect(await statusOf(shop.url, orderId)).toBe('PAID')
    await asked(shop.url, 'POST', `${path}/cancel`, new URLSearchParams())
    expect(await statusOf(shop.url, orderId)).toBe('PAID')
  })

  test.for([
    [{ 'tier.B': '5' }, 400],
    [{ 'tier.B': '1.5' }, 400],
    [{ seats: 'floor-9-9' }, 400],
    [{}, 400],
    [{ event: 'nope', 'tier.B': '1' }, 404],
    [{ email: 'nobody', 'tier.B': '1' }, 400],
  ] as const)('%o is refused', async ([fields, status]) => {
    await using shop = await shopInProcess(venue)
    expect((await asked(shop.url, 'POST', '/checkout', form(fields))).status).toBe(status)
  })

  test('escape what they show, and load nothing from elsewhere', async () => {
    await using shop = await shopInProcess(venue)
    const page = await asked(shop.url, 'GET', '/')
    expect(page.text).toContain('A &lt;gig&gt; &amp; more')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    for (const [, asset] of page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      expect((await asked(shop.url, 'GET', asset ?? '')).status).toBe(200)
    }
  })

  test('are not sent by other sites', async () => {
    await using shop = await shopInProcess(venue)
    const { orderId, psid } = (await checkedOut(shop.url, 'A')) ?? expect.fail('no ticket')
    const t = new URLSearchParams({ t: 'succeeded' })
    for (const [path, body] of [
      ['/checkout', form({ 'tier.B': '1' })],
      [`/mockpay/${psid}/emit`, t],
      [`/orders/${orderId}/cancel`, new URLSearchParams()],
      ['/admin/strategy', new URLSearchParams({ strategy: 'none' })],
    ] as const) {
      for (const headers of [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'https://elsewhere.example' },
      ]) {
        // A browser would not let a page set these; this client does.
        const { request } = await import('node:http')
        const status = await new Promise((resolve, reject) => {
          const sent = request(`${shop.url}${path}`, {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded', ...ADMIN, ...headers },
          })
          sent.once('response', (answer) => resolve(answer.resume().statusCode))
          sent.once('error', reject)
          sent.end(body.toString())
        })
        expect(status, path).toBe(403)
      }
    }
    expect(await statusOf(shop.url, orderId), 'nothing was done').toBeUndefined()
  })
})

describe('a limit of tickets per customer', () => {
  const ordered = (url: string, quantity: number, email: string) =>
    asked(url, 'POST', '/checkout', new URLSearchParams({ event: 'gig', email, 'tier.B': String(quantity) }))

  test('holds for checkouts at the same moment, and is answered 409', async () => {
    await using shop = await shopInProcess(venue, { customerMax: 3 })
    const emails = ['Ada@example.org', 'ada@example.org', ' ada@EXAMPLE.org']
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => ordered(shop.url, 1, emails[at % emails.length] ?? '')),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      ...Array(3).fill(303),
      ...Array(9).fill(409),
    ])
    expect(answers.find(({ status }) => status === 409)?.text).toContain('at most 3 tickets')
    expect((await ordered(shop.url, 3, 'bob@example.org')).status).toBe(303)
    expect((await ordered(shop.url, 4, 'carol@example.org')).status).toBe(409)
  })

  test('counts what is paid, and no longer what was canceled', async () => {
    await using shop = await shopInProcess(venue, { customerMax: 2 })
    const first = (await ordered(shop.url, 1, 'ada@example.org')).headers.get('location') ?? ''
    const second = (await ordered(shop.url, 1, 'ada@example.org')).headers.get('location') ?? ''
    await emitted(shop.url, shop.parts.keys.namesOf(first.replace('/orders/', '')).psid, 'succeeded')
    expect((await ordered(shop.url, 1, 'ada@example.org')).status).toBe(409)
    await asked(shop.url, 'POST', `${second}/cancel`, new URLSearchParams())
    expect((await ordered(shop.url, 1, 'ada@example.org')).status).toBe(303)
    expect((await ordered(shop.url, 1, 'ada@example.org')).status).toBe(409)
  })
})

describe('events', () => {
  const tour = VENUES.tour ?? expect.fail('no tour')
  const ids = (text: string) => (json(text).events as { id: string }[]).map(({ id }) => id)

  test.for([
    ['', 5],
    ['?city=vienna', 2],
    ['?date=2027-05-14', 2],
    ['?city=London&date=2027-05-14', 1],
    ['?city=Paris', 0],
  ] as const)('are found by city and day: %s', async ([query, count]) => {
    await using shop = await shopInProcess(tour)
    expect(ids((await asked(shop.url, 'GET', `/api/events${query}`)).text)).toHaveLength(count)
    const asJson = await asked(shop.url, 'GET', `/events${query}`, undefined, { accept: 'application/json' })
    expect(ids(asJson.text)).toHaveLength(count)
    const page = await asked(shop.url, 'GET', `/events${query}`, undefined, { accept: 'text/html' })
    expect(page.text.match(/<li>/g) ?? []).toHaveLength(count)
  })

  test.for(['?date=tomorrow', '?date=2027-13-40', '?city=a&city=b'])('%s is refused', async (query) => {
    await using shop = await shopInProcess(tour)
    expect((await asked(shop.url, 'GET', `/api/events${query}`)).status).toBe(400)
  })
})

test('a seat that was sold twice is shown, with both orders', async () => {
  await using shop = await shopInProcess(venue, { racy: true })
  const basket = { eventId: 'gig', lines: [{ name: 'floor-1-2', quantity: 1 }], email: 'a@example.org' }
  const bought = await Promise.all([checkout(shop.parts, basket), checkout(shop.parts, basket)])
  const ids = bought.map((each) => (each.kind === 'held' ? each.session.orderId : each.kind))
  for (const id of ids) await emitted(shop.url, shop.parts.keys.namesOf(id).psid, 'succeeded')
  expect(await Promise.all(ids.map((id) => statusOf(shop.url, id)))).toEqual(['PAID', 'PAID'])
  const figures = await asked(shop.url, 'GET', '/admin/figures', undefined, ADMIN)
  const orders = ids.map((id) => `${id.slice(0, 8)}…`)
  expect(json(figures.text).soldTwice).toEqual([{ seat: 'floor-1-2', orders }])
  const audit = json((await asked(shop.url, 'GET', '/admin/audit', undefined, ADMIN)).text)
  expect(String(audit.complaints)).toContain('seat floor-1-2 is sold twice')
})

test('the stream of a seat map begins with all seats, and tells what changes', async () => {
  await using shop = await shopInProcess(venue)
  const stop = new AbortController()
  const stream = await fetch(`${shop.url}/events/gig/seats`, { signal: stop.signal })
  const page = await asked(shop.url, 'GET', '/')
  for (const name of SECURITY_HEADERS) {
    expect(stream.headers.get(name), name).toBe(page.headers.get(name) ?? expect.fail(name))
  }
  const reader = (stream.body ?? expect.fail('no stream')).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const until = async (expected: RegExp): Promise<void> => {
    while (!expected.test(text)) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`the stream ended: ${text}`)
      text += value
    }
  }
  await until(/event: all\ndata: AAA=\n\n/)
  const held = await asked(
    shop.url,
    'POST',
    '/checkout',
    new URLSearchParams({ event: 'gig', email: 'a@b.c', seats: 'floor-1-2' }),
  )
  await until(/event: delta\ndata: \[1,1\]\n\n/)
  const orderId = (held.headers.get('location') ?? '').replace('/orders/', '')
  await emitted(shop.url, shop.parts.keys.namesOf(orderId).psid, 'succeeded')
  await until(/event: delta\ndata: \[1,2\]\n\n/)
  stop.abort()
})

describe('the admin', () => {
  test('is somebody with the password', async () => {
    await using shop = await shopInProcess(venue)
    await checkedOut(shop.url, 'A')
    for (const path of ['/admin', '/admin/figures', '/admin/times', '/admin/audit', '/api/pending']) {
      expect((await asked(shop.url, 'GET', path)).status, path).toBe(401)
      const wrong = { authorization: `Basic ${Buffer.from('admin:no').toString('base64')}` }
      expect((await asked(shop.url, 'GET', path, undefined, wrong)).status, path).toBe(401)
      expect((await asked(shop.url, 'GET', path, undefined, ADMIN)).status, path).toBe(200)
    }
    expect(json((await asked(shop.url, 'GET', '/api/inventory', undefined, ADMIN)).text)).toMatchObject({
      A: { capacity: 2, active_holds: 1 },
    })
    expect(json((await asked(shop.url, 'GET', '/api/inventory')).text).A).not.toHaveProperty('capacity')
  })

  test('sees how many buyers went away without paying', async () => {
    let nowMs = Date.now()
    await using shop = await shopInProcess(venue, { nowMs: () => nowMs })
    const sessions = async () =>
      json((await asked(shop.url, 'GET', '/admin/figures', undefined, ADMIN)).text).sessions
    await checkedOut(shop.url, 'B')
    const late = (await checkedOut(shop.url, 'B')) ?? expect.fail('no ticket')
    expect(await sessions()).toEqual({ pending: 2, timedOut: 0, timedOutInMinute: 0 })
    nowMs += 60_000
    expect(await sessions()).toEqual({ pending: 0, timedOut: 2, timedOutInMinute: 2 })
    await emitted(shop.url, late.psid, 'succeeded')
    expect(await sessions(), 'who pays late did not go away').toEqual({
      ...{ pending: 0, timedOut: 1, timedOutInMinute: 1 },
    })
    nowMs += 60_000
    expect(await sessions()).toEqual({ pending: 0, timedOut: 1, timedOutInMinute: 0 })
  })

  test('does not exist without one, and is everybody for TigerFans', async () => {
    await using shop = await shopInProcess(venue, { hasAdmin: false, isTigerfans: true })
    expect((await asked(shop.url, 'GET', '/admin', undefined, ADMIN)).status).toBe(404)
    expect((await asked(shop.url, 'GET', '/api/pending')).status).toBe(200)
  })
})
