/**
 * Goal: nobody comes round the gate, a place belongs to one browser and stays there, and everybody is told what happens. Method: a shop
 * and a service in this process with a room in memory, asked over HTTP as browsers do; every route of both apps, one by one.
 */
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { VENUES } from '../../harness/service/venue.ts'
import { judgeRoom } from '../../shop/waiting-room/judge/judge-room.ts'
import { commitmentOf, drawFault } from '../../shop/waiting-room/queue/draw.ts'
import { RoomRecorder } from '../../shop/waiting-room/recorded-room.ts'
import { SERVICE_OPENINGS } from '../../shop/waiting-room/service-gate.ts'
import type { WaitingRoomSettings } from '../../shop/waiting-room/settings.ts'
import { memoryRoom } from '../../shop/waiting-room/stores/memory-room.ts'
import { hasZeros } from '../../shop/waiting-room/tokens.ts'
import { WaitingRoom } from '../../shop/waiting-room/waiting-room.ts'
import { until } from '../service/serving.ts'
import { ADMIN_PASSWORD, shopInProcess } from '../shop/in-process.ts'
import { FULL } from '../size.ts'
import { LIMITS, RULES, SETTINGS } from './rooms.ts'

const OVERLOADED = 503

const venue = VENUES.small ?? { events: [] }
const ADMIN = { authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}` }

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  json(): Record<string, unknown>
}

/** Keeps cookies, as a browser does. */
class Browser {
  readonly cookies = new Map<string, string>()
  readonly #url: string
  readonly #from: string
  constructor(url: string, from = '127.0.0.1') {
    this.#url = url
    this.#from = from
  }

  ask(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const text =
      body === undefined
        ? undefined
        : body instanceof URLSearchParams
          ? body.toString()
          : JSON.stringify(body)
    const type = body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json'
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = {
      ...(text !== undefined && { 'content-type': type }),
      ...(cookie !== '' && { cookie }),
      ...more,
    }
    return new Promise((resolve, reject) => {
      const sent = request(`${this.#url}${path}`, { method, headers, localAddress: this.#from, agent: false })
      sent.once('error', reject)
      sent.once('response', (answer) => {
        let heard = ''
        for (const each of answer.headers['set-cookie'] ?? []) {
          expect(each).toContain('HttpOnly')
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? []
          if (value === '') this.cookies.delete(name)
          else this.cookies.set(name, value)
        }
        // A stream would never end.
        if (String(answer.headers['content-type']).startsWith('text/event-stream')) {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: '', json: () => ({}) })
          answer.destroy()
          return
        }
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          heard += chunk
        })
        answer.once('end', () => {
          const { statusCode = 0, headers: told } = answer
          resolve({ status: statusCode, headers: told, text: heard, json: () => JSON.parse(heard) })
        })
      })
      sent.end(text)
    })
  }

  join = (work: unknown = { challenge: '', nonce: '' }) => this.ask('POST', '/waiting-room/join', work)
  place = async () =>
    (await this.ask('GET', '/waiting-room/place')).json() as {
      view: { kind: string; number: number }
      position: number
    }
  enter = () => this.ask('POST', '/waiting-room/enter', {})
  leave = () => this.ask('POST', '/waiting-room/leave', {})
  becomes = (kind: string) => until(async () => (await this.place()).view.kind === kind)
}

async function roomInMemory(
  settings: Partial<WaitingRoomSettings> = {},
  stock?: () => Promise<'some' | 'held' | 'gone'>,
) {
  const own = { ...SETTINGS, ...settings }
  const recorder = new RoomRecorder(own.rules, own.limits)
  const inner = memoryRoom(own.rules, own.limits, Date.now)
  const store = recorder.watch(inner)
  await store.set({ door: own.door })
  const room = await WaitingRoom.open({
    store,
    settings: own,
    warn: () => undefined,
    ...(stock && { stock }),
  })
  return { room, verdict: async () => judgeRoom(await recorder.history(inner)) }
}

