/**
 * Goal: a strategy that writes outside its trial's prefix is told so, and nothing of it is found by the next trial. Method: a
 * right strategy in memory that also writes a key whose name it builds in a script.
 */
import { expect, test } from 'vitest'
import { entryFor } from '../../harness/entries/entry.ts'
import { explore } from '../../harness/explore/explore.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import type { RedisConnections } from '../../strategies/registry.ts'
import { withEngines } from '../with-engines.ts'
import { inMemory } from '../workloads/in-memory.ts'

const opened = await withEngines(['redis'])
const isOwn =
  !opened.engines.redis?.source.startsWith('REDIS_URL') &&
  !opened.engines.redis?.source.startsWith('container')

const stray = entryFor({
  name: 'builds-its-keys',
  engines: ['redis'],
  promises: { clock: 'redis' },
  create(connections) {
    const [redis] = (connections as RedisConnections).redis
    const right = inMemory()
    return {
      ...right,
      async createResources(resources) {
        await redis.eval(`redis.call('SET', 'hall:' .. ARGV[1], '1')`, 0, resources[0]?.id ?? 'none')
        await right.createResources(resources)
      },
    }
  },
})

const said = {
  code: 'engine-strays',
  message: expect.stringMatching(/builds-its-keys.*outside the prefix.*"hall:/),
}

test('a trial of it ends with the name of the key, and the key is gone', async ({ skip }) => {
  if (opened.lacks(['redis']) || !isOwn) skip('there is no server of its own')
  const settings = { workload: drain, concurrency: 2, durationMs: 100, warmupMs: 0, repeat: 1, seed: 5 }
  const trial = runTrial(stray, opened.engines, { ...settings, poolSize: 2, criticalSectionMs: 0 })
  await expect(trial).rejects.toMatchObject(said)
  await using namespace = await opened.engines.redis?.openNamespace({ label: 'after' })
  expect(await namespace?.observer[0].keys('hall:*')).toEqual([])
})

test('so does an exploration', async ({ skip }) => {
  if (opened.lacks(['redis']) || !isOwn) skip('there is no server of its own')
  const [hold] = scenarios
  if (hold === undefined) return expect.fail('there is no scenario')
  const exploration = explore(stray, opened.engines, hold, { clients: 2, schedulesMax: 10 })
  await expect(exploration).rejects.toMatchObject(said)
})
