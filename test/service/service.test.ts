/**
 * Goal: what the service says over HTTP is what the strategy said, or that nobody knows; bad requests change nothing; too many
 * are turned away at once. Method: a strategy that lives in this process, behind a real service on a free port.
 */
import { describe, expect, test } from 'vitest'
import { resourcesOf, type Venue } from '../../harness/service/venue.ts'
import type { HoldOutcome, ReservationStrategy } from '../../strategies/strategy.ts'
import { withValidation } from '../../strategies/validation.ts'
import { inMemory } from '../workloads/in-memory.ts'
import { served } from './over-http.ts'

const venue: Venue = {
  events: [
    {
      id: 'gig',
      name: 'A gig',
      sections: [{ id: 'floor', rows: 2, seats_per_row: 3 }],
      classes: [{ id: 'A', capacity: 10 }],
    },
  ],
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  // What a test looks at is named in its expectation.
  readonly body: Record<string, unknown>
}

async function ask(url: string, method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
  const raw = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(raw !== undefined && { body: raw }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
}

/** A service over a strategy that has loaded the venue, and whatever of it is to be otherwise. */
async function service(
  changed: Partial<ReservationStrategy> = {},
  options: Parameters<typeof served>[1] = {},
) {
  const strategy = withValidation({ ...inMemory(), ...changed })
  for (const event of venue.events) await strategy.createResources(resourcesOf(event))
  const running = await served(strategy, { venue, ...options })
  return {
    strategy,
    ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
      ask(running.url, method, path, body, headers),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

const seats = (...seat_ids: string[]) => ({ event_id: 'gig', seat_ids })

describe('a reservation', () => {
  test('is held, booked once and for all, and its seats are sold out for others', async () => {
    await using it = await service()
    const held = await it.ask('POST', '/reservations', { ...seats('floor-1-1', 'floor-1-2'), hold_id: 'h' })
    expect(held).toMatchObject({ status: 201, body: { hold_id: 'h', event_id: 'gig', attempts: 1 } })
    expect(Date.parse(String(held.body.deadline))).toBeGreaterThan(Date.now())

    const refused = await it.ask('POST', '/reservations', seats('floor-1-3', 'floor-1-2'))
    expect(refused).toMatchObject({ status: 409, body: { type: 'sold-out', sold_out: ['floor-1-2'] } })
    expect(refused.headers.get('content-type')).toContain('application/problem+json')

    const pay = { hold_id: 'h', payment: { method: 'card' } }
    for (let times = 0; times < 2; times++) {
      expect(await it.ask('POST', '/bookings', pay)).toMatchObject({ status: 201, body: { booking_id: 'h' } })
    }
    expect(await it.ask('DELETE', '/reservations/h')).toMatchObject({
      status: 409,
      body: { type: 'already-confirmed' },
    })
  })

  test('that was released cannot be booked, and its seat can be had', async () => {
    await using it = await service()
    await it.ask('POST', '/reservations', { ...seats('floor-2-1'), hold_id: 'h' })
    expect((await it.ask('DELETE', '/reservations/h')).status).toBe(204)
    expect(await it.ask('POST', '/bookings', { hold_id: 'h', payment: { method: 'none' } })).toMatchObject({
      status: 410,
      body: { type: 'gone' },
    })
    expect((await it.ask('POST', '/reservations', seats('floor-2-1'))).status).toBe(201)
  })

  test('has one effect under one Idempotency-Key, and another payload under it is refused', async () => {
    await using it = await service()
    const key = { 'idempotency-key': 'k' }
    const request = { event_id: 'gig', lines: [{ id: 'A', quantity: 4 }] }
    const first = await it.ask('POST', '/reservations', request, key)
    expect(await it.ask('POST', '/reservations', request, key)).toMatchObject({
      status: 201,
      body: first.body,
    })
    const [left] = await it.strategy.availability([
      resourcesOf(venue.events[0] ?? expect.fail())[6]?.id ?? expect.fail(),
    ])
    expect(left?.available).toBe(6)
    const other = { event_id: 'gig', lines: [{ id: 'A', quantity: 5 }] }
    expect(await it.ask('POST', '/reservations', other, key)).toMatchObject({
      status: 422,
      body: { type: 'id-reused' },
    })
  })

  test('that nobody knows the outcome of is said to be unknown, never to be refused', async () => {
    await using it = await service({ hold: () => Promise.reject(new Error('secret of the driver')) })
    const answer = await it.ask('POST', '/reservations', { ...seats('floor-1-1'), hold_id: 'h' })
    expect(answer).toMatchObject({ status: 504, body: { type: 'unknown-outcome' } })
    expect(JSON.stringify(answer.body)).not.toContain('secret')
  })

  test('that was contended may be tried again, and says when', async () => {
    const contended: HoldOutcome = { kind: 'contended', reason: 'deadlock', attempts: 3 }
    await using it = await service({ hold: async () => contended })
    const answer = await it.ask('POST', '/reservations', seats('floor-1-1'))
    expect(answer).toMatchObject({
      status: 409,
      body: { type: 'contended', reason: 'deadlock', attempts: 3 },
    })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('a request that makes no sense', () => {
  const good = seats('floor-1-1')
  const wrong: readonly (readonly [method: string, path: string, body: unknown, status: number])[] = [
    ['POST', '/reservations', '{', 400],
    ['POST', '/reservations', '[]', 400],
    ['POST', '/reservations', 'null', 400],
    ['POST', '/reservations', { event_id: 'gig' }, 400],
    ['POST', '/reservations', { ...good, lines: [{ id: 'A', quantity: 1 }] }, 400],
    ['POST', '/reservations', seats('floor-1-1', 'floor-1-1'), 400],
    ['POST', '/reservations', seats(), 400],
    ['POST', '/reservations', seats(...Array.from({ length: 101 }, (_, at) => `s${at}`)), 400],
    ['POST', '/reservations', seats('floor-9-9'), 404],
    ['POST', '/reservations', { ...good, event_id: 'open' }, 404],
    ['POST', '/reservations', { ...good, seat_ids: 'floor-1-1' }, 400],
    ['POST', '/reservations', { ...good, seat_ids: [7] }, 400],
    ['POST', '/reservations', { event_id: 'gig', lines: [{ id: 'A', quantity: -1 }] }, 400],
    ['POST', '/reservations', { event_id: 'gig', lines: [{ id: 'A', quantity: 0 }] }, 400],
    ['POST', '/reservations', { event_id: 'gig', lines: [{ id: 'A', quantity: 1.5 }] }, 400],
    ['POST', '/reservations', { event_id: 'gig', lines: [{ id: 'A', quantity: '3' }] }, 400],
    ['POST', '/reservations', { event_id: 'gig', lines: [{ id: 'A', quantity: 1e12 }] }, 400],
    ['POST', '/reservations', { ...good, ttl: 0 }, 400],
    ['POST', '/reservations', { ...good, ttl: 1e9 }, 400],
    ['POST', '/reservations', { ...good, hold_id: '' }, 400],
    ['POST', '/reservations', { ...good, hold_id: 'x'.repeat(129) }, 400],
    ['POST', '/reservations', { ...good, hold_id: 'a\u0000b' }, 400],
    ['POST', '/reservations', { ...good, hold_ID: 'x' }, 400],
    ['POST', '/reservations', `{"event_id":"gig","seat_ids":["${'x'.repeat(100_000)}"]}`, 413],
    ['POST', '/bookings', { hold_id: 'h' }, 400],
    ['POST', '/bookings', { hold_id: 'h', payment: { method: 'gold' } }, 400],
    ['POST', '/availability', { event_id: 'gig', ids: ['floor-9-9'] }, 404],
    ['GET', '/events/nope', undefined, 404],
    ['GET', '/events/nope/seats', undefined, 404],
    ['GET', '/nowhere', undefined, 404],
    ['PATCH', '/events', {}, 405],
    ['GET', '/audit', undefined, 404],
    ['PUT', '/setup/resources', { resources: [] }, 404],
  ]

  test('is refused with a sentence, and changes nothing', async () => {
    await using it = await service()
    for (const [method, path, body, status] of wrong) {
      const answer = await it.ask(method, path, body)
      expect([method, path, body, answer.status]).toEqual([method, path, body, status])
      expect(answer.body.title).toMatch(/^.{10,}$/)
    }
    const { body } = await it.ask('GET', '/events/gig/seats')
    expect(body).toMatchObject({ sections: [{ seats: '......' }], classes: [{ available: 10 }] })
  })

  test('is refused when its body is no JSON by its own word', async () => {
    await using it = await service()
    const answer = await it.ask('POST', '/reservations', 'seats, please', { 'content-type': 'text/plain' })
    expect(answer).toMatchObject({ status: 415, body: { type: 'invalid-request' } })
  })
})

describe('the seat map', () => {
  test('shows what can be had, and nothing is read while the copy is young enough', async () => {
    let reads = 0
    const inner = inMemory()
    await using it = await service(
      {
        ...inner,
        availability(ids) {
          reads++
          return inner.availability(ids)
        },
      },
      { settings: { mapAgeMsMax: 60_000 } },
    )
    await it.ask('POST', '/reservations', seats('floor-1-2', 'floor-2-3'))
    const looks = await Promise.all(Array.from({ length: 20 }, () => it.ask('GET', '/events/gig/seats')))
    for (const { body } of looks) expect(body).toMatchObject({ sections: [{ seats: '.x...x' }] })
    expect(reads).toBe(1)
    await it.ask('POST', '/reservations', seats('floor-1-1'))
    const later = await it.ask('GET', '/events/gig/seats')
    expect(later.body).toMatchObject({ sections: [{ seats: '.x...x' }] })
    expect(Number(later.headers.get('x-age-ms'))).toBeGreaterThanOrEqual(0)
  })

  test('is not sent again to a client that has it, and is when a seat changed hands', async () => {
    await using it = await service()
    const first = await it.ask('GET', '/events/gig/seats')
    const etag = first.headers.get('etag') ?? expect.fail('there is no ETag')
    expect((await it.ask('GET', '/events/gig/seats', undefined, { 'if-none-match': etag })).status).toBe(304)
    await it.ask('POST', '/reservations', seats('floor-1-1'))
    const next = await it.ask('GET', '/events/gig/seats', undefined, { 'if-none-match': etag })
    expect(next).toMatchObject({ status: 200, body: { sections: [{ seats: 'x.....' }] } })
  })
})

describe('a crowd', () => {
  test('past the limit is turned away at once, while those inside are answered', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    const inner = inMemory()
    let inside = 0
    const { promise: full, resolve: isFull } = Promise.withResolvers<void>()
    await using it = await service(
      {
        ...inner,
        async hold(request) {
          if (++inside === 2) isFull()
          await opened
          return inner.hold(request)
        },
      },
      { settings: { inFlightMax: 2 } },
    )
    const two = ['floor-1-1', 'floor-1-2'].map((seat) => it.ask('POST', '/reservations', seats(seat)))
    await full
    const third = await it.ask('POST', '/reservations', seats('floor-1-3'))
    expect(third).toMatchObject({ status: 503, body: { type: 'overloaded' } })
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await it.ask('GET', '/healthz')).status).toBe(200)
    open()
    for (const answer of await Promise.all(two)) expect(answer.status).toBe(201)
    expect(inside).toBe(2)
  })

  test('that is inside when the service is closed is answered first', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    const { promise: inside, resolve: isInside } = Promise.withResolvers<void>()
    const inner = inMemory()
    const it = await service({
      ...inner,
      async hold(request) {
        isInside()
        await opened
        return inner.hold(request)
      },
    })
    const last = it.ask('POST', '/reservations', seats('floor-1-1'))
    await inside
    const closing = it[Symbol.asyncDispose]()
    open()
    expect((await last).status).toBe(201)
    await closing
    await expect(it.ask('GET', '/healthz')).rejects.toThrow()
  })
})

test('describes itself, offline: every route is in the OpenAPI document, and the page brings what it needs', async () => {
  await using it = await service()
  const { body } = await it.ask('GET', '/docs/json')
  expect(Object.keys(body.paths as object)).toEqual(
    expect.arrayContaining(['/events', '/events/{id}/seats', '/reservations', '/bookings', '/metrics']),
  )
})
