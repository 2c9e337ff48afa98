/**
 * Goal: the shards of a run are disjoint and together the run, and what cannot be one run is refused in one sentence. Method:
 * plans of any size cut into any number of parts; results made by hand, each wrong in one thing.
 */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type ComparisonPlan, rounds } from '../../harness/compare/plan.ts'
import type { NamedResults } from '../../harness/results/merge.ts'
import { mergedShards, withShardsMerged } from '../../harness/results/merge-shards.ts'
import { parseResults } from '../../harness/results/parse.ts'
import type { Results } from '../../harness/results/results.ts'
import { ResultsFileError } from '../../harness/results/results-file-error.ts'
import { resultsText } from '../../harness/results/write.ts'
import { registry } from '../../strategies/registry.ts'
import { resultsOf, trialOf } from '../report/fixture.ts'

const commit = 'abc'
const of = 2

function shard(index: number, more: Partial<Results> = {}): Results {
  const trial = trialOf({
    strategy: 'postgres-nowait',
    workload: 'hot-seat',
    concurrency: 8,
    repeat: index,
    goodputPerSecond: 100,
  })
  const command = `holdfast compare --seed 7 --shard ${index}/${of} --repeats 2 --out 'shard ${index}'`
  return { ...resultsOf({ trials: [trial] }), commit, seed: 7, command, shard: { index, of }, ...more }
}

const named = (...all: readonly Results[]) =>
  all.map((results, at) => ({ name: `${at + 1}.json`, results })) as [NamedResults, ...NamedResults[]]

test('the shards of a plan have each of its rounds once, with the seeds of the whole', () => {
  const numbers = fc.integer({ min: 1, max: 5 })
  fc.assert(
    fc.property(numbers, numbers, fc.integer({ min: 1, max: 9 }), (workloads, repeats, parts) => {
      const plan: ComparisonPlan = {
        strategies: registry.slice(0, 3),
        sections: [
          {
            workloads: Array.from({ length: workloads }, (_, at) => ({ name: `w${at}`, durationMs: 100 })),
            concurrency: [1, 8],
            repeats,
          },
        ],
        seed: 7,
        warmupMs: 0,
        poolSize: 1,
        criticalSectionMs: 0,
      }
      const told = (all: ReturnType<typeof rounds>) => all.map((round) => JSON.stringify(round)).toSorted()
      const shards = Array.from({ length: parts }, (_, at) => ({ index: at + 1, of: parts }))
      const together = shards.flatMap((each) => rounds({ ...plan, shard: each }))
      expect(told(together)).toEqual(told(rounds(plan)))
    }),
    { numRuns: 50 },
  )
})

describe('shards of one run', () => {
  it('are one, whatever order they are given in, and a valid results file', () => {
    const { results } = mergedShards(named(shard(2), shard(1)))
    expect(results.trials.map(({ repeat }) => repeat)).toEqual([1, 2])
    expect(results.command).toBe('holdfast compare --seed 7 --repeats 2')
    expect(results.shard).toBeUndefined()
    expect(parseResults(JSON.parse(resultsText(results)), 'whole')).toEqual(results)
  })

  it('stand beside runs that are none', () => {
    const other = { ...resultsOf(), commit }
    const runs = withShardsMerged(named(shard(1), other, shard(2)))
    expect(runs.map(({ name }) => name)).toEqual(['2.json', '1.json + 3.json'])
  })

  it('may be explored on different machines, where nothing was measured, with the control in each', () => {
    const explored = (index: number, strategy: string, cpu: string) =>
      shard(index, {
        trials: [],
        machine: { ...resultsOf().machine, cpu },
        explorations: [strategy, 'postgres-naive'].map((each) => ({
          strategy: each,
          scenario: 'hold',
          clients: 2,
          outcome: 'proved',
          schedules: 3,
          violating: 0,
        })),
      })
    const { results } = mergedShards(named(explored(1, 'a', 'one'), explored(2, 'b', 'other')))
    expect(results.explorations?.map(({ strategy }) => strategy)).toEqual(['a', 'postgres-naive', 'b'])
  })

  it('keep what one of them could not test: no other one has tried it', () => {
    const lacking = { strategy: 'postgres-nowait', why: 'it failed', remedy: '' }
    const { results } = mergedShards(named(shard(1, { notProven: [lacking] }), shard(2)))
    expect(results.notProven).toEqual([lacking])
  })
})

it('one shard alone stays a part', () => {
  const alone = named(shard(1))
  expect(withShardsMerged(alone)).toBe(alone)
})

const base = resultsOf()

test.for<readonly [string, readonly Results[], RegExp]>([
  [
    'one is missing',
    [shard(1, { shard: { index: 1, of: 3 } }), shard(2, { shard: { index: 3, of: 3 } })],
    /^of 3 shards 2\/3 is missing/,
  ],
  ['one is there twice', [shard(1), shard(2), shard(2)], /^2.json and 3.json are both shard 2\/2/],
  [
    'they are of runs with other numbers of shards',
    [shard(1), shard(2, { shard: { index: 2, of: 3 } })],
    /^1.json is one of 2 shards and 2.json one of 3/,
  ],
  [
    'they are of other commits',
    [shard(1), shard(2, { commit: 'def' })],
    /^1.json is of commit abc and 2.json of commit def/,
  ],
  [
    'they are of a checkout with changes',
    [shard(1, { commit: 'a-dirty' }), shard(2, { commit: 'a-dirty' })],
    /a checkout with changes/,
  ],
  ['they have other seeds', [shard(1), shard(2, { seed: 8 })], /^1.json has seed 7 and 2.json 8/],
  [
    'they have other settings',
    [shard(1), shard(2, { settings: { ...base.settings, poolSize: 99 } })],
    /other strategies or settings/,
  ],
  [
    'they compare others',
    [shard(1, { strategies: [] }), shard(2, { strategies: [{ name: 'a', summary: '', engines: [] }] })],
    /other strategies or settings/,
  ],
  [
    'they ran on other engines',
    [shard(1), shard(2, { engines: base.engines.map((each) => ({ ...each, version: 'other 1' })) })],
    /ran .* and 2.json other 1/,
  ],
  [
    'they ran on engines with other settings',
    [shard(1), shard(2, { engines: base.engines.map((each) => ({ ...each, settings: { fsync: 'off' } })) })],
    /with other settings/,
  ],
  [
    'their figures are of other machines',
    [shard(1), shard(2, { machine: { ...base.machine, cores: 99 } })],
    /cannot stand in one chart/,
  ],
  [
    'a control was not caught',
    [shard(1), shard(2, { control: { ...base.control, caught: false } })],
    /^the control of 2.json was not caught/,
  ],
])('shards are refused if %s', ([, all, says]) => {
  const [first, ...others] = named(...all)
  expect(() => mergedShards([first, ...others])).toThrow(ResultsFileError)
  expect(() => mergedShards([first, ...others])).toThrow(says)
})
