/** Goal: what is missing is neither overlooked nor blamed on the wrong one. Method: the few shapes that it can have. */
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { orderOf as compareOrderOf } from '../../cli/compare/order.ts'
import { openFor } from '../../cli/engines.ts'
import { orderOf as exploreOrderOf } from '../../cli/explore/order.ts'
import { run as explore } from '../../cli/explore/run.ts'
import { orderOf as faultsOrderOf } from '../../cli/faults/order.ts'
import { run as faults } from '../../cli/faults/run.ts'
import { dispensable, printNotProven, refuseUnknownRequired } from '../../cli/not-proven.ts'
import { runStudy } from '../../cli/study/run.ts'
import { engineKinds } from '../../harness/engines/registry.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { contextWith } from './context.ts'

function told(all: Parameters<typeof printNotProven>[1]): string {
  let text = ''
  const sink = {
    write: (more: string) => {
      text += more
    },
    paint: (_tone: string, words: string) => words,
    isTerminal: false,
    columns: 80,
  }
  printNotProven(sink, all)
  return text
}

describe('what was not proven', () => {
  it('is told once for all that lack the same, with what fixes it', () => {
    const gone = { why: 'redis is gone', remedy: 'find it', code: 'engine-missing' }
    expect(
      told([
        { strategy: 'a', ...gone },
        { strategy: 'b', why: 'it threw', remedy: '' },
        { strategy: 'c', ...gone },
      ]),
    ).toBe(
      '\nNOT PROVEN: a, c\n  redis is gone [engine-missing]\n  To fix it: find it\n\nNOT PROVEN: b\n  it threw\n',
    )
  })

  it('is nothing to tell where everything was', () => {
    expect(told([])).toBe('')
  })
})

describe('an engine that is not there', () => {
  const missing = [{ name: 'postgres' }, { name: 'redis' }, { name: 'tigerbeetle' }] as const

  it('can be done without, unless it is PostgreSQL or somebody insists on it', () => {
    expect(dispensable(missing, {})).toEqual(['redis', 'tigerbeetle'])
    expect(dispensable(missing, { REQUIRE_ENGINES: 'redis' })).toEqual(['tigerbeetle'])
    expect(dispensable(missing, { REQUIRE_ENGINES: 'redis, tigerbeetle' })).toEqual([])
  })

  it('is required by a name that there is, whichever command is run', async () => {
    const context = contextWith({ REQUIRE_ENGINES: 'redis, mysql' })
    const refusal = new UsageError(
      'REQUIRE_ENGINES: no engine is called "mysql": there are postgres, redis, tigerbeetle',
    )
    const explored = { strategy: [], clients: '2', schedulesMax: '1' }
    await expect(exploreOrderOf(explored, context)).rejects.toThrow(refusal)
    await expect(compareOrderOf({ strategy: [], out: 'results' }, context)).rejects.toThrow(refusal)
    await expect(faultsOrderOf([], { strategies: [], out: 'results' }, context)).rejects.toThrow(refusal)
    expect(() => refuseUnknownRequired(contextWith({ REQUIRE_ENGINES: ' postgres,' }))).not.toThrow()
    expect(() => refuseUnknownRequired(contextWith())).not.toThrow()
  })

  it('is all that an exploration says which it left nothing to explore', async () => {
    const context = contextWith({ POSTGRES_URL: 'postgres://u@127.0.0.1:1/x' })
    const options = { strategies: 'postgres-naive', strategy: [], clients: '2', schedulesMax: '9' }
    await explore(options, new Command(), context)
    expect(context.out()).toBe('')
    expect(context.err()).toMatch(
      /^\nNOT PROVEN: postgres-naive\n {2}No server listens .*\n {2}To fix it: .*\n$/,
    )
    expect(context.exitCode()).toBe(4)
  })
})

describe('an address that cannot be used as it is written', () => {
  const REDIS = /^REDIS_URL does not begin with redis:/

  /** Opens what these need, on engines that cannot be opened. */
  async function opening(strategies: string, env: NodeJS.ProcessEnv) {
    const open = () => Promise.reject(new Error('it was opened'))
    const context = contextWith(
      env,
      engineKinds.map((kind) => ({ ...kind, open })),
    )
    const options = { strategy: [], strategies, clients: '2', schedulesMax: '1' }
    const { entries } = await exploreOrderOf(options, context)
    return await openFor(entries, { durability: 'durable' }, context)
  }

  it.for([
    ['redis-lua', { REDIS_URL: 'localhost:6379' }, REDIS],
    ['redis-lua', { REDIS_URL: 'http://localhost:6379' }, REDIS],
    ['redis-lua', { REDIS_URLS: 'redis://one:6379,two' }, /^REDIS_URLS does not begin with redis:/],
    ['redis-lua', { REDIS_URL: 'redis+sentinel://one:26379' }, /names Sentinels, and no master/],
    ['postgres-naive', { POSTGRES_URL: 'localhost:5432' }, /^POSTGRES_URL does not begin with postgres:/],
    ['tigerbeetle-pending-transfer', { TIGERBEETLE_ADDRESSES: 'here:3000' }, /takes IP addresses/],
  ] as const)('is told before any engine is opened for %s, with %j', async ([strategy, env, why]) => {
    await expect(opening(`postgres-nowait,${strategy}`, env)).rejects.toThrow(why)
  })

  it('is not read where nothing needs it', async () => {
    await expect(opening('postgres-nowait', { REDIS_URL: 'localhost:6379' })).rejects.toThrow('it was opened')
  })

  it('ends a run of faults and a study before they begin', async () => {
    const context = contextWith({ REDIS_URL: 'localhost:6379' })
    const out = 'results/never-made'
    const cells = { strategies: ['redis-lua'], out }
    await expect(faults(['connections-cut'], cells, new Command(), context)).rejects.toThrow(REDIS)
    await expect(runStudy(['one-seat'], { out }, context)).rejects.toThrow(REDIS)
    expect(context.err()).toBe('')
  })
})
