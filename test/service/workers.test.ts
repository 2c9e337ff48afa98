/**
 * Goal: a service of several workers outlives each of them, and ends as one. Method: the program as a user starts it; workers are
 * killed, all of them together with what they need, or told to end while requests are in flight.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FULL } from '../size.ts'
import { type Serving, serve, until } from './serving.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-workers-'))
afterAll(() => rm(folder, { recursive: true }))

const STRATEGY = ['--strategy', 'postgres-conditional-update', '--durability', 'relaxed']
const BREAKABLE = join(import.meta.dirname, 'fixtures/breakable.ts')
const serves = (it: Serving) => it.log().filter(({ msg }) => msg === 'a worker serves')

async function hold(url: string, hold_id: string): Promise<number> {
  const response = await fetch(`${url}/reservations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ event_id: 'gig', lines: [{ id: 'A', quantity: 1 }], hold_id }),
  })
  return response.status
}

test('a worker that dies is followed by another, and the log tells of both', FULL, async () => {
  await using it = await serve([...STRATEGY, '--workers', '2'])
  const [victim] = serves(it)
  process.kill(victim?.worker ?? expect.fail('no worker serves'), 'SIGKILL')
  await until(() => serves(it).length === 3)
  expect(it.log()).toContainEqual(
    expect.objectContaining({ msg: 'a worker ended', worker: victim?.worker, signal: 'SIGKILL' }),
  )
  expect(await hold(it.url, 'after')).toBe(201)
  const metrics = await (await fetch(`${it.url}/metrics`)).text()
  expect(metrics).toMatch(/^holdfast_workers 2$/m)
  expect(metrics).toMatch(/^holdfast_worker_restarts 1$/m)
})

test('a death while its owner answers it does not end the owner, whenever it comes', FULL, async () => {
  await using it = await serve([...STRATEGY, '--workers', '2', '--audit', '--venue', 'stadium'])
  for (let times = 0; times < 3; times++) {
    const before = serves(it).length
    // Each read takes long, and its answer finds the channel closed.
    const reads = Array.from({ length: 6 }, () =>
      // A connection that was on its way to the worker is nobody's.
      fetch(`${it.url}/audit`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined),
    )
    process.kill(serves(it).at(-1)?.worker ?? expect.fail('no worker serves'), 'SIGKILL')
    await Promise.all(reads)
    await until(() => serves(it).length > before)
  }
  expect(it.child.exitCode).toBe(null)
  expect((await fetch(`${it.url}/events`)).status).toBe(200)
})

test('where all are dead and none can be started, the service ends and says so', FULL, async () => {
  const marker = join(folder, 'broken')
  const args = ['--strategy', BREAKABLE, '--durability', 'relaxed', '--workers', '2']
  await using it = await serve(args, { BREAKS_WITH: marker })
  await writeFile(marker, '')
  for (const { worker } of serves(it)) process.kill(worker ?? expect.fail(), 'SIGKILL')
  expect(await it.ended).toBe(1)
  expect(it.err()).toContain('no worker of the service is left')
  expect(it.log().filter(({ msg }) => msg === 'a worker cannot serve').length).toBeGreaterThan(6)
})

/** One request on a connection that stays open. */
function asked(url: string, agent: Agent, hold_id: string): Promise<number> {
  const body = JSON.stringify({ event_id: 'gig', lines: [{ id: 'A', quantity: 1 }], hold_id })
  const { promise, resolve: tell, reject } = Promise.withResolvers<number>()
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const sent = request(`${url}/reservations`, { method: 'POST', agent, headers }, (answer) => {
    answer.resume().on('end', () => tell(answer.statusCode ?? 0))
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}

test('told to end, all workers close their doors first and drain together', FULL, async () => {
  const slow = ['--strategy', 'postgres-select-for-update', '--critical-section', '4s']
  const it = await serve([...slow, '--durability', 'relaxed', '--workers', '3', '--client-connections', '0'])
  try {
    const agent = new Agent({ keepAlive: true })
    // Row locks: the second waits for the first, so that together they take two critical sections.
    const inFlight = [asked(it.url, agent, 'one'), asked(it.url, agent, 'two')]
    const before = async () =>
      /holdfast_requests_in_flight 2$/m.test(await (await fetch(`${it.url}/metrics`)).text())
    await until(before)
    it.child.kill('SIGTERM')
    // One worker may be told before another: the door is closed once no new connection is taken at all.
    const isClosed = () =>
      fetch(`${it.url}/healthz`).then(
        () => false,
        ({ cause }) => cause?.code === 'ECONNREFUSED',
      )
    await until(isClosed)
    const late = await Promise.allSettled(
      Array.from({ length: 12 }, (_, at) => asked(it.url, new Agent(), `late-${at}`)),
    )
    for (const each of late) expect(each).not.toMatchObject({ status: 'fulfilled', value: 201 })
    expect(await Promise.all(inFlight)).toEqual([201, 201])
    expect(await it.ended).toBe(143)
    agent.destroy()
  } finally {
    await it[Symbol.asyncDispose]()
  }
})
