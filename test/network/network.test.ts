/**
 * Goal: a proxy changes when bytes arrive, and nothing else; what it keeps is bounded; and nothing is left of a network that is
 * closed.
 * Method: servers and clients of the test, with real sockets. A wait ends with what it waits for, and nothing is said about how
 * soon: of times, only that an answer was not there too early.
 */
import { once } from 'node:events'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { until } from '../../harness/conformance/subject.ts'
import type { Conditions } from '../../harness/network/conditions.ts'
import { openNetwork } from '../../harness/network/network.ts'
import { FULL } from '../size.ts'
import { dial, echoed, listening } from './peers.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)

const network = await openNetwork({ latencyMs: 0 })
const echo = await listening()
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  await echo[Symbol.asyncDispose]()
})

const conditions: fc.Arbitrary<Conditions> = fc.record(
  {
    latencyMs: fc.constantFrom(0, 0.3, 1, 4),
    jitterMs: fc.constantFrom(0, 0.5, 5),
    seed: fc.nat(),
    bytesPerSecond: fc.integer({ min: 200_000, max: 50_000_000 }),
  },
  { requiredKeys: ['latencyMs'] },
)
/** Sizes of what is written at once. */
const writes = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 20 })

function randomBytes(length: number, from: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 7 + from * 31 + (at >> 8)) & 0xff))
}

describe(`whatever the conditions (seed ${seed})`, () => {
  const arrives = (runs: number) =>
    fc.assert(
      fc.asyncProperty(conditions, writes, writes, async (asked, there, back) => {
        const answer = Buffer.concat(back.map((size, at) => randomBytes(size, at)))
        await using server = await listening((socket) => {
          if (socket.bytesWritten > 0) return
          let at = 0
          for (const size of back) {
            socket.write(answer.subarray(at, at + size))
            at += size
          }
        })
        const proxy = await network.proxy(server.address)
        await proxy.set(asked)
        using client = await dial(proxy.address)
        const sent = there.map((size, at) => randomBytes(size, 1_000 + at))
        for (const bytes of sent) if (!client.socket.write(bytes)) await once(client.socket, 'drain')
        expect((await client.until(answer.length)).equals(answer)).toBe(true)
        // It has no more to say, and the server is told so after everything else.
        const ended = server.sockets[0] && once(server.sockets[0], 'end')
        client.socket.end()
        await ended
        expect(server.received(0).equals(Buffer.concat(sent))).toBe(true)
        expect(await client.over).toBe('in order')
      }),
      { numRuns: runs, seed },
    )

  test('all bytes arrive, unchanged and in order, and so does the end', () => arrives(12))
  test('and in many more cases', { ...FULL, timeout: 300_000 }, () => arrives(150))

  test('an answer is never there before its time', async () => {
    const proxy = await network.proxy(echo.address)
    await proxy.set({ latencyMs: 20, jitterMs: 5, seed })
    using client = await dial(proxy.address)
    for (let trip = 0; trip < 5; trip += 1) {
      const askedMs = performance.now()
      await echoed(client, 'ping')
      // The clocks of two threads differ by less than this.
      expect(performance.now() - askedMs).toBeGreaterThan(20 - 0.1)
    }
  })

  test('requests that are sent together are delayed together, not one after another', async () => {
    const proxy = await network.proxy(echo.address)
    await proxy.set({ latencyMs: 500 })
    using client = await dial(proxy.address)
    for (let request = 0; request < 100; request += 1) {
      client.socket.write('x')
      await new Promise(setImmediate)
    }
    // One after another they would take fifty seconds, and the test has thirty.
    await client.until(100)
  }, 30_000)

  test('a slow link takes the time that its bandwidth demands', async () => {
    const proxy = await network.proxy(echo.address)
    await proxy.set({ latencyMs: 0, bytesPerSecond: 100_000 })
    using client = await dial(proxy.address)
    const askedMs = performance.now()
    await echoed(client, 'x'.repeat(10_000))
    expect(performance.now() - askedMs).toBeGreaterThan(100 - 0.1)
  })

  test('conditions can be changed on the way, and the order of bytes is kept', async () => {
    const proxy = await network.proxy(echo.address)
    await proxy.set({ latencyMs: 100 })
    using client = await dial(proxy.address)
    client.socket.write('slow ')
    await until('the server to have it', async () => (await proxy.passed()).bytesToServer === 5)
    await proxy.set({ latencyMs: 0 })
    client.socket.write('fast')
    expect((await client.until(9)).toString()).toBe('slow fast')
  })

  test('the probe measures no less than what was asked', async () => {
    await using own = await openNetwork({ latencyMs: 7 })
    await until('three round trips', async () => (await own.roundTrips()).count >= 3)
    expect((await own.roundTrips()).medianMs).toBeGreaterThan(7 - 0.1)
    await own.set({ latencyMs: 0 })
    await until('three round trips', async () => (await own.roundTrips()).count >= 3)
  })
})

