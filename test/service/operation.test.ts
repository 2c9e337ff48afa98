/**
 * Goal: an operator sees what the service does, and a client that only has a hold's id does nothing where owners have secrets.
 * Method: a service over a strategy of this process, its log and its figures read back.
 */
import { expect, test } from 'vitest'
import { serviceLog } from '../../harness/service/log.ts'
import { ServiceMetrics, summedMetrics } from '../../harness/service/metrics.ts'
import { holdIdOf, SECRET_HEADER } from '../../harness/service/owner-secrets.ts'
import { Readiness } from '../../harness/service/readiness.ts'
import type { StoreReader } from '../../harness/service/store-reader.ts'
import { startSweeper } from '../../harness/service/sweeper.ts'
import { resourcesOf, VENUES } from '../../harness/service/venue.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { withValidation } from '../../strategies/validation.ts'
import { inMemory } from '../workloads/in-memory.ts'
import { served } from './over-http.ts'
import { until } from './serving.ts'

const NO_POOL = { readMeter: () => ({ poolWaitMs: { p50: 0, p95: 0, p99: 0 }, connectionSeconds: 0 }) }
const store: StoreReader = {
  sold: async () => ({ kind: 'not-read', reason: 'not here' }),
  status: async () => 'held',
}

async function service(
  changed: Partial<ReservationStrategy> = {},
  options: Parameters<typeof served>[1] = {},
) {
  const strategy = withValidation({ ...inMemory(), ...changed })
  for (const event of VENUES.small?.events ?? []) await strategy.createResources(resourcesOf(event))
  return served(strategy, { store, ...options })
}

function ask(url: string, method: string, path: string, body?: unknown, headers = {}): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

const order = { event_id: 'gig', lines: [{ id: 'A', quantity: 1 }] }
const secret = 's'.repeat(32)

test('where owners have secrets, an id alone confirms, reads and releases nothing', async () => {
  await using it = await service({}, { settings: { hasOwnerSecrets: true } })
  const own = { [SECRET_HEADER]: secret }
  const other = { [SECRET_HEADER]: 't'.repeat(32) }
  expect((await ask(it.url, 'POST', '/reservations', order)).status).toBe(401)
  expect((await ask(it.url, 'POST', '/reservations', order, { [SECRET_HEADER]: 'short' })).status).toBe(401)
  const chosen = { ...order, hold_id: 'of-somebody-else' }
  expect((await ask(it.url, 'POST', '/reservations', chosen, own)).status).toBe(403)
  for (let times = 0; times < 2; times++) {
    const held = await ask(it.url, 'POST', '/reservations', order, own)
    expect([held.status, await held.json()]).toEqual([
      201,
      expect.objectContaining({ hold_id: holdIdOf(secret) }),
    ])
  }
  const id = holdIdOf(secret)
  expect(id).not.toContain(secret)
  const booking = { hold_id: id, payment: { method: 'none' } }
  for (const [headers, status] of [
    [{}, 401],
    [other, 403],
  ] as const) {
    expect((await ask(it.url, 'POST', '/bookings', booking, headers)).status).toBe(status)
    expect((await ask(it.url, 'GET', `/bookings/${id}`, undefined, headers)).status).toBe(status)
    expect((await ask(it.url, 'GET', `/reservations/${id}`, undefined, headers)).status).toBe(status)
    expect((await ask(it.url, 'DELETE', `/reservations/${id}`, undefined, headers)).status).toBe(status)
  }
  expect((await ask(it.url, 'GET', `/reservations/${id}`, undefined, own)).status).toBe(200)
  expect((await ask(it.url, 'POST', '/bookings', booking, own)).status).toBe(201)
})

