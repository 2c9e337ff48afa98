/**
 * Goal: a run has Redis servers of its own, as durable as they say, which fail as a server fails, and nothing
 * of them outlives the run. Method: real servers in a cache of these tests' own; servers that are stopped,
 * killed and paused; programs that are ended in every way a program ends; then the process table and the
 * folder are looked at.
 * @module-tag full
 */
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { monotonicMs } from '../../harness/clock.ts'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { exists } from '../../harness/engines/local/process-identity.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import type { RedisDurability } from '../../harness/engines/redis/settings.ts'
import { isGone, killWatchdog, until } from './harness.ts'
import {
  type RedisCache,
  redisCache,
  runFolders,
  serverPids,
  serverProgram,
  startProgram,
} from './redis-harness.ts'

let cache: RedisCache
beforeAll(() => {
  cache = redisCache()
})
afterAll(() => {
  cache.remove()
})

async function configOf(client: Redis, name: string): Promise<unknown> {
  const answer: unknown = await client.config('GET', name)
  return Array.isArray(answer) ? answer[1] : undefined
}

describe.skipIf(serverProgram === undefined)('servers of this run', () => {
  it('are Redis or Valkey, tell what they are without a secret, and end with their engine', async () => {
    const engine = await openRedis({ nodes: 1, durability: 'everysec', env: cache.env })
    const [node] = engine.nodes
    expect(engine.version).toMatch(/^(Redis|Valkey) \d+\.\d+/)
    expect(engine.source).toBe('REDIS_BIN')
    expect(engine.settings.mem_allocator).toMatch(/^(libc|jemalloc)/)
    expect(engine.settings['maxmemory-policy']).toBe('noeviction')
    expect(engine.describe()).toContain('appendfsync=everysec')
    expect(engine.describe()).not.toContain('\n')
    const { password, hostname } = new URL(node.connectionString())
    expect(hostname).toBe('127.0.0.1')
    expect(password.length).toBeGreaterThan(20)
    expect(`${node.url} ${engine.describe()} ${JSON.stringify(engine)}`).not.toContain(password)

    const pids = serverPids(cache)
    expect(pids.map(exists)).toEqual([true])
    await engine[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
    expect(pids.map(exists)).toEqual([false])
    expect(runFolders(cache)).toEqual([])
  })

  it.for([
    ['none', { appendonly: 'no', save: '' }],
    ['everysec', { appendonly: 'yes', appendfsync: 'everysec', save: '' }],
    ['always', { appendonly: 'yes', appendfsync: 'always', save: '' }],
  ] as const)('are durable as asked (%s), by their own word', async ([durability, settings]) => {
    await using engine = await openRedis({ nodes: 1, durability, env: cache.env })
    expect(engine.durability).toMatchObject({ label: durability, settings })
    await using space = await engine.openNamespace({ label: 'durability' })
    for (const [name, value] of Object.entries(settings)) {
      expect([name, await configOf(space.observer[0], name)]).toEqual([name, value])
    }
  })

  it('are independent masters', async () => {
    await using engine = await openRedis({ nodes: 3, durability: 'none', env: cache.env })
    await using space = await engine.openNamespace({ label: 'three' })
    expect(new Set(engine.nodes.map((node) => node.url)).size).toBe(3)
    expect(space.clients.length).toBe(3)
    await space.clients[1]?.set('seat', 'taken')
    expect(await Promise.all(space.observer.map((each) => each.get(`${space.prefix}seat`)))).toEqual([
      null,
      'taken',
      null,
    ])
    const infos = await Promise.all(space.observer.map((each) => each.info()))
    expect(new Set(infos.map((info) => /run_id:(\w+)/.exec(info)?.[1])).size).toBe(3)
    for (const info of infos) expect(info).toContain('role:master')
  })

  it('do not meet those of another run at the same time', async () => {
    const engines = await Promise.all(
      [1, 2, 3].map(() => openRedis({ nodes: 2, durability: 'none', env: cache.env })),
    )
    expect(new Set(engines.flatMap((engine) => engine.nodes.map((node) => node.url))).size).toBe(6)
    const passwords = engines.map((engine) => new URL(engine.nodes[0].connectionString()).password)
    expect(new Set(passwords).size).toBe(3)
    await Promise.all(engines.map((engine) => engine[Symbol.asyncDispose]()))
    expect(runFolders(cache)).toEqual([])
  })

  it('let nobody in without the password', async () => {
    await using engine = await openRedis({ nodes: 1, durability: 'none', env: cache.env })
    await expect(
      openRedis({ nodes: 1, durability: 'none', env: { ...cache.env, REDIS_URL: engine.nodes[0].url } }),
    ).rejects.toMatchObject({ name: 'EngineError', problem: 'refused-access' })
  })

  it('are given up on request, and leave nothing', async () => {
    const abort = new AbortController()
    const opening = openRedis({ nodes: 2, durability: 'none', env: cache.env, signal: abort.signal })
    abort.abort()
    await expect(opening).rejects.toMatchObject({ name: 'EngineError', problem: 'aborted' })
    expect(runFolders(cache)).toEqual([])
  })

  it('are refused a number that makes no sense', async () => {
    for (const nodes of [0, 1.5, 100]) {
      await expect(openRedis({ nodes, durability: 'none', env: cache.env })).rejects.toThrow(RangeError)
    }
  })
})

describe.skipIf(serverProgram === undefined)('a namespace', () => {
  it('is a prefix that its clients put before every key by themselves, and is deleted', async () => {
    await using engine = await openRedis({ nodes: 2, durability: 'none', env: cache.env })
    const one = await engine.openNamespace({ label: 'one' })
    await using two = await engine.openNamespace({ label: 'two, with spaces\nand a line' })
    for (const space of [one, two]) await Promise.all(space.clients.map((each) => each.set('seat', 'x')))
    await one.clients[0].eval(`redis.call('set', KEYS[1], 'y')`, 1, 'scripted')
    // More than one step of a scan.
    await one.clients[0].mset(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`many:${n}`, '1'])))
    expect(await two.observer[0].get(`${one.prefix}scripted`)).toBe('y')
    await one[Symbol.asyncDispose]()
    await one[Symbol.asyncDispose]()
    expect(await two.observer[0].keys('*')).toEqual([`${two.prefix}seat`])
    expect(await two.observer[1]?.keys('*')).toEqual([`${two.prefix}seat`])
  })

  it('is deleted though its clients were closed by a strategy', async () => {
    await using engine = await openRedis({ nodes: 1, durability: 'none', env: cache.env })
    const space = await engine.openNamespace({ label: 'closed' })
    await space.clients[0].set('seat', 'x')
    await space.clients[0].quit()
    await space[Symbol.asyncDispose]()
    await using after = await engine.openNamespace({ label: 'after' })
    expect(await after.observer[0].dbsize()).toBe(0)
  })

  it('knows each node’s clock to within the fastest round trip', async () => {
    await using engine = await openRedis({ nodes: 2, durability: 'none', env: cache.env })
    await using space = await engine.openNamespace({ label: 'clock' })
    for (const node of [0, 1]) {
      const { offsetMs, errorMs } = await space.readClock(node)
      expect(errorMs).toBeGreaterThan(0)
      expect(errorMs).toBeLessThan(50)
      // Server and test read the same wall clock here; Date.now() is a whole number of milliseconds.
      expect(Math.abs(offsetMs + monotonicMs() - Date.now())).toBeLessThan(errorMs + 5)
    }
    await expect(space.readClock(2)).rejects.toThrow(RangeError)
  })
})

