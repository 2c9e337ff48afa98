/**
 * Goal: what keeps a strategy's promise is in the engine, and not in the process that plays. Method: two operating-system
 * processes share the callers of one plan, and what they recorded, merged on one clock, is judged like any other history.
 */
import { describe, expect, test } from 'vitest'
import { runTrial } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import { registry } from '../../strategies/registry.ts'
import { FULL, sizeOf } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const PROCESSES = 2

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'])

describe(`played by ${PROCESSES} processes, seed ${seed}`, FULL, () => {
  for (const entry of registry) {
    test.skipIf(opened.cannotTest(entry))(`${entry.name}: as promised`, sizeOf(entry), async () => {
      const { trial, history } = await runTrial(entry, opened.engines, {
        workload: drain,
        processes: PROCESSES,
        concurrency: 16,
        durationMs: 500,
        warmupMs: 0,
        repeat: 1,
        seed,
        poolSize: 16,
        criticalSectionMs: 0,
      })
      const callers = new Set(
        [...history].flatMap((each) => (each.type === 'operation' ? [each.process % 2] : [])),
      )
      expect(callers.size).toBe(PROCESSES)
      expect(trial).toMatchObject({ asPromised: true, counts: { unknown: 0 } })
      expect(trial.counts.held).toBeGreaterThan(0)
      expect(trial.verdict).toBe(entry.promises.safe === 'never' ? 'invalid' : 'valid')
    })
  }
})
