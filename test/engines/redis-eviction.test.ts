/**
 * Goal: what a Redis server drops by itself is never held against a strategy, and what it might drop is never
 * a pass. Method: a server of our own that is set up to evict, filled up by somebody else while a trial goes
 * on.
 * @module-tag full
 */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Verdict } from '../../harness/checker/verdict.ts'
import { runSuites } from '../../harness/conformance/conform.ts'
import { engineResults } from '../../harness/engines/open.ts'
import type { RedisEngine } from '../../harness/engines/redis/engine.ts'
import { evictionPolicyOf } from '../../harness/engines/redis/eviction.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import { explore } from '../../harness/explore/explore.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import { asKept } from '../../harness/trial/kept.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { churn } from '../../harness/workloads/churn.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { redisCache, serverProgram } from './redis-harness.ts'

const cache = redisCache()
const KIB_64 = 'x'.repeat(64 * 1024)
const ROOM_BYTES = 2 * 1024 * 1024

function redisLua(): StrategyEntry {
  const entry = registry.find(({ name }) => name === 'redis-lua')
  if (entry === undefined) throw new Error('there is no redis-lua')
  return entry
}

describe.skipIf(serverProgram === undefined)('a Redis server that may evict keys', () => {
  let host: RedisEngine
  let owner: Redis
  let env: NodeJS.ProcessEnv
  const entry = redisLua()

  beforeAll(async () => {
    host = await openRedis({ nodes: 1, durability: 'none', env: cache.env })
    env = { ...cache.env, REDIS_URL: host.nodes[0].connectionString() }
    owner = new Redis(host.nodes[0].connectionString())
  })
  afterAll(async () => {
    owner.disconnect()
    await host[Symbol.asyncDispose]()
    cache.remove()
  })

  async function tried(meanwhile: () => Promise<void> = async () => {}) {
    await using engine = await openRedis({ nodes: 1, durability: 'none', env })
    const [{ trial }] = await Promise.all([
      runTrial(
        entry,
        { redis: engine },
        {
          workload: churn,
          concurrency: 8,
          durationMs: 1_500,
          warmupMs: 0,
          repeat: 1,
          seed: 11,
          poolSize: 1,
          criticalSectionMs: 0,
        },
      ),
      meanwhile(),
    ])
    return { trial, caveats: engine.caveats, result: engineResults({ redis: engine })[0] }
  }

  it('and has room is no pass: it need not keep what it acknowledged', async () => {
    await owner.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const { trial, caveats, result } = await tried()
    expect(trial).toMatchObject({ verdict: 'unknown', asPromised: false })
    expect(trial.verdictReasons[0]).toMatch(
      /^the server evicts when it is full \(maxmemory-policy allkeys-lru/,
    )
    expect(caveats.join()).toContain('it evicts keys when it is full')
    expect(result?.caveats).toEqual(caveats)
  })

  it('and did is not proven, whatever came of it', async () => {
    await owner.config('SET', 'maxmemory-policy', 'allkeys-random')
    const { trial } = await tried(async () => {
      const used = Number(/used_memory:(\d+)/.exec(await owner.info('memory'))?.[1])
      await owner.config('SET', 'maxmemory', String(used + ROOM_BYTES))
      // Far more than there is room for: keys of the trial are among those that go.
      for (let at = 0; at < 200; at += 1) await owner.set(`theirs:${at}`, KIB_64).catch(() => undefined)
    }).finally(() => owner.config('SET', 'maxmemory', '1gb'))
    expect(trial.verdict).toBe('unknown')
    expect(trial.verdictReasons[0]).toMatch(/^the server evicts: it dropped [1-9]\d* keys during the trial/)
    expect(trial).not.toHaveProperty('conviction')
  })

  it('and has room proves nothing in an exploration or by the contract’s properties, either', async () => {
    await owner.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await using engine = await openRedis({ nodes: 1, durability: 'none', env })
    const hold = scenarios.find(({ name }) => name === 'hold')
    if (hold === undefined) throw new Error('there is no scenario called hold')
    const explored = await explore(entry, { redis: engine }, hold, { clients: 2, schedulesMax: 1_000 })
    expect(explored).toMatchObject({ outcome: 'unknown', violating: 0, asPromised: false })
    expect(explored.reasons[0]).toMatch(/^the server evicts when it is full/)
    const conformed = await runSuites(entry, { engines: { redis: engine } })
    expect(conformed.verdict).toBe('not-proven')
    expect(conformed.cases.filter(({ kind }) => kind === 'failed')).toEqual([])
    expect(conformed.notChecked[0]).toMatch(/^Nothing is proved: the server evicts when it is full/)
  })

  it('but is told not to is a server like any other', async () => {
    await owner.config('SET', 'maxmemory-policy', 'noeviction')
    const { trial, caveats } = await tried()
    expect(trial).toMatchObject({ verdict: 'valid', verdictReasons: [] })
    expect(caveats).toEqual([])
  })
})

const KEEPS = { maxmemory: '0' }
it.for([
  ['a policy without a limit', { ...KEEPS, maxmemory_policy: 'allkeys-lru' }, false],
  ['a limit without a policy', { maxmemory: '1000', maxmemory_policy: 'noeviction' }, false],
  ['a limit, and keys that expire', { maxmemory: '1000', maxmemory_policy: 'volatile-ttl' }, true],
  ['a limit, and any key', { maxmemory: '1000', 'maxmemory-policy': 'allkeys-lfu' }, true],
  ['nothing that it tells', {}, false],
] as const)('%s: whether it evicts', ([, facts, evicts]) => {
  expect(evictionPolicyOf(facts) !== undefined).toBe(evicts)
})

it('a conviction stands where nothing was dropped, and falls where something was', () => {
  const verdict = (of: Verdict['verdict']) =>
    ({ verdict: of, reasons: [], violations: [] }) as unknown as Verdict
  const mayLose = { kind: 'may-lose', why: 'the server evicts when it is full' } as const
  const lost = { kind: 'lost', why: 'the server evicts: it dropped 1 keys' } as const
  expect(asKept(verdict('invalid'), [mayLose]).verdict).toBe('invalid')
  expect(asKept(verdict('valid'), [mayLose]).verdict).toBe('unknown')
  expect(asKept(verdict('invalid'), [lost])).toMatchObject({ verdict: 'unknown', reasons: [lost.why] })
  expect(asKept(verdict('valid'), [{ kind: 'kept' }]).verdict).toBe('valid')
})