describe.skipIf(serverProgram === undefined)('a server that fails', () => {
  /** Long, so that a command which fails sooner did so for another reason. */
  const commandDeadlineMs = 120_000

  it.for(['SIGTERM', 'SIGKILL'] as const)(
    'by %s fails its commands without waiting, not those of others, and is used again once it is back',
    async (signal) => {
      await using engine = await openRedis({ nodes: 2, durability: 'everysec', env: cache.env })
      await using space = await engine.openNamespace({ label: 'stopped', commandDeadlineMs })
      const [client, other] = space.clients
      await client.set('seat', 'taken')
      await engine.nodes[0].stop(signal)
      await until('the client sees it', () => client.status !== 'ready')
      await expect(client.get('seat')).rejects.toThrow()
      expect(await other?.set('seat', 'taken')).toBe('OK')
      await engine.nodes[0].start()
      await until('the client is connected again', () => client.status === 'ready')
      expect(await client.get('seat')).toBe('taken')
    },
  )

  it('with a command under way fails that command at once and never sends it again', async () => {
    await using engine = await openRedis({ nodes: 1, durability: 'always', env: cache.env })
    await using space = await engine.openNamespace({ label: 'under way', commandDeadlineMs })
    const [client] = space.clients
    const [node] = engine.nodes
    await client.set('count', '0')
    // It stands still with the commands in its socket, and is killed with them: they never had an effect.
    await node.pause()
    const lost = [
      client.incr('count'),
      client.pipeline().incr('count').exec(),
      client.multi().incr('count').exec(),
    ]
    const outcomes = Promise.allSettled(lost)
    await node.stop('SIGKILL')
    const [single, pipeline, transaction] = await outcomes
    expect(single?.status).toBe('rejected')
    // A pipeline settles with an error for each of its commands.
    if (pipeline?.status === 'fulfilled') expect(pipeline.value).toEqual([[expect.any(Error)]])
    expect(transaction?.status).toBe('rejected')
    await node.start()
    await until('the client is connected again', () => client.status === 'ready')
    expect(await client.get('count')).toBe('0')
  })

  it('loses everything when it is not durable', async () => {
    await using engine = await openRedis({ nodes: 1, durability: 'none', env: cache.env })
    await using space = await engine.openNamespace({ label: 'loses' })
    const [client] = space.clients
    await client.set('seat', 'taken')
    await engine.nodes[0].stop()
    await engine.nodes[0].start()
    await until('the client is connected again', () => client.status === 'ready')
    expect(await client.get('seat')).toBeNull()
  })

  it('by standing still fails each command at its own deadline, and goes on where it stood', async () => {
    await using engine = await openRedis({ nodes: 1, durability: 'none', env: cache.env })
    await using space = await engine.openNamespace({ label: 'paused', commandDeadlineMs: 200 })
    const [client] = space.clients
    await client.set('seat', 'free')
    await engine.nodes[0].pause()
    await expect(client.set('seat', 'taken')).rejects.toThrow('Command timed out')
    // Its connection is cut after that, and a new one gets no answer either.
    await until('the connection is given up', () => client.status !== 'ready')
    await expect(client.get('seat')).rejects.toThrow()
    await engine.nodes[0].resume()
    await until('the client is connected again', () => client.status === 'ready')
    // The command that had "timed out" was in the socket: its effect comes late. That is why it is called
    // unknown.
    await until('it has its effect', async () => (await client.get('seat')) === 'taken')
  })

  it('may be stopped or paused when its engine ends', async () => {
    const engine = await openRedis({ nodes: 3, durability: 'everysec', env: cache.env })
    const space = await engine.openNamespace({ label: 'ends' })
    const pids = serverPids(cache)
    await engine.nodes[1]?.stop()
    await engine.nodes[2]?.pause()
    expect(space.clients.length).toBe(3)
    await engine[Symbol.asyncDispose]()
    expect(pids.map(exists)).toEqual([false, false, false])
    expect(runFolders(cache)).toEqual([])
    await expect(engine.nodes[1]?.start()).rejects.toThrow('closed')
  })

  it('may be stopped twice, started twice, and paused before it is stopped', async () => {
    await using engine = await openRedis({ nodes: 1, durability: 'always', env: cache.env })
    const [node] = engine.nodes
    await node.pause()
    await node.stop()
    await node.stop()
    await expect(node.pause()).rejects.toThrow('stopped')
    await Promise.all([node.start(), node.start()])
    expect(serverPids(cache).length).toBe(1)
    await using space = await engine.openNamespace({ label: 'again' })
    expect(await space.clients[0].ping()).toBe('PONG')
  })

  it('makes opening a namespace fail with a reason', async () => {
    await using engine = await openRedis({ nodes: 2, durability: 'none', env: cache.env })
    await engine.nodes[1]?.stop()
    await expect(engine.openNamespace({ label: 'late' })).rejects.toMatchObject({
      name: 'EngineError',
      problem: 'unreachable',
    })
  })
})

