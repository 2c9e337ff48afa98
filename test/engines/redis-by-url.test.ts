/**
 * Goal: on somebody's servers only what is ours is touched, and whatever is wrong with an address is one
 * clear sentence. Method: servers of our own play the foreign ones; sockets that speak something else, or
 * nothing, play the rest.
 * @module-tag full
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { inspectEngines } from '../../harness/engines/inspect.ts'
import { OwnershipLostError, thisOwner } from '../../harness/engines/ownership.ts'
import type { RedisEngine } from '../../harness/engines/redis/engine.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import { keepRunRecord } from '../../harness/engines/redis/run-record.ts'
import { exploreAll } from '../../harness/explore/explore-all.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import { registry } from '../../strategies/registry.ts'
import { until } from './harness.ts'
import { type RedisCache, redisCache, runFolders, serverProgram, startProgram } from './redis-harness.ts'

const SECRET = 'hunter2-and-more'
const cache: RedisCache = redisCache()

describe.skipIf(serverProgram === undefined)('servers at REDIS_URL or REDIS_URLS', () => {
  let host: RedisEngine
  let owner: Redis
  let env: NodeJS.ProcessEnv
  let allUrls: string

  beforeAll(async () => {
    host = await openRedis({ nodes: 3, durability: 'everysec', env: cache.env })
    env = { ...cache.env, REDIS_URL: host.nodes[0].connectionString() }
    allUrls = host.nodes.map((node) => node.connectionString()).join(',')
    owner = new Redis(host.nodes[0].connectionString())
    // Like ours in name, and like nothing of ours.
    await owner.mset(
      'theirs',
      '1',
      'holdfast:notes',
      '2',
      'holdfast:0123456789ab:1:seat',
      '3',
      'holdfast:runs:',
      '4',
    )
  })
  afterAll(async () => {
    owner.disconnect()
    await host[Symbol.asyncDispose]()
  })
  const theirs = ['holdfast:0123456789ab:1:seat', 'holdfast:notes', 'holdfast:runs:', 'theirs']

  async function keys(): Promise<string[]> {
    return (await owner.keys('*')).sort()
  }

  it('are used instead of servers of our own, and told as what they are', async () => {
    const foldersBefore = runFolders(cache).length
    await using engine = await openRedis({ nodes: 1, durability: 'everysec', env })
    expect(engine.source).toBe('REDIS_URL')
    expect(engine.nodes.map((node) => node.url)).toEqual([host.nodes[0].url])
    expect(engine.nodes[0].connectionString()).toBe(env.REDIS_URL)
    expect(engine.durability).toMatchObject({ label: 'everysec', storage: undefined })
    expect(runFolders(cache).length).toBe(foldersBefore)
    await expect(engine.nodes[0].stop()).rejects.toThrow('not started here')
    await expect(engine.nodes[0].pause()).rejects.toThrow('not started here')
  })

  it('say so when they are not as durable as was asked for', async () => {
    const lines: string[] = []
    await using engine = await openRedis({
      nodes: 1,
      durability: 'always',
      env,
      log: (line) => lines.push(line),
    })
    expect(engine.durability.label).toBe('everysec')
    expect(lines.join()).toContain('"always" was requested')
  })

  it('are taken in their order, as many as are needed', async () => {
    await using engine = await openRedis({
      nodes: 2,
      durability: 'everysec',
      env: { ...cache.env, REDIS_URLS: allUrls },
    })
    expect(engine.source).toBe('REDIS_URLS')
    expect(engine.nodes.map((node) => node.url)).toEqual(host.nodes.slice(0, 2).map((node) => node.url))
    await using space = await engine.openNamespace({ label: 'two' })
    expect(space.clients.length).toBe(2)
  })

  it('are left with what was theirs, and nothing else', async () => {
    const engine = await openRedis({ nodes: 1, durability: 'everysec', env })
    const space = await engine.openNamespace({ label: 'first' })
    const left = await engine.openNamespace({ label: 'not disposed of' })
    await space.clients[0].set('seat', 'x')
    await left.clients[0].set('seat', 'x')
    await space[Symbol.asyncDispose]()
    expect(await keys()).toEqual([...theirs, `${left.prefix}seat`, 'holdfast:owners'].sort())
    await engine[Symbol.asyncDispose]()
    expect(await keys()).toEqual(theirs)
  })

  it('lose the keys of a killed run, once it is certain that it is over, and nothing else', async () => {
    await using living = await openRedis({ nodes: 1, durability: 'everysec', env })
    await using space = await living.openNamespace({ label: 'living' })
    await space.clients[0].set('seat', 'x')
    const program = await startProgram(env, { nodes: 1 })
    program.signal('SIGKILL')
    await program.ended()
    // An inspection deletes nothing.
    await inspectEngines(env)
    expect(await keys()).toContain(`${program.prefix}kept`)
    await Promise.all([reopen(), reopen()])
    expect((await keys()).filter((key) => key.startsWith(program.prefix))).toEqual([])
    expect(await keys()).toEqual(expect.arrayContaining([...theirs, `${space.prefix}seat`]))
  })

  const reopen = async () =>
    await (await openRedis({ nodes: 1, durability: 'everysec', env }))[Symbol.asyncDispose]()

  it.for([
    ['was here a moment ago on this host, but is gone', {}, 1, true],
    ['is on another host, and was heard of nine minutes ago', { machine: 'other' }, 540, false],
    ['is on another host, and was heard of eleven minutes ago', { machine: 'other' }, 660, true],
    ['is on a host of the same name, which started at another time', { boot: 'other' }, 540, false],
  ] as const)('of a run whose owner %s', async ([, of, silentSeconds, isDeleted]) => {
    const runId = 'feedfeedfeed'
    const [seconds] = await owner.time()
    await owner.set(`holdfast:${runId}:1:seat`, 'x')
    await owner.hset(
      'holdfast:owners',
      runId,
      JSON.stringify({
        owner: JSON.stringify({ ...thisOwner(), started: 'never', ...of }),
        beat: String(Number(seconds) - silentSeconds),
      }),
    )
    await reopen()
    expect(await owner.exists(`holdfast:${runId}:1:seat`, 'holdfast:owners')).toBe(isDeleted ? 0 : 2)
    await owner.unlink(`holdfast:${runId}:1:seat`, 'holdfast:owners')
  })

  it('tell a run that has lost its record, and keep what another has taken over', async () => {
    const runId = 'beefbeefbeef'
    const record = await keepRunRecord([owner], runId, () => undefined, 10)
    await owner.set(`holdfast:${runId}:1:seat`, 'x')
    const other = JSON.stringify({ owner: JSON.stringify({ ...thisOwner(), pid: 1 }), beat: '1' })
    await owner.hset('holdfast:owners', runId, other)
    await until('it is told', () => record.lost.aborted)
    expect(record.lost.reason).toBeInstanceOf(OwnershipLostError)
    await record[Symbol.asyncDispose]()
    expect(await owner.get(`holdfast:${runId}:1:seat`)).toBe('x')
    await owner.unlink(`holdfast:${runId}:1:seat`, 'holdfast:owners')
  })

  it('that are full are said to be so, and nothing stays on them', async () => {
    await owner.config('SET', 'maxmemory', '1')
    try {
      const error = await refusal(env)
      expect(error.message).toMatch(/OOM|memory/i)
    } finally {
      await owner.config('SET', 'maxmemory', '0')
    }
    const engine = await openRedis({ nodes: 1, durability: 'everysec', env })
    const space = await engine.openNamespace({ label: 'fills up' })
    await space.clients[0].set('seat', 'x')
    await owner.config('SET', 'maxmemory', '1')
    await expect(space.clients[0].set('other', 'x')).rejects.toThrow(/OOM/)
    await engine[Symbol.asyncDispose]()
    await owner.config('SET', 'maxmemory', '0')
    expect(await keys()).toEqual(theirs)
  })

  it('are left clean by a program that is interrupted', async () => {
    const program = await startProgram(env, { nodes: 1 })
    program.signal('SIGTERM')
    expect(await program.ended()).toEqual({ exitCode: null, signal: 'SIGTERM' })
    await until('its keys are gone', async () => (await keys()).length === theirs.length)
  })

  it('are refused when they are fewer than are needed', async () => {
    const nodes = 5
    for (const [variable, value] of [
      ['REDIS_URL', env.REDIS_URL],
      ['REDIS_URLS', allUrls],
    ] as const) {
      const error = await refusal({ ...cache.env, [variable]: value }, nodes)
      expect(error.problem).toBe('too-small')
      expect(error.message).toContain(variable)
      expect(error.message).toContain('5')
    }
  })

  it('are refused when two of them are the same', async () => {
    const [first = ''] = allUrls.split(',')
    const error = await refusal(
      { ...cache.env, REDIS_URLS: `${first},${first.replace('127.0.0.1', 'localhost')}` },
      2,
    )
    expect(error).toMatchObject({ problem: 'misconfigured', message: expect.stringContaining('same server') })
  })

  it('are refused with a wrong password, or none', async () => {
    const { port } = new URL(host.nodes[0].url)
    for (const account of [`:${SECRET}@`, `somebody:${SECRET}@`, '']) {
      const error = await refusal({ ...cache.env, REDIS_URL: `redis://${account}127.0.0.1:${port}` })
      expect(error.problem).toBe('refused-access')
    }
  })

  it('are refused with a database that they do not have', async () => {
    const error = await refusal({ ...cache.env, REDIS_URL: `${env.REDIS_URL}/3` })
    expect(error).toMatchObject({
      problem: 'misconfigured',
      message: expect.stringContaining('out of range'),
    })
  })

  it.for([
    ['no commands but a few', ['+ping', '+info', '+select', '~*'], /NOPERM/],
    ['no keys of ours', ['+@all', '~other:*'], /NOPERM/],
  ] as const)(
    'are refused to a user who may use %s, with the rule that is missing',
    async ([, rules, why]) => {
      await owner.call('ACL', 'SETUSER', 'weak', 'reset', 'on', `>${SECRET}`, ...rules)
      const { port } = new URL(host.nodes[0].url)
      const error = await refusal({ ...cache.env, REDIS_URL: `redis://weak:${SECRET}@127.0.0.1:${port}` })
      expect(error).toMatchObject({ problem: 'refused-access', remedy: 'ACL SETUSER weak ~holdfast:* +@all' })
      expect(error.message).toMatch(why)
    },
  )

  it('do without CONFIG, and are then called as configured', async () => {
    await owner.call(
      'ACL',
      'SETUSER',
      'hosted',
      'reset',
      'on',
      `>${SECRET}`,
      '~holdfast:*',
      '+@all',
      '-config',
    )
    const { port } = new URL(host.nodes[0].url)
    await using engine = await openRedis({
      nodes: 1,
      durability: 'everysec',
      env: { ...cache.env, REDIS_URL: `redis://hosted:${SECRET}@127.0.0.1:${port}` },
    })
    expect(engine.durability).toMatchObject({ label: 'as configured', settings: {} })
    await using space = await engine.openNamespace({ label: 'hosted' })
    expect(await space.clients[0].set('seat', 'x')).toBe('OK')
    expect(engine.describe()).toContain('does not report its settings')
  })

  it('are explored for a user who may not load scripts', async () => {
    const rules = ['on', `>${SECRET}`, '~holdfast:*', '+@all', '-script']
    await owner.call('ACL', 'SETUSER', 'scriptless', 'reset', ...rules)
    const { port } = new URL(host.nodes[0].url)
    await using redis = await openRedis({
      nodes: 1,
      durability: 'everysec',
      env: { ...cache.env, REDIS_URL: `redis://scriptless:${SECRET}@127.0.0.1:${port}` },
    })
    await owner.script('FLUSH')
    const entry = registry.find(({ name }) => name === 'redis-lua') ?? expect.fail('there is no redis-lua')
    const [explored] = await exploreAll(
      [entry],
      scenarios.slice(0, 1),
      { redis },
      { clients: 2, schedulesMax: 1_000 },
    )
    expect(explored).toMatchObject({ outcome: 'proved', asPromised: true, reasons: [] })
  })

  it('are refused as replicas', async () => {
    const replica = new Redis(host.nodes[2]?.connectionString() ?? '')
    try {
      const { port } = new URL(host.nodes[0].url)
      await replica.replicaof('127.0.0.1', port)
      const error = await refusal({ ...cache.env, REDIS_URL: host.nodes[2]?.connectionString() })
      expect(error).toMatchObject({ problem: 'wrong-server', message: expect.stringContaining('replica') })
    } finally {
      await replica.call('REPLICAOF', 'NO', 'ONE')
      replica.disconnect()
    }
  })
})

async function refusal(env: NodeJS.ProcessEnv, nodes = 1): Promise<EngineError> {
  const error: unknown = await openRedis({ nodes, durability: 'everysec', env }).then(
    async (engine) => {
      await engine[Symbol.asyncDispose]()
      return undefined
    },
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof EngineError)) throw new Error(`no refusal, but: ${String(error)}`)
  // One sentence, one remedy, no secret, wherever it is printed.
  expect(error.message).toMatch(/^[^\n]+\.$/)
  expect(error.remedy).not.toBe('')
  expect(`${error.message} ${error.remedy} ${error.stack} ${JSON.stringify(error)}`).not.toContain(SECRET)
  expect(error.cause).toBeUndefined()
  return error
}

describe('an address that cannot be used', () => {
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) server.close()
    cache.remove()
  })
  async function listening(answer: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      answer(socket)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
  const at = (port: number, scheme = 'redis'): NodeJS.ProcessEnv => ({
    ...cache.env,
    REDIS_URL: `${scheme}://:${SECRET}@127.0.0.1:${port}`,
  })

  it.for([
    ['is no URL', `:${SECRET}@somewhere`, /does not begin with redis/],
    ['is of another kind', `http://:${SECRET}@127.0.0.1/`, /does not begin with redis/],
    ['is broken off', `redis://:${SECRET}@:70000000`, /well-formed/],
    ['names no host', `redis://`, /names no host|well-formed/],
    ['has a broken escape', `redis://:${SECRET}%zz@127.0.0.1`, /well-formed/],
    ['names a database that is no number', `redis://:${SECRET}@127.0.0.1/seats`, /number of a database/],
  ] as const)('because it %s is called misconfigured', async ([, address, why]) => {
    const error = await refusal({ ...cache.env, REDIS_URL: address })
    expect(error.problem).toBe('misconfigured')
    expect(error.message).toMatch(why)
  })

  it('because nobody listens there is called unreachable', async () => {
    const port = await listening(() => undefined)
    const server = servers.pop()
    server?.close()
    await once(server ?? createServer(), 'close')
    expect(await refusal(at(port))).toMatchObject({ problem: 'unreachable' })
  })

  it('because its host is unknown is called unreachable', async () => {
    const error = await refusal({ ...cache.env, REDIS_URL: `redis://:${SECRET}@no-such-host.invalid` })
    expect(error.problem).toBe('unreachable')
  })

  it.for([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['another protocol', '\x15\x03\x01\x00\x02\x02'],
    ['a greeting', '220 mail.example ESMTP\r\n'],
    ['an endless line', 'x'.repeat(10_000)],
  ] as const)('because what answers speaks %s is called the wrong server', async ([, said]) => {
    const port = await listening((socket) => socket.end(said))
    expect(await refusal(at(port))).toMatchObject({ problem: 'wrong-server' })
  })

  it('because what listens hangs up is called the wrong server', async () => {
    const port = await listening((socket) => socket.end())
    expect(await refusal(at(port))).toMatchObject({ problem: 'wrong-server' })
  })

  it('because what listens never answers is refused at its deadline', async () => {
    const port = await listening(() => undefined)
    expect(await refusal(at(port))).toMatchObject({ problem: 'wrong-server' })
  })

  it('because what answered PING then says nothing is refused at its deadline', async () => {
    const port = await listening((socket) => socket.once('data', () => socket.write('+PONG\r\n')))
    expect(await refusal(at(port))).toMatchObject({ problem: 'unreachable' })
  })

  it('because it speaks TLS to a server without is refused', async () => {
    const port = await listening((socket) =>
      socket.once('data', () => socket.end('-ERR unknown command\r\n')),
    )
    expect(await refusal(at(port, 'rediss'))).toMatchObject({
      problem: 'misconfigured',
      remedy: expect.stringContaining('redis:// instead of rediss://'),
    })
  })

  it.for([
    ['is too old', 'redis_version:5.0.7\r\nrole:master\r\n', /6\.2 or newer/],
    ['is a node of a cluster', 'redis_version:7.4.0\r\nredis_mode:cluster\r\nrole:master\r\n', /cluster/],
    ['is a Sentinel', 'redis_version:7.4.0\r\nredis_mode:sentinel\r\n', /Sentinel/],
    ['tells nothing of itself', '', /unknown version/],
  ] as const)('because the server %s is called the wrong server', async ([, info, why]) => {
    const port = await listening((socket) => {
      socket.on('data', (chunk: Buffer) => {
        for (const [, name = ''] of chunk.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
          const isInfo = name.toLowerCase() === 'info'
          const isPing = name.toLowerCase() === 'ping'
          socket.write(isInfo ? `$${info.length}\r\n${info}\r\n` : isPing ? '+PONG\r\n' : '+OK\r\n')
        }
      })
    })
    const error = await refusal(at(port))
    expect(error.problem).toBe('wrong-server')
    expect(error.message).toMatch(why)
  })

  it('makes the inspection call Redis not proven, with the reason and the remedy', async () => {
    const reports = await inspectEngines({ ...cache.env, REDIS_URL: 'nonsense' })
    expect(reports.find((report) => report.engine === 'redis')).toMatchObject({
      state: 'not proven',
      remedy: expect.stringContaining('REDIS_URL'),
    })
  })

  it.skipIf(serverProgram === undefined)(
    'is not needed: without one the inspection calls Redis ready',
    async () => {
      const reports = await inspectEngines(cache.env)
      expect(reports.find((report) => report.engine === 'redis')).toMatchObject({
        state: 'ready',
        source: 'REDIS_BIN',
        durability: 'always',
      })
    },
  )
})