async function shopBehind(settings: Partial<WaitingRoomSettings> = {}) {
  await using undo = new AsyncDisposableStack()
  const { room, verdict } = await roomInMemory(settings)
  undo.use(room)
  const shop = undo.use(await shopInProcess(venue, { room }))
  const owned = undo.move()
  return { url: shop.url, room, verdict, shop, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

describe('the gate', () => {
  /** Everything that is not behind it. A route that is added is behind it, unless it is added here too. */
  const OPEN_IN_SHOP = [
    'GET /admin',
    'GET /admin/audit',
    'GET /admin/figures',
    'GET /admin/times',
    'GET /api/orders/:id',
    'GET /api/pending',
    'GET /healthz',
    'GET /mockpay/:psid',
    'GET /orders/:id',
    'GET /orders/:id/state',
    'POST /admin/strategy',
    'POST /mockpay/:psid/emit',
    'POST /orders/:id/cancel',
    'POST /payments/webhook',
  ]

  test('stands before every route of the shop that sells or shows what is left', async () => {
    await using behind = await shopBehind()
    const { passages } = behind.room
    const isOwn = (route: string) =>
      route.includes(' /waiting-room') || route.includes(' /assets/') || route.startsWith('HEAD ')
    const open = [...passages]
      .filter(([route, passage]) => passage !== 'inside' && !isOwn(route))
      .map(([route]) => route)
    expect(new Set(open)).toEqual(new Set(OPEN_IN_SHOP))
    const stranger = new Browser(behind.url)
    let asked = 0
    for (const [route, passage] of passages) {
      const [method = '', pattern = ''] = route.split(' ')
      if (passage !== 'inside') continue
      asked += 1
      const path = pattern.replace(':id', 'gig')
      for (const spelling of [path, `${path}?a=1`]) {
        expect((await stranger.ask(method, spelling)).status, `${method} ${spelling}`).toBe(403)
      }
    }
    expect(asked).toBeGreaterThanOrEqual(8)
    // Other spellings of a path are other routes, or none.
    for (const path of [
      '//api/checkout',
      '/api/checkout#x',
      '/api//checkout',
      '/API/checkout',
      '/api/checkout/',
      '/api/./checkout',
      '/%61pi/checkout',
    ]) {
      const { status } = await stranger.ask('POST', path, { cls: 'A', customer_email: 'a@b.c' })
      expect([403, 404], path).toContain(status)
    }
    const page = await stranger.ask('GET', '/', undefined, { accept: 'text/html' })
    expect(page).toMatchObject({ status: 303, headers: { location: '/waiting-room' } })
  })

  test('lets the admin of the shop through, and nobody else to what is the admin’s', async () => {
    await using behind = await shopBehind()
    const stranger = new Browser(behind.url)
    const routes = [...behind.room.passages.keys()].filter(
      (route) => / (\/admin|\/api\/pending)/.test(route) && !route.startsWith('HEAD '),
    )
    expect(routes.length).toBeGreaterThanOrEqual(6)
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ')
      const form = method === 'POST' ? new URLSearchParams({ strategy: 'none' }) : undefined
      expect((await stranger.ask(method, path, form)).status, route).toBe(401)
      // There is no such strategy: the form was read.
      expect((await stranger.ask(method, path, form, ADMIN)).status, route).toBe(form ? 400 : 200)
    }
  })

  test('stands before every route of the service that reserves', async () => {
    const { room } = await roomInMemory({ home: '/docs' })
    await using _closing = room
    const { serviceBehind } = await import('./service-behind.ts')
    await using service = await serviceBehind(room, SERVICE_OPENINGS)
    const inside = [...room.passages].filter(([, passage]) => passage !== 'open').map(([route]) => route)
    for (const route of [
      'POST /reservations',
      'POST /bookings',
      'DELETE /reservations/:id',
      'GET /events/:id/seats',
      'POST /availability',
      'PUT /setup/resources',
      'POST /setup/expire-due',
    ])
      expect(inside).toContain(route)
    const stranger = new Browser(service.url)
    for (const route of inside) {
      const [method = '', pattern = ''] = route.split(' ')
      let status = OVERLOADED
      // A service in a busy process asks to come again, and says nothing of the gate.
      await until(async () => {
        status = (await stranger.ask(method, pattern.replace(':id', 'gig'))).status
        return status !== OVERLOADED
      })
      expect(status, route).toBe(403)
    }
    await stranger.join()
    await stranger.becomes('called')
    await stranger.enter()
    const body = { event_id: 'gig', hold_id: 'a hold that is long enough', seat_ids: ['floor-1-1'] }
    expect((await stranger.ask('POST', '/reservations', body)).status).toBe(201)
  })

  test('frees the place of a visitor whose order is paid, and not before', async () => {
    await using behind = await shopBehind({ limits: { activeMax: 1, perMinute: 0 } })
    const [buyer, next] = [new Browser(behind.url), new Browser(behind.url)]
    await buyer.join()
    await buyer.becomes('called')
    await buyer.enter()
    await next.join()
    const order = { cls: 'A', customer_email: 'a@b.c' }
    const { redirect_url } = (await buyer.ask('POST', '/api/checkout', order)).json()
    await buyer.ask('POST', `${String(redirect_url)}/emit`, new URLSearchParams({ t: 'failed' }))
    expect((await buyer.place()).view.kind).toBe('inside')
    const again = (await buyer.ask('POST', '/api/checkout', order)).json()
    expect((await next.place()).view.kind).toBe('waiting')
    await buyer.ask('POST', `${String(again.redirect_url)}/emit`, new URLSearchParams({ t: 'succeeded' }))
    await next.becomes('called')
    expect((await buyer.place()).view).toMatchObject({ kind: 'ended', why: 'left' })
    // What belongs to the order stays open.
    const state = await buyer.ask('GET', `/api/orders/${String(again.order_id)}`)
    expect(state.json()).toMatchObject({ status: 'PAID' })
    expect(await behind.verdict()).toMatchObject({ kind: 'valid' })
  })

  test('lets everybody through where the door says so', FULL, async () => {
    await using behind = await shopBehind({ door: 'passthrough' })
    expect((await new Browser(behind.url).ask('GET', '/api/inventory')).status).toBe(200)
  })
})

describe('a visitor', () => {
  test('joins, waits, is called, goes in, buys, and leaves to the next', async () => {
    await using behind = await shopBehind({ limits: { activeMax: 1, perMinute: 0 } })
    const [ada, bob] = [new Browser(behind.url), new Browser(behind.url)]
    expect((await ada.join()).json()).toMatchObject({ is_new: true })
    expect((await bob.join()).status).toBe(200)
    await ada.becomes('called')
    expect(await bob.place()).toMatchObject({ view: { kind: 'waiting', number: 2 }, position: 1 })
    expect((await bob.enter()).status).toBe(403)
    expect((await ada.ask('GET', '/api/inventory')).status).toBe(403)
    expect((await ada.enter()).json()).toMatchObject({ location: '/' })
    expect((await ada.ask('GET', '/api/inventory')).status).toBe(200)
    const page = await ada.ask('GET', '/waiting-room')
    expect(page).toMatchObject({ status: 303, headers: { location: '/' } })
    await ada.leave()
    await bob.becomes('called')
    // What was an admission is none any more, though the browser still has its cookie.
    expect((await ada.ask('GET', '/api/inventory')).status).toBe(403)
    await bob.enter()
    expect(await behind.verdict()).toMatchObject({ kind: 'valid' })
  })

  test('keeps the place over a reload, a second tab and a repeated join', async () => {
    await using behind = await shopBehind({ limits: { activeMax: 0, perMinute: 0 } })
    const first = new Browser(behind.url)
    await new Browser(behind.url).join()
    const { place } = (await first.join()).json()
    await new Browser(behind.url).join()
    for (let times = 0; times < 3; times++) {
      expect((await first.join()).json()).toMatchObject({ place, is_new: false })
      expect((await first.ask('GET', '/waiting-room')).text).toContain('You are in line')
      expect((await first.place()).view).toEqual({ kind: 'waiting', number: 2 })
    }
  })

  test('of another browser cannot use a token, with a cookie of its own or without', async () => {
    await using behind = await shopBehind()
    const [ada, eve] = [new Browser(behind.url), new Browser(behind.url)]
    const token = String((await ada.join()).json().token)
    await ada.becomes('called')
    await eve.ask('GET', '/waiting-room/challenge')
    const stolen = { 'waiting-room-token': token }
    for (const thief of [eve, new Browser(behind.url)]) {
      for (const [method, path] of [
        ['GET', '/waiting-room/place'],
        ['GET', '/waiting-room/events'],
        ['POST', '/waiting-room/enter'],
        ['POST', '/waiting-room/leave'],
      ] as const)
        expect((await thief.ask(method, path, method === 'POST' ? {} : undefined, stolen)).status, path).toBe(
          403,
        )
    }
    await ada.enter()
    expect((await eve.ask('GET', '/api/inventory', undefined, stolen)).status).toBe(403)
    expect((await ada.ask('GET', '/api/inventory', undefined, stolen)).status).toBe(200)
    const forged = { 'waiting-room-token': `${'0'.repeat(32)}.${token.split('.')[1]}` }
    expect((await ada.ask('GET', '/api/inventory', undefined, forged)).status).toBe(403)
  })

  test('at an address has one place there, where that is the setting', FULL, async () => {
    await using behind = await shopBehind({ identity: 'address', limits: { activeMax: 0, perMinute: 0 } })
    const ada = new Browser(behind.url)
    expect((await ada.join()).status).toBe(200)
    expect((await ada.join()).json()).toMatchObject({ is_new: false })
    expect((await new Browser(behind.url).join()).status).toBe(403)
    if (process.platform === 'linux')
      expect((await new Browser(behind.url, '127.0.0.9').join()).status).toBe(200)
  })

  test('works for a place, where that is the setting', FULL, async () => {
    await using behind = await shopBehind({ workBits: 6 })
    const ada = new Browser(behind.url)
    expect((await ada.join()).status).toBe(401)
    const { challenge, bits } = (await ada.ask('GET', '/waiting-room/challenge')).json()
    // One of 64 nonces is enough work by chance, so that a wrong one is looked for, too.
    const nonceThat = (isEnough: boolean): string => {
      for (let nonce = 0; ; nonce += 1)
        if (hasZeros(String(challenge), String(nonce), Number(bits)) === isEnough) return String(nonce)
    }
    const work = { challenge, nonce: nonceThat(true) }
    expect((await new Browser(behind.url).join(work)).status).toBe(401)
    expect((await ada.join({ ...work, nonce: nonceThat(false) })).status).toBe(401)
    expect((await ada.join(work)).status).toBe(200)
  })

  test('without scripts joins, enters and leaves by forms; other sites send none', FULL, async () => {
    await using behind = await shopBehind()
    const ada = new Browser(behind.url)
    const form = new URLSearchParams()
    const foreign = { 'sec-fetch-site': 'cross-site' }
    for (const path of ['join', 'enter', 'leave'])
      expect((await ada.ask('POST', `/waiting-room/${path}`, form, foreign)).status).toBe(403)
    expect(await ada.ask('POST', '/waiting-room/join', form)).toMatchObject({
      status: 303,
      headers: { location: '/waiting-room' },
    })
    await ada.becomes('called')
    expect((await ada.ask('GET', '/waiting-room')).text).toContain('It is your turn')
    expect(await ada.ask('POST', '/waiting-room/enter', form)).toMatchObject({
      status: 303,
      headers: { location: '/' },
    })
    expect(await ada.ask('POST', '/waiting-room/leave', form)).toMatchObject({ status: 303 })
  })
})

describe('everybody', () => {
  test('is told by a stream: the number called, the call, and the end', async () => {
    let left: 'some' | 'gone' = 'some'
    const { room } = await roomInMemory({ limits: { activeMax: 1, perMinute: 0 } }, async () => left)
    await using undo = new AsyncDisposableStack()
    undo.use(room)
    const shop = undo.use(await shopInProcess(venue, { room }))
    const [ada, bob] = [new Browser(shop.url), new Browser(shop.url)]
    await ada.join()
    await bob.join()
    await ada.becomes('called')
    const stop = new AbortController()
    const cookie = [...bob.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const stream = await fetch(`${shop.url}/waiting-room/events`, {
      headers: { cookie },
      signal: stop.signal,
    })
    const reader = (stream.body ?? expect.fail('no stream')).pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const heard = async (expected: RegExp): Promise<void> => {
      while (!expected.test(text)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(`the stream ended: ${text}`)
        text += value
      }
    }
    await heard(/"calledNumber":1/)
    await heard(/event: place\ndata: \{"view":\{"kind":"waiting","number":2\}/)
    await ada.leave()
    await heard(/event: place\ndata: \{"view":\{"kind":"called","number":2/)
    left = 'gone'
    await heard(/"stock":"gone"/)
    stop.abort()
    expect((await bob.ask('GET', '/waiting-room')).text).toContain('Everything is sold')
    expect((await new Browser(shop.url).join()).status).toBe(409)
  })

  test('can check the lottery: its commitment before, its seed and all places after', async () => {
    await using behind = await shopBehind({
      rules: { ...RULES, order: 'lottery', opensInMs: 3_600_000 },
      limits: { activeMax: 0, perMinute: 0 },
    })
    const all = Array.from({ length: 5 }, () => new Browser(behind.url))
    for (const each of all) await each.join()
    const [ada = expect.fail('nobody')] = all
    expect((await ada.place()).view).toEqual({ kind: 'entrant' })
    expect((await ada.ask('GET', '/waiting-room')).text).toContain('You are in the draw')
    const before = (await ada.ask('GET', '/waiting-room/draw')).json()
    expect(before).toMatchObject({ order: 'lottery', commitment: commitmentOf(RULES.seed) })
    expect(JSON.stringify(before)).not.toContain(RULES.seed)
    expect((await ada.ask('GET', '/waiting-room/draw/places')).json()).toEqual({ places: [], next: null })
    await ada.ask('POST', '/waiting-room/admin/settings', { opened: true }, ADMIN)
    await ada.becomes('waiting')
    const after = (await ada.ask('GET', '/waiting-room/draw')).json()
    const { places } = (await ada.ask('GET', '/waiting-room/draw/places')).json() as {
      places: { place: string; number: number }[]
    }
    expect(places).toHaveLength(5)
    expect(drawFault(String(before.commitment), String(after.seed), places)).toBeUndefined()
  })
})

describe('the operator', () => {
  test('sees the queue and changes its limits, with the password', async () => {
    await using behind = await shopBehind({ limits: { activeMax: 0, perMinute: 0 } })
    const ada = new Browser(behind.url)
    await ada.join()
    for (const [method, path] of [
      ['GET', '/waiting-room/admin'],
      ['GET', '/waiting-room/admin/figures'],
      ['POST', '/waiting-room/admin/settings'],
    ] as const) {
      const body = method === 'POST' ? { activeMax: 3 } : undefined
      expect((await ada.ask(method, path, body)).status, path).toBe(401)
      expect((await ada.ask(method, path, body, ADMIN)).status, path).toBe(200)
    }
    await ada.becomes('called')
    const settings = '/waiting-room/admin/settings'
    expect(
      (await ada.ask('POST', settings, { activeMax: 1 }, { ...ADMIN, 'sec-fetch-site': 'cross-site' }))
        .status,
    ).toBe(403)
    for (const body of [{ activeMax: -1 }, { activeMax: 1.5 }, { door: 'ajar' }, { stock: 'gone' }, []])
      expect((await ada.ask('POST', settings, body, ADMIN)).status).toBe(400)
    expect((await ada.ask('POST', settings, { targetMs: 80, activeMax: 3 }, ADMIN)).json()).toMatchObject({
      targetMs: 80,
      activeMax: 3,
      activeMost: 3,
    })
    expect((await ada.ask('POST', settings, { targetMs: -1 }, ADMIN)).status).toBe(400)
    expect((await ada.ask('POST', settings, { door: 'closed' }, ADMIN)).json()).toMatchObject({
      door: 'closed',
      called: 1,
    })
    expect((await new Browser(behind.url).join()).json()).toMatchObject({ type: 'not-admitted' })
  })
})

test('a limit that is steered follows the latency of those inside', FULL, async () => {
  const { Latencies, startSteering } = await import('../../shop/waiting-room/latencies.ts')
  const store = memoryRoom(RULES, { ...LIMITS, activeMax: 100 }, Date.now)
  const latencies = new Latencies()
  for (let at = 0; at < 200; at++) latencies.see(900)
  await store.set({ targetMs: 100, activeMax: 200 })
  const { called, ...seen } = await store.figures()
  const figures = () => ({ ...seen, called, inside: 100 })
  await using _steering = startSteering({
    store,
    latencies,
    activeMin: 10,
    figures,
    warn: () => undefined,
  })
  await until(async () => (await store.figures()).activeMax === 50)
  expect(latencies.last).toEqual({ p99Ms: 900, count: 200 })
})