describe.skipIf(serverProgram === undefined)('a program that ends', () => {
  const deserted: number[] = []
  afterEach(() => {
    for (const pid of deserted.splice(0)) if (exists(pid)) process.kill(pid, 'SIGKILL')
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`by ${signal} leaves neither servers nor folder, and dies of that signal`, async () => {
      const program = await startProgram(cache.env)
      const pids = serverPids(cache)
      deserted.push(...pids)
      expect(pids.length).toBe(2)
      program.signal(signal)
      expect(await program.ended()).toEqual({ exitCode: null, signal })
      expect(pids.map(exists)).toEqual([false, false])
      expect(runFolders(cache)).toEqual([])
    })
  }

  for (const [how, ending, exitCode] of [
    ['by an uncaught error', 'throw', 1],
    ['by process.exit', 'exit', 3],
  ] as const) {
    it(`${how} leaves neither servers nor folder, and keeps its status`, async () => {
      const program = await startProgram(cache.env, { ending })
      expect(await program.ended()).toEqual({ exitCode, signal: null })
      expect(runFolders(cache)).toEqual([])
    })
  }

  it('by its own handling of SIGINT is left to do so', async () => {
    const program = await startProgram(cache.env, { ending: 'own-handler' })
    program.signal('SIGINT')
    expect(await program.ended()).toEqual({ exitCode: 7, signal: null })
    expect(runFolders(cache)).toEqual([])
  })

  it('by SIGINT leaves nothing of servers that stand still', async () => {
    const program = await startProgram(cache.env)
    const pids = serverPids(cache)
    deserted.push(...pids)
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    program.signal('SIGINT')
    expect(await program.ended()).toEqual({ exitCode: null, signal: 'SIGINT' })
    await Promise.all(pids.map(isGone))
    expect(runFolders(cache)).toEqual([])
  })

  it('by SIGKILL takes its servers along, those that stand still too', async () => {
    const program = await startProgram(cache.env)
    const pids = serverPids(cache)
    deserted.push(...pids)
    process.kill(pids[0] ?? 0, 'SIGSTOP')
    program.signal('SIGKILL')
    await program.ended()
    await Promise.all(pids.map(isGone))
    await until('the folder is removed', () => runFolders(cache).length === 0)
  })

  it('by SIGKILL, its watchdog too, leaves servers that the next run ends and clears', async () => {
    const program = await startProgram(cache.env)
    const [folder = ''] = runFolders(cache)
    const pids = serverPids(cache)
    deserted.push(...pids)
    const bystander = await startProgram(cache.env)
    const living = serverPids(cache).filter((pid) => !pids.includes(pid))
    killWatchdog(folder)
    program.signal('SIGKILL')
    await program.ended()
    expect(pids.map(exists)).toEqual([true, true])

    // Two at once sweep the same folder.
    const durability: RedisDurability = 'none'
    const engines = await Promise.all([1, 2].map(() => openRedis({ nodes: 1, durability, env: cache.env })))
    expect(pids.map(exists)).toEqual([false, false])
    expect(runFolders(cache)).not.toContain(folder)
    // The living are left alone.
    expect(living.map(exists)).toEqual([true, true])
    await Promise.all(engines.map((engine) => engine[Symbol.asyncDispose]()))
    bystander.signal('SIGTERM')
    await bystander.ended()
    expect(runFolders(cache)).toEqual([])
  })
})

