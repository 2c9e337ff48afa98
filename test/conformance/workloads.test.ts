/**
 * Goal: no workload makes a strategy break its promise, and the control is caught. Method: every strategy plays every
 * workload on the real engine, and the history and the store are judged. The same as `holdfast compare`, in small.
 */
import { describe, expect, test } from 'vitest'
import { runTrial } from '../../harness/trial/trial.ts'
import { workloads } from '../../harness/workloads/registry.ts'
import type { Workload } from '../../harness/workloads/workload.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL, isInSlice, SLICE } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'])

/** The control on all, and of each set of engines the first strategy on one. */
function isOfSlice(entry: StrategyEntry, { name }: Workload): boolean {
  return isInSlice(entry) && (entry.promises.safe === 'never' || name === 'sell-out')
}

describe.for([...workloads])(`$name, seed ${seed}`, (workload) => {
  // One that mostly waits for deadlines can wait beside others; the rest would be slowed into another workload.
  const concurrent = workload.name === 'churn' || workload.name === 'sweep'
  for (const entry of registry) {
    test(`${entry.name}: as promised`, {
      ...(isOfSlice(entry, workload) ? SLICE : FULL),
      concurrent,
      skip: opened.cannotTest(entry),
    }, async () => {
      const settings = { concurrency: 16, durationMs: 150, warmupMs: 0, repeat: 1, poolSize: 16 }
      const play = () =>
        runTrial(entry, opened.engines, { ...settings, workload, seed, criticalSectionMs: 0 })
      const first = await play()
      // A machine that stood still leaves a trial unknown: once more.
      const { trial } = first.trial.verdict === 'unknown' ? await play() : first
      const { verdict, verdictReasons, violations } = trial
      const judged = JSON.stringify({ verdict, verdictReasons, violations: violations.slice(0, 3) })
      expect(trial, judged).toMatchObject({ asPromised: true, counts: { unknown: 0 } })
      expect(trial.counts.held).toBeGreaterThan(0)
      if (entry.promises.safe !== 'never')
        expect(trial).toMatchObject({ verdict: 'valid', violationsTotal: 0 })
      if (entry.promises.safe === 'never' && workload.name === 'drain') {
        expect(trial).toMatchObject({ verdict: 'invalid', conviction: expect.stringContaining('oversell') })
      }
    })
  }
})
