/**
 * Goal: a call ends with the step whose answer was its last, not with an earlier one. Method: a right
 * strategy of two Redis commands a call, in every schedule of two clients; and what was seen of each
 * schedule.
 */
import { expect, test } from 'vitest'
import { entryFor } from '../../harness/entries/entry.ts'
import { explore } from '../../harness/explore/explore.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import type { RedisConnections } from '../../strategies/registry.ts'
import { withEngines } from '../with-engines.ts'
import { create } from './fixtures/flag-then-script.ts'

const opened = await withEngines(['redis'])

const twoCommands = entryFor({
  name: 'flag-then-script',
  engines: ['redis'],
  promises: { clock: 'redis', contention: 'never' },
  create: (connections) => create(connections as RedisConnections),
})

test('a call of two Redis commands ends with the second of them', async ({ skip }) => {
  if (opened.lacks(['redis'])) skip('Redis is not there')
  const hold = scenarios.find(({ name }) => name === 'hold') ?? expect.fail('there is no hold')
  const found = await explore(twoCommands, opened.engines, hold, {
    clients: 2,
    schedulesMax: 100,
    prunes: 'nothing',
    onJudged: ({ run }) => {
      for (const client of [1, 2]) {
        const ends = run.events.filter((event) => event.client === client && event.kind === 'ends')
        expect(ends.map(({ step }) => step)).toEqual([run.steps.lastIndexOf(String(client)) + 1])
      }
    },
  })
  expect(found).toMatchObject({ outcome: 'proved', schedules: 6 })
})