describe('the server program', () => {
  const opening = (env: NodeJS.ProcessEnv) => openRedis({ nodes: 1, durability: 'none', env })

  it.skipIf(serverProgram === undefined)('is found on the PATH, a broken one passed over', async () => {
    const { REDIS_BIN: _, ...env } = cache.env
    const [broken, sound] = [join(cache.folder, 'broken'), join(cache.folder, 'sound')]
    for (const folder of [broken, sound]) mkdirSync(folder)
    writeFileSync(join(broken, 'redis-server'), '#!/bin/sh\necho "Redis server v=5.0.7 sha=0"\n', {
      mode: 0o755,
    })
    copyFileSync(serverProgram ?? '', join(sound, 'valkey-server'))
    const lines: string[] = []
    await using engine = await openRedis({
      nodes: 1,
      durability: 'none',
      env: { ...env, PATH: `${broken}:${sound}:/usr/bin:/bin`, HOLDFAST_OFFLINE: '1' },
      log: (line) => lines.push(line),
    })
    expect(engine.source).toBe('PATH')
    expect(lines.join()).toContain('version 5.0')
  })

  it.skipIf(serverProgram === undefined || process.geteuid?.() !== 0)(
    'runs though it lies where the account of the server cannot walk',
    async () => {
      const closed = join(cache.folder, 'closed')
      mkdirSync(closed)
      const path = join(closed, 'redis-server')
      copyFileSync(serverProgram ?? '', path)
      chmodSync(closed, 0o700)
      await using engine = await opening({ ...cache.env, REDIS_BIN: path })
      expect(engine.source).toBe('REDIS_BIN')
    },
  )

  it.for(['/nowhere/redis-server', '/bin/sh', '/etc'])('is refused when REDIS_BIN names %s', async (path) => {
    await expect(opening({ ...cache.env, REDIS_BIN: path })).rejects.toMatchObject({
      name: 'EngineError',
      problem: 'misconfigured',
      message: expect.stringContaining(path),
    })
  })

  it('is called missing, with the remedy, when it may not be fetched', async () => {
    const empty = redisCache()
    try {
      const { REDIS_BIN: _, ...env } = empty.env
      const refused = opening({ ...env, PATH: '/nowhere', HOLDFAST_OFFLINE: '1' })
      await expect(refused).rejects.toThrow(EngineError)
      await expect(refused).rejects.toMatchObject({
        problem: 'missing',
        remedy: expect.stringMatching(/install/),
      })
    } finally {
      empty.remove()
    }
  })
})
