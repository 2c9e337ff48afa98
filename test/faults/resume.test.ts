/**
 * Goal: a run of faults goes on where it was ended, and loses nothing that was measured. Method: results of an earlier run made
 * by hand; nothing is left to be run, so that no engine is started.
 */
import { expect, test } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import { cellsMs } from '../../harness/faults/estimate.ts'
import { faultNamed } from '../../harness/faults/fault-named.ts'
import { jobsFor } from '../../harness/faults/jobs.ts'
import { cellsLeft, planOf } from '../../harness/faults/plan.ts'
import { runFaults } from '../../harness/faults/run.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import { registry } from '../../strategies/registry.ts'
import { resultsOf } from '../report/fixture.ts'
import { madeCell } from './made-cell.ts'

const strategy = 'redis-lua'
const planned = planOf(
  [faultNamed('connections-cut')],
  registry.filter(({ name }) => name === strategy),
  [1, 2],
  engineKinds,
)
const [first = expect.fail('nothing is planned'), second = expect.fail('one is planned')] = planned

function cellOf({ seed, prediction }: typeof first, more: Partial<FaultCell> = {}): FaultCell {
  return madeCell('safe', { fault: 'connections-cut', strategy, seed, predicted: prediction, ...more })
}

test('what is there is not run again, unless it is asked for or was predicted otherwise', () => {
  const there = [cellOf(first)]
  expect(cellsLeft(planned, there)).toEqual([second])
  expect(cellsLeft(planned, there, true)).toEqual(planned)
  const otherwise = cellOf(first, { predicted: { outcome: 'oversells', recovers: true } })
  expect(cellsLeft(planned, [otherwise])).toEqual(planned)
})

test('a run for the outcome alone is enough where no more is asked, and only there', () => {
  const alone = { ...first, isForOutcomeAlone: true }
  expect(cellsLeft([first], [cellOf(first, { isForOutcomeAlone: true })])).toEqual([first])
  expect(cellsLeft([alone], [cellOf(first, { isForOutcomeAlone: true })])).toEqual([])
  expect(cellsLeft([alone], [cellOf(first)])).toEqual([])
})

const other = madeCell('oversells', { fault: 'client-paused', strategy: 'redlock' })
const before = resultsOf({ faults: [other, cellOf(first), cellOf(second)] })

function ran(isAgain: boolean, signal: AbortSignal) {
  return runFaults({
    cells: planned,
    kinds: engineKinds,
    env: {},
    log() {},
    signal,
    command: 'a test',
    before,
    isAgain,
    keepHistory: async () => undefined,
    onCell: async () => expect.fail('nothing is left to be run'),
  })
}

test('keeps what an earlier run has, whether it is planned now or not', async () => {
  const results = await ran(false, new AbortController().signal)
  expect(results.faults).toEqual(before.faults)
  expect(results.engines.map(({ name }) => name)).toEqual(before.engines.map(({ name }) => name))
  expect(results.control).toEqual(before.control)
})

test('loses nothing of it when everything is run again, and that is ended early', async () => {
  const results = await ran(true, AbortSignal.abort())
  expect(results.faults).toEqual(before.faults)
  expect(results.interrupted).toBe(true)
})

test('how long it takes is known from how long it took', () => {
  const guessed = cellsMs([first], [])
  const slow = cellsMs([first], [cellOf(first, { elapsedMs: 60_000 })])
  expect(slow).toBeGreaterThan(guessed)
  expect(cellsMs(planned, [cellOf(first, { elapsedMs: 60_000 })]) - slow).toBe(60_000)
  expect(cellsMs([], [])).toBe(0)
})

test('a job has cells enough to be worth its start', () => {
  expect(jobsFor(1, 4)).toBe(1)
  expect(jobsFor(8, 4)).toBe(2)
  expect(jobsFor(1_000, 4)).toBe(4)
  expect(jobsFor(0, 4)).toBe(1)
})
