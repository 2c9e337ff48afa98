/**
 * Goal: what only holds within one process is caught. Method: a strategy that is guarded by a mutex in its own memory is
 * played by one process, where it is right, and by several.
 */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadOwnStrategy } from '../../harness/entries/own-strategy.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)
const settings = {
  workload: drain,
  concurrency: 32,
  durationMs: 1_000,
  warmupMs: 0,
  repeat: 1,
  seed,
  poolSize: 16,
  // As an application has that looks at a price in between.
  criticalSectionMs: 5,
}

const opened = await withEngines(['postgres'])
const entry = await loadOwnStrategy(fileURLToPath(new URL('./in-process-mutex.ts', import.meta.url)))

test(`a mutex of one process passes where one process plays, seed ${seed}`, FULL, async () => {
  const { trial } = await runTrial(entry, opened.engines, settings)
  expect(trial).toMatchObject({ verdict: 'valid', asPromised: true, violationsTotal: 0 })
})

test(`and is convicted of overselling where several do, seed ${seed}`, async () => {
  const { trial } = await runTrial(entry, opened.engines, { ...settings, processes: 4 })
  expect(trial.verdict).toBe('invalid')
  expect(trial.violations.map(({ kind }) => kind)).toContain('oversell')
  expect(trial.conviction).toBeDefined()
})
