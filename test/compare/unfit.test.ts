/**
 * Goal: one Redis is enough for a run of everything: what needs several is left out and told, with what would help; who
 * asks for it by name is told that it was not proven.
 * Method: engines that say how many servers they have; then the command line with one REDIS_URL.
 */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { excused } from '../../cli/compare/exit.ts'
import type { Engine, StrategyNeeds } from '../../harness/engines/engine.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import { whyUnfit } from '../../harness/ground/fit.ts'
import { prepareGround } from '../../harness/ground/ground.ts'
import { registry } from '../../strategies/registry.ts'
import { holdfast } from '../cli/holdfast.ts'
import { redisCache, serverProgram } from '../engines/redis-harness.ts'
import { FULL } from '../size.ts'

const cache = redisCache()
afterAll(() => cache.remove())

const redlocks = registry.filter(({ name }) => name.startsWith('redlock'))
const WHY = { why: 'it needs 3 independent Redis servers, and REDIS_URL names 1 server', remedy: 'name 3' }
const ofOneServer = {
  refusal: ({ servers }: StrategyNeeds) => (servers > 1 ? WHY : undefined),
} as unknown as Engine
const engines = { redis: ofOneServer }
const plan = { strategies: registry, sections: [], seed: 1, warmupMs: 0, poolSize: 1, criticalSectionMs: 0 }
const opened = { engines, missing: [], lost: new AbortController().signal } as unknown as Parameters<
  typeof excused
>[2]

describe('with one Redis server', () => {
  it('only what needs several cannot be tried', () => {
    expect(registry.filter((entry) => whyUnfit(entry, engines) !== undefined)).toEqual(redlocks)
    expect(redlocks.length).toBe(2)
  })

  it('and nobody who asks for it, it is no failure; with somebody, it is', () => {
    const options = { strategy: [], out: 'results' }
    expect([...excused(options, plan, opened, {})]).toEqual(redlocks.map(({ name }) => name))
    expect(excused(options, plan, opened, { REQUIRE_ENGINES: 'redis' }).size).toBe(0)
    expect(excused({ ...options, strategies: 'redlock' }, plan, opened, {}).size).toBe(0)
  })

  it('a trial of it is refused before anything is made', async () => {
    const [redlock] = redlocks
    if (redlock === undefined) throw new Error('there is no Redlock')
    const postgres = {} as Engine
    await expect(prepareGround(redlock, { postgres, redis: ofOneServer }, 1)).rejects.toMatchObject({
      problem: 'too-small',
      message: expect.stringContaining('REDIS_URL names 1 server'),
      remedy: WHY.remedy,
    })
  })

  it.skipIf(serverProgram === undefined)(
    'a comparison of all ends as promised, and says what it left out',
    { ...FULL, timeout: 600_000 },
    async () => {
      const out = await mkdtemp(path.join(tmpdir(), 'holdfast-unfit-'))
      await using host = await openRedis({ nodes: 1, durability: 'everysec', env: cache.env })
      const env = {
        REDIS_URL: host.nodes[0].connectionString(),
        // Not there, and needed by nobody.
        TIGERBEETLE_ADDRESSES: '127.0.0.1:1',
      }
      // What it costs to write to disk is not asked, and beside other tests it would be most of the time.
      const settings = ['--durability', 'relaxed', '--concurrency', '8', '--duration', '200ms']
      const play = ['--workload', 'hot-seat', ...settings, '--out', out]
      const all = await holdfast(['compare', ...play], { env })
      expect(all.out).toContain('NOT PROVEN: redlock, redlock-guarded')
      expect(all.out).toMatch(/it needs 3 independent Redis servers, and REDIS_URL names 1 server/)
      expect(all.out).toContain('To fix it: name 3 or more in REDIS_URLS')
      expect(`${all.out}${all.err}`).not.toContain('HOLDFAST_DEBUG')
      expect(all.code).toBe(0)
      const named = await holdfast(['compare', ...play, '--strategies', 'redlock'], { env })
      expect(named.code).toBe(4)
      rmSync(out, { recursive: true })
    },
  )
})
