/** Goal: the master that Sentinels name is used, and whatever is wrong is one sentence. Method: one Sentinel over a server of ours. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { freePort } from '../../harness/engines/local/server-process.ts'
import type { RedisEngine } from '../../harness/engines/redis/engine.ts'
import { redis } from '../../harness/engines/redis/index.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import { sentinelsIn } from '../../harness/engines/redis/sentinel.ts'
import { REDIS } from '../../harness/engines/redis/server-kind.ts'
import { FULL } from '../size.ts'
import { until } from './harness.ts'
import { redisCache, serverProgram } from './redis-harness.ts'

const cache = redisCache()
afterAll(() => cache.remove())

it('REDIS_URL names Sentinels and a master, or is refused', () => {
  expect(sentinelsIn({ REDIS_URL: 'redis://one' })).toBeUndefined()
  expect(sentinelsIn({ REDIS_URL: 'redis+sentinel://u:p%40@one,two:7/main' })).toEqual({
    scheme: 'redis',
    account: 'u:p%40@',
    hosts: ['one', 'two:7'],
    name: 'main',
  })
  expect(() => sentinelsIn({ REDIS_URL: 'redis+sentinel:///main' })).toThrow(/names no Sentinel/)
  expect(() => sentinelsIn({ REDIS_URL: 'redis+sentinel://one' })).toThrow(/and no master/)
  expect(() => sentinelsIn({ REDIS_URL: 'redis+sentinel://:secret#1@one/main' })).toThrow(/has a sign/)
})

describe.skipIf(serverProgram === undefined)('a Sentinel', FULL, () => {
  let host: RedisEngine
  let sentinel: ChildProcess
  let port: number
  let folder: string

  beforeAll(async () => {
    host = await openRedis({ nodes: 1, durability: 'none', env: cache.env })
    const master = new URL(host.nodes[0].connectionString())
    port = await freePort(REDIS)
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'holdfast-test-'))
    chmodSync(folder, 0o700)
    const file = join(folder, 'sentinel.conf')
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      `sentinel auth-pass main ${master.password}`,
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    sentinel = spawn(serverProgram ?? '', [file, '--sentinel'], { stdio: 'ignore' })
    const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 50 })
    client.on('error', () => undefined)
    await until('the Sentinel answers', () =>
      client.ping().then(
        () => true,
        () => false,
      ),
    )
    client.disconnect()
  }, 60_000)
  afterAll(async () => {
    const ended = once(sentinel, 'exit')
    sentinel.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
    await host[Symbol.asyncDispose]()
  })

  const open = (url: string) =>
    redis.open({
      durability: 'relaxed',
      env: { ...cache.env, REDIS_URL: url },
      sweeps: true,
      log: () => undefined,
    })
  const password = () => new URL(host.nodes[0].connectionString()).password

  it('names the master that is used, also where another one does not answer', async () => {
    await using engine = await open(`redis+sentinel://:${password()}@127.0.0.1:1,127.0.0.1:${port}/main`)
    expect(engine.source).toBe('REDIS_URL')
    expect(engine.describe()).toContain(host.nodes[0].url)
    expect(engine.describe()).not.toContain(password())
  })

  it.each([
    ['another name', () => `redis+sentinel://127.0.0.1:${port}/other`, /knows no master called "other"/],
    ['nobody', () => 'redis+sentinel://127.0.0.1:1/main', /No server listens at/],
    [
      'a wrong password',
      () => `redis+sentinel://:x@127.0.0.1:${port}/main`,
      /refuses this user and password/,
    ],
    [
      'a server',
      () => host.nodes[0].connectionString().replace(/redis:\/\/.*@(.*)$/, 'redis+sentinel://$1/main'),
      /./,
    ],
  ])('is refused with a sentence: %s', async (_, url, sentence) => {
    const refusal = await open(url()).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(EngineError)
    expect((refusal as Error).message).toMatch(sentence)
  })
})
