/**
 * Goal: no client takes what others need, and places are for work. Method: clients that go, that send or read drop by drop, that
 * do not wait for answers, that come too often or with too many connections; on a service over a strategy of this process.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { ServiceMetrics } from '../../harness/service/metrics.ts'
import type { ServiceSettings } from '../../harness/service/parts.ts'
import { resourcesOf, VENUES } from '../../harness/service/venue.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { withValidation } from '../../strategies/validation.ts'
import { inMemory } from '../workloads/in-memory.ts'
import { served } from './over-http.ts'
import { sendRaw } from './raw.ts'
import { until } from './serving.ts'

async function service(
  changed: Partial<ReservationStrategy> = {},
  settings: Partial<ServiceSettings> = {},
  venue = VENUES.small ?? { events: [] },
) {
  const strategy = withValidation({ ...inMemory(), ...changed })
  for (const event of venue.events) await strategy.createResources(resourcesOf(event))
  const metrics = new ServiceMetrics({
    readMeter: () => ({ poolWaitMs: { p50: 0, p95: 0, p99: 0 }, connectionSeconds: 0 }),
  })
  return { metrics, ...(await served(strategy, { settings, metrics, venue })) }
}

function holdOf(hold_id: string): Buffer {
  const body = JSON.stringify({ event_id: 'gig', lines: [{ id: 'A', quantity: 1 }], hold_id })
  return Buffer.from(
    `POST /reservations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}

/** Holds that end when they are let go. */
function gate() {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const inner = inMemory()
  let inside = 0
  let most = 0
  return {
    open,
    inside: () => inside,
    most: () => most,
    strategy: {
      ...inner,
      async hold(request) {
        inside += 1
        most = Math.max(most, inside)
        await opened
        inside -= 1
        return inner.hold(request)
      },
    } satisfies ReservationStrategy,
  }
}

function socketTo(url: string) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  return socket
}

test('a place is kept until the work ends, not until the client goes', async () => {
  const held = gate()
  await using it = await service(held.strategy, { inFlightMax: 2 })
  const gone = ['a', 'b'].map((id) => {
    const socket = socketTo(it.url)
    socket.write(holdOf(id))
    return socket
  })
  await until(() => held.inside() === 2)
  for (const socket of gone) socket.destroy()
  await until(async () => /status="0"\} 2/.test(await it.metrics.text()))
  expect(await sendRaw(it.url, holdOf('c'))).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  held.open()
  await until(() => held.inside() === 0)
  expect(await sendRaw(it.url, holdOf('d'))).toMatchObject({ status: 201 })
})

test('a body that does not arrive holds no place, and its connection is cut', async () => {
  await using it = await service({}, { inFlightMax: 1, requestMsMax: 300 })
  const half = holdOf('half').subarray(0, -5)
  const answers = Array.from({ length: 5 }, () => sendRaw(it.url, half))
  expect(await sendRaw(it.url, holdOf('whole'))).toMatchObject({ status: 201 })
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 408 })
})

test('requests that do not wait for answers have one place a connection', async () => {
  const held = gate()
  await using it = await service(held.strategy)
  const socket = socketTo(it.url)
  let got = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    got += text
  })
  socket.write(Buffer.concat(Array.from({ length: 20 }, (_, at) => holdOf(`p${at}`))))
  await until(() => held.inside() === 1)
  held.open()
  const answers = () => [...got.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)
  await until(() => answers().length === 20)
  expect(held.most()).toBe(1)
  // One was worked on and eight waited.
  expect(answers().filter((status) => status === '201')).toHaveLength(9)
  expect(answers().filter((status) => status === '503')).toHaveLength(11)
  socket.destroy()
})

test('a reader that never reads is cut off, and holds no place', async () => {
  await using it = await service({}, { inFlightMax: 1, writeMsMax: 300 }, VENUES.stadium)
  const socket = socketTo(it.url)
  const { promise: closed, resolve: isClosed } = Promise.withResolvers<void>()
  socket.once('close', () => isClosed())
  socket.pause()
  const map = 'GET /events/onsale/seats HTTP/1.1\r\nhost: localhost\r\n\r\n'
  // More than the system buffers for it, a few at a time.
  const more = setInterval(() => socket.write(map.repeat(4)), 20)
  await closed.finally(() => clearInterval(more))
  expect(await sendRaw(it.url, Buffer.from(map))).toMatchObject({ status: 200 })
})

test('one client has so many connections, and the next is told so', async () => {
  await using it = await service({}, { clientConnectionsMax: 3 })
  const idle = Array.from({ length: 3 }, () => socketTo(it.url))
  await Promise.all(idle.map((socket) => once(socket, 'connect')))
  const get = Buffer.from('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await until(async () => (await sendRaw(it.url, get))?.status === 503)
  for (const socket of idle) socket.destroy()
  await until(async () => (await sendRaw(it.url, get))?.status === 200)
})

test('one client asks so often; monitoring is answered', async () => {
  await using it = await service({}, { clientRequestsPerSecond: 5 })
  const asked = await Promise.all(Array.from({ length: 20 }, () => fetch(`${it.url}/events`)))
  const [refused] = asked.filter(({ status }) => status === 429)
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(refused?.headers.get('content-type')).toContain('application/problem+json')
  expect(await refused?.json()).toMatchObject({ type: 'too-many-requests', status: 429 })
  expect((await fetch(`${it.url}/healthz`)).status).toBe(200)
})

test('so many large reads go on at once, and others are told to come again', async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const inner = inMemory()
  let reads = 0
  const availability: ReservationStrategy['availability'] = async (ids) => {
    reads += 1
    await opened
    return inner.availability(ids)
  }
  await using it = await service({ ...inner, availability }, { bulkReadsMax: 2 })
  const maps = Array.from({ length: 2 }, () => fetch(`${it.url}/events/gig/seats`))
  await until(() => reads === 2)
  const third = await fetch(`${it.url}/events/gig/seats`)
  expect(third.status).toBe(503)
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
  open()
  for (const map of await Promise.all(maps)) expect(map.status).toBe(200)
})

test('what does not end is cut off when the time to drain is over', async () => {
  const held = gate()
  await using it = await service(held.strategy)
  const never = sendRaw(it.url, holdOf('never'))
  await until(() => held.inside() === 1)
  await it.close(100)
  expect(await never).toBeUndefined()
  held.open()
})

// A connection on which nothing moves is closed after 30 s anyway.
const UNUSED_MS_MAX = 15_000

test('a connection without a request does not keep the service from ending', {
  timeout: UNUSED_MS_MAX,
}, async () => {
  await using it = await service(inMemory())
  const { hostname, port } = new URL(it.url)
  const unused = connect(Number(port), hostname)
  await once(unused, 'connect')
  const closed = once(unused, 'close')
  await it.close(600_000)
  await closed
  expect(unused.destroyed).toBe(true)
})