test('an operator’s maxima hold, of one line and of all together', async () => {
  await using it = await service({}, { settings: { ttlMsMax: 60_000, unitsMax: 4 } })
  const placed = async (body: object) =>
    (await ask(it.url, 'POST', '/reservations', { ...order, ...body })).status
  expect(await placed({ ttl: 61 })).toBe(400)
  expect(await placed({ lines: [{ id: 'A', quantity: 5 }] })).toBe(400)
  const lines = ['A', 'B'].map((id) => ({ id, quantity: 3 }))
  expect(await placed({ lines })).toBe(400)
  expect(await placed({ lines: [{ id: 'A', quantity: 4 }], ttl: 60 })).toBe(201)
  // The default is not above the maximum.
  expect(await placed({})).toBe(201)
})

test('the cause of what nobody knows is in the log, with the request’s id, and no hold’s id is', async () => {
  const lines: string[] = []
  const log = serviceLog('debug', { write: (line) => lines.push(line) })
  const fail = () => Promise.reject(new Error('the driver broke'))
  await using it = await service({ hold: fail, release: fail }, { log })
  const answer = await ask(it.url, 'POST', '/reservations', { ...order, hold_id: 'the-key-to-a-seat' })
  await ask(it.url, 'DELETE', '/reservations/the-key-to-a-seat')
  await until(() => lines.filter((line) => line.includes('"status":504')).length === 2)
  const told = lines.map((line) => JSON.parse(line))
  expect(told).toContainEqual(
    expect.objectContaining({
      reqId: answer.headers.get('x-request-id'),
      operation: 'hold',
      err: expect.objectContaining({ message: 'the driver broke' }),
    }),
  )
  expect(told).toContainEqual(expect.objectContaining({ route: '/reservations/:id', status: 504 }))
  expect(lines.join('')).not.toContain('the-key-to-a-seat')
})

test('figures have labels for status and route, tell of event loop and pool, and add up over processes', async () => {
  const metrics = new ServiceMetrics({
    readMeter: () => ({ ...NO_POOL.readMeter(), pool: { open: 4, inUse: 1, waiting: 2, broken: 0 } }),
  })
  await using it = await service({}, { metrics })
  await (await fetch(`${it.url}/events`)).text()
  await (await fetch(`${it.url}/reservations/one-of-many`)).text()
  await until(async () => /route="\/reservations\/:id"/.test(await metrics.text()))
  const text = await (await fetch(`${it.url}/metrics`)).text()
  expect(text).toContain('holdfast_http_requests_total{method="GET",route="/events",status="200"} 1')
  expect(text).toMatch(/holdfast_event_loop_delay_seconds\{quantile="0.99"\} [\d.e-]+/)
  expect(text).toContain('holdfast_pool_connections{state="waiting"} 2')
  expect(text).not.toContain('one-of-many')
  const summed = await summedMetrics([await metrics.snapshot(), await metrics.snapshot()])
  expect(summed).toContain('holdfast_http_requests_total{method="GET",route="/events",status="200"} 2')
  expect(summed).toContain('holdfast_pool_connections{state="waiting"} 4')
})

test('readiness is told within a second though the engine says nothing, and liveness all the while', async () => {
  let asked = 0
  const readiness = new Readiness(() => {
    asked += 1
    return new Promise(() => undefined)
  })
  await using it = await service({}, { readiness })
  const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(`${it.url}/readyz`)))
  for (const { status, headers } of answers) {
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
  }
  expect(asked).toBe(1)
  expect((await fetch(`${it.url}/healthz`)).status).toBe(200)
})

test('holds past their deadline are swept while serving, also after an engine was away', async () => {
  let steps = 0
  const metrics = new ServiceMetrics(NO_POOL)
  const expireDue = async () => {
    steps += 1
    if (steps === 2) throw new Error('the engine is away')
    return steps === 1 ? 100 : 1
  }
  const sweeper = startSweeper({
    strategy: { expireDue },
    metrics,
    log: serviceLog('silent', { write: () => undefined }),
    everyMs: 5,
  })
  await until(() => steps > 4)
  await sweeper[Symbol.asyncDispose]()
  const after = steps
  expect(await metrics.text()).toMatch(new RegExp(`holdfast_swept_holds_total ${100 + after - 2}`))
})