describe('what it keeps is bounded', () => {
  /** What may be under way in one direction, and one more piece. */
  const KEPT_MAX = 1024 * 1024 + 64 * 1024
  const SENT = 8 * 1024 * 1024

  test('and a sender waits for the rest, of which nothing is lost', async () => {
    await using server = await listening(() => undefined)
    const proxy = await network.proxy(server.address)
    using client = await dial(proxy.address)
    const stalled = await proxy.inflict({ kind: 'stall', toward: 'server' })
    const all = randomBytes(SENT, 1)
    client.socket.write(all)
    await until('the proxy to be full', async () => (await stalled.struck()).bytes >= 1024 * 1024)
    // It goes on serving others meanwhile, and takes no more of this one.
    const other = await network.proxy(echo.address)
    using neighbour = await dial(other.address)
    for (let trip = 0; trip < 50; trip += 1) await echoed(neighbour, 'ping')
    expect((await stalled.heal()).bytes).toBeLessThanOrEqual(KEPT_MAX)
    await until('all of it', () => server.received(0).length === SENT)
    expect(server.received(0).equals(all)).toBe(true)
  })
})

describe('nothing is left', () => {
  const resources = () =>
    process.getActiveResourcesInfo().filter((each) => /TCP|Pipe|MessagePort/.test(each)).length

  test('of a network that is closed in the middle of everything', async () => {
    await using server = await listening()
    const before = resources()
    const own = await openNetwork({ latencyMs: 200 })
    const proxy = await own.proxy(server.address)
    const clients = [await dial(proxy.address), await dial(proxy.address), await dial(proxy.address)]
    for (const { socket } of clients) socket.write('under way')
    await until('the server to have it', () => server.sockets.length === 3)
    await proxy.inflict({ kind: 'half-open', gone: 'server' })
    const orphan = await dial(proxy.address)
    await own[Symbol.asyncDispose]()
    // Every end of every connection is told, and the port is closed.
    await Promise.all([...clients, orphan].map(({ over }) => over))
    await until('the server to be told', () => server.sockets.every((socket) => socket.closed))
    expect(await (await dial(proxy.address)).over).toBe('ECONNREFUSED')
    await until('everything to be gone', () => resources() <= before)
    await expect(own.proxy(server.address)).rejects.toThrow('the network is closed')
    await expect(proxy.passed()).rejects.toThrow('the network is closed')
  })

  test('of one that is closed twice, or with an order under way', async () => {
    const own = await openNetwork({ latencyMs: 0 })
    const asked = own.proxy(echo.address)
    await Promise.all([own[Symbol.asyncDispose](), own[Symbol.asyncDispose]()])
    await asked.catch((error: Error) => expect(error.message).toContain('the network is closed'))
  })

  test('of a server that is not there: the client is told', async () => {
    const gone = await listening()
    await gone[Symbol.asyncDispose]()
    const proxy = await network.proxy(gone.address)
    using client = await dial(proxy.address)
    expect(await client.over).toBe('ECONNRESET')
    expect(await proxy.passed()).toMatchObject({ open: 0, unreachable: 1 })
  })
})
