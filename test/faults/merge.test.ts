/**
 * Goal: shards are put together, and what cannot stand in one table is refused in one sentence. Method: results made by hand,
 * each wrong in one thing.
 */
import { expect, test } from 'vitest'
import { mergedFaultRuns, publishable } from '../../harness/faults/merge-runs.ts'
import type { FaultPrediction } from '../../harness/results/faults.ts'
import type { Results } from '../../harness/results/results.ts'
import { ResultsFileError } from '../../harness/results/results-file-error.ts'
import { resultsOf } from '../report/fixture.ts'
import { madeCell } from './made-cell.ts'

const SAFE: FaultPrediction = { outcome: 'safe', recovers: true }
const ORDER = { faults: ['a-fault', 'b-fault'], strategies: ['a-strategy', 'another'] }
const commit = 'abc'

function shard(cells: Results['faults'], more: Partial<Results> = {}): Results {
  return { ...resultsOf({ faults: cells ?? [] }), commit, ...more }
}

function merged(one: Results, other: Results) {
  const predictionOf = (fault: string, strategy: string) =>
    ORDER.faults.includes(fault) && ORDER.strategies.includes(strategy) ? SAFE : undefined
  return mergedFaultRuns(
    [
      { name: 'one.json', results: one },
      { name: 'other.json', results: other },
    ],
    predictionOf,
    ORDER,
  )
}

test('shards of one run are one table, in the order of the registries', () => {
  const one = shard([madeCell('safe', { fault: 'b-fault' }), madeCell('safe', { seed: 2 })])
  const other = shard([madeCell('safe', { strategy: 'another' }), madeCell('safe', { seed: 1 })])
  const { faults = [] } = merged(one, other)
  expect(faults.map(({ fault, strategy, seed }) => `${fault} ${strategy} ${seed}`)).toEqual([
    'a-fault a-strategy 1',
    'a-fault a-strategy 2',
    'a-fault another 1',
    'b-fault a-strategy 1',
  ])
})

const good = shard([madeCell('safe', { seed: 2 })])

test.for<readonly [string, Results, RegExp]>([
  [
    'another commit',
    shard([madeCell('safe')], { commit: 'def' }),
    /^one.json is of commit abc and other.json of commit def/,
  ],
  [
    'changes that nobody can compare',
    shard([madeCell('safe')], { commit: 'abc-dirty' }),
    /^one.json is of commit abc and/,
  ],
  ['no commit', (({ commit: _, ...rest }) => rest)(shard([madeCell('safe')])), /other.json of no commit/],
  [
    'another version of an engine',
    shard([madeCell('safe')], { engines: good.engines.map((each) => ({ ...each, version: 'another 1.0' })) }),
    /^one.json ran .* and other.json another 1.0/,
  ],
  [
    'a prediction that is another one now',
    shard([madeCell('safe', { predicted: { outcome: 'oversells', recovers: true } })]),
    /^other.json predicts oversells for a-fault on a-strategy, and this checkout safe/,
  ],
  [
    'a fault that there is not',
    shard([madeCell('safe', { fault: 'gone' })]),
    /^other.json has a cell of gone on a-strategy/,
  ],
  ['a cell that both have', good, /^one.json and other.json both have a-fault on a-strategy with seed 2/],
  ['no cells', shard([]), /^other.json has no cells of faults/],
  [
    'a control that was not caught',
    shard([madeCell('safe')], { control: { ...good.control, caught: false } }),
    /^the control of other.json was not caught/,
  ],
])('with %s they are refused', ([, other, says]) => {
  expect(() => merged(good, other)).toThrow(ResultsFileError)
  expect(() => merged(good, other)).toThrow(says)
})

test('two of a checkout with changes are refused, and one alone is not', () => {
  const dirty = (seed: number) => shard([madeCell('safe', { seed })], { commit: 'abc-dirty' })
  expect(() => merged(dirty(1), dirty(2))).toThrow(
    /^the shards are of commit abc-dirty, a checkout with changes/,
  )
  const alone = mergedFaultRuns([{ name: 'one.json', results: dirty(1) }], () => SAFE, ORDER)
  expect(alone.faults).toHaveLength(1)
})

const part = (index: number, of: number, seed: number) =>
  shard([madeCell('safe', { seed })], { shard: { index, of } })

test('all shards of a run are one table, which is no shard', () => {
  const whole = merged(part(2, 2, 1), part(1, 2, 2))
  expect(whole.faults).toHaveLength(2)
  expect(whole.shard).toBeUndefined()
})

test.for<readonly [string, Results, Results, RegExp]>([
  ['is missing', part(1, 3, 1), part(3, 3, 2), /^of 3 shards 2\/3 is missing/],
  ['is there twice', part(1, 2, 1), part(1, 2, 2), /^one.json and other.json are both shard 1\/2/],
  ['is of another run', part(1, 2, 1), part(2, 3, 2), /^one.json is one of 2 shards and other.json one of 3/],
  [
    'is missing, beside a run that is none',
    part(1, 2, 1),
    shard([madeCell('safe', { seed: 2 })]),
    /2\/2 is missing/,
  ],
])('a shard that %s is refused', ([, one, other, says]) => {
  expect(() => merged(one, other)).toThrow(ResultsFileError)
  expect(() => merged(one, other)).toThrow(says)
})

test('one shard is no table, but may take the place of cells in one', () => {
  const alone = (isPart: boolean) =>
    mergedFaultRuns([{ name: 'one.json', results: part(1, 2, 1) }], () => SAFE, { ...ORDER, isPart })
  expect(() => alone(false)).toThrow(/^of 2 shards 2\/2 is missing/)
  expect(alone(true).shard).toBeUndefined()
})

test('of the convictions of a cell the first is published', () => {
  const convicted = (seed: number) => madeCell('oversells', { seed, conviction: `O1 oversell ${seed}` })
  const { faults = [] } = publishable(shard([convicted(1), convicted(2)]))
  expect(faults.map(({ conviction }) => conviction)).toEqual(['O1 oversell 1', undefined])
})
