/**
 * Goal: each fault does what it says, to those it says, and no more; it says what it struck; and after it is healed new connections
 * work, while a broken one is told that it is.
 * Method: an echo, and clients that were connected before the fault, during it and after it.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../harness/conformance/subject.ts'
import { hasStruck } from '../../harness/network/conditions.ts'
import { type NetworkProxy, openNetwork } from '../../harness/network/network.ts'
import { dial, echoed, listening, type TestServer } from './peers.ts'

const network = await openNetwork({ latencyMs: 0 })
afterAll(() => network[Symbol.asyncDispose]())

let echo: TestServer
let proxy: NetworkProxy

beforeEach(async () => {
  echo = await listening()
  proxy = await network.proxy(echo.address)
  return async () => {
    await echo[Symbol.asyncDispose]()
  }
})

async function connected() {
  const client = await dial(proxy.address)
  expect(await echoed(client, 'before')).toBe('before')
  return client
}

async function worksAgain(): Promise<void> {
  using client = await dial(proxy.address)
  expect(await echoed(client, 'after')).toBe('after')
}

describe('a cut', () => {
  test('resets both ends of every open connection, and of none that is opened later', async () => {
    using one = await connected()
    using other = await connected()
    const cut = await proxy.inflict({ kind: 'cut' })
    expect([await one.over, await other.over]).toEqual(['ECONNRESET', 'ECONNRESET'])
    await until('the server to be told', () => echo.sockets.every(({ closed }) => closed))
    expect(echo.sockets.map(({ errored }) => errored && 'code' in errored && errored.code)).toEqual([
      'ECONNRESET',
      'ECONNRESET',
    ])
    await worksAgain()
    expect(await cut.heal()).toEqual({ connections: 2, bytes: 0, messages: 0 })
  })

  test('without a connection has not struck', async () => {
    const cut = await proxy.inflict({ kind: 'cut' })
    expect(hasStruck(await cut.heal())).toBe(false)
  })
})

describe('a half-open connection', () => {
  test('whose server is gone goes on taking bytes, without an answer, until it is healed', async () => {
    using client = await connected()
    const fault = await proxy.inflict({ kind: 'half-open', gone: 'server' })
    await until('the server to be told', () => echo.sockets[0]?.closed === true)
    client.socket.write('into the void')
    // Others are not affected, and by now it would have been told.
    await worksAgain()
    expect(client.socket.closed).toBe(false)
    expect(client.received().toString()).toBe('before')
    expect(await fault.heal()).toMatchObject({ connections: 1 })
    expect(await client.over).toBe('ECONNRESET')
  })

  test('whose client is gone stays open at the server', async () => {
    using client = await connected()
    const fault = await proxy.inflict({ kind: 'half-open', gone: 'client' })
    expect(await client.over).toBe('ECONNRESET')
    await worksAgain()
    expect(echo.sockets[0]?.closed).toBe(false)
    await fault.heal()
    await until('the server to be told', () => echo.sockets[0]?.closed === true)
  })
})

describe('a black hole', () => {
  test.for([
    { toward: 'server', received: 'before' },
    { toward: 'client', received: 'beforelost' },
    { toward: 'both', received: 'before' },
  ] as const)(
    'toward $toward swallows bytes, and resets at its end what lost some',
    async ({ toward, received }) => {
      using client = await connected()
      using idle = await connected()
      const fault = await proxy.inflict({ kind: 'black-hole', toward })
      client.socket.write('lost')
      await until('it to strike', async () => (await fault.struck()).bytes === 4)
      expect(client.socket.closed).toBe(false)
      expect(client.received().toString()).toBe('before')
      expect(echo.received(0).toString()).toBe(received)
      expect(await fault.heal()).toEqual({ connections: 1, bytes: 4, messages: 0 })
      expect(await client.over).toBe('ECONNRESET')
      expect(await echoed(idle, 'idle')).toBe('idle')
      await worksAgain()
    },
  )

  test('swallows the end of a connection as well: the server keeps a session that nobody has', async () => {
    const client = await connected()
    const fault = await proxy.inflict({ kind: 'black-hole', toward: 'server' })
    client.socket.destroy()
    await until('it to strike', async () => (await fault.struck()).connections === 1)
    expect(echo.sockets[0]?.closed).toBe(false)
    await fault.heal()
    await until('the server to be told', () => echo.sockets[0]?.closed === true)
  })
})

test('a stall keeps bytes, and delivers all of them when it is healed', async () => {
  using client = await connected()
  const fault = await proxy.inflict({ kind: 'stall', toward: 'both' })
  using later = await dial(proxy.address)
  client.socket.write('kept')
  later.socket.write('too')
  await until('it to strike', async () => (await fault.struck()).bytes === 7)
  expect(echo.received(0).toString()).toBe('before')
  expect(await fault.heal()).toMatchObject({ connections: 2 })
  expect((await client.until(10)).toString()).toBe('beforekept')
  expect((await later.until(3)).toString()).toBe('too')
})

test('a request that is held back arrives when it is healed, and other connections go on', async () => {
  using client = await connected()
  using other = await connected()
  const fault = await proxy.inflict({ kind: 'hold-back', times: 1, containing: 'COMMIT' })
  expect(await echoed(client, 'BEGIN')).toBe('BEGIN')
  client.socket.write('COMMIT')
  await until('it to strike', async () => (await fault.struck()).messages === 1)
  // Once, as asked; and what follows on the same connection waits behind it.
  expect(await echoed(other, 'COMMIT')).toBe('COMMIT')
  client.socket.write('MORE')
  await until('it to strike again', async () => (await fault.struck()).bytes === 10)
  expect(client.received().toString()).toBe('beforeBEGIN')
  expect(await fault.heal()).toEqual({ connections: 1, bytes: 10, messages: 1 })
  expect((await client.until(21)).toString()).toBe('beforeBEGINCOMMITMORE')
})

describe('a lost answer', () => {
  test('comes after the request has arrived, and takes the connection with it', async () => {
    using client = await connected()
    using other = await connected()
    const fault = await proxy.inflict({ kind: 'lost-answer', times: 1, containing: 'COMMIT' })
    expect(await echoed(client, 'BEGIN')).toBe('BEGIN')
    client.socket.write('COMMIT')
    expect(await client.over).toBe('ECONNRESET')
    expect(client.received().toString()).toBe('beforeBEGIN')
    expect(echo.received(0).toString()).toBe('beforeBEGINCOMMIT')
    // Once, as asked.
    expect(await echoed(other, 'COMMIT')).toBe('COMMIT')
    expect(await fault.heal()).toEqual({ connections: 1, bytes: 6, messages: 1 })
  })

  test('is not lost any more once it is healed', async () => {
    using client = await connected()
    const fault = await proxy.inflict({ kind: 'lost-answer', times: 1 })
    expect(hasStruck(await fault.heal())).toBe(false)
    expect(await echoed(client, 'there')).toBe('there')
  })
})

test('a lost request does not arrive, and takes the connection with it', async () => {
  using client = await connected()
  const fault = await proxy.inflict({ kind: 'lost-request', times: 1, containing: 'COMMIT' })
  client.socket.write('COMMIT')
  expect(await client.over).toBe('ECONNRESET')
  await until('the server to be told', () => echo.sockets[0]?.closed === true)
  expect(echo.received(0).toString()).toBe('before')
  await worksAgain()
  expect(await fault.heal()).toEqual({ connections: 1, bytes: 6, messages: 1 })
})

test('refused connections are counted, and those that are open go on', async () => {
  using client = await connected()
  const fault = await proxy.inflict({ kind: 'refuse' })
  using refused = await dial(proxy.address)
  expect(await refused.over).toBe('ECONNRESET')
  expect(await echoed(client, 'still here')).toBe('still here')
  expect(await fault.heal()).toEqual({ connections: 1, bytes: 0, messages: 0 })
  await worksAgain()
})

test('a proxy leads new connections to another server, and leaves the open ones where they are', async () => {
  await using promoted = await listening((socket) => socket.write('new'))
  using client = await connected()
  await proxy.retarget(promoted.address)
  using later = await dial(proxy.address)
  later.socket.write('who')
  expect((await later.until(3)).toString()).toBe('new')
  expect(await echoed(client, 'old')).toBe('old')
})

test('several faults at once are each told what they struck, and healed by themselves', async () => {
  using client = await connected()
  const stall = await proxy.inflict({ kind: 'stall', toward: 'server' })
  const second = await proxy.inflict({ kind: 'stall', toward: 'both' })
  client.socket.write('kept')
  await until('both to strike', async () => (await second.struck()).bytes === 4)
  expect(await stall.heal()).toMatchObject({ bytes: 4 })
  expect(echo.received(0).toString()).toBe('before')
  await second.heal()
  expect((await client.until(10)).toString()).toBe('beforekept')
  await expect(second.heal()).rejects.toThrow('healed already')
})
