/**
 * Goal: what is broken is caught. Method: strategies that are broken on purpose, each as somebody once broke it, played on
 * the real engine and judged like any other. Those that a history cannot convict are caught by a conformance case.
 */
import { describe, expect, test } from 'vitest'
import { groundFor, runCase } from '../../harness/conformance/run.ts'
import { ttl } from '../../harness/conformance/ttl.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { workloads } from '../../harness/workloads/registry.ts'
import type { Ledger } from '../../strategies/ledgers/ledger.ts'
import { counterRows, unitRows } from '../../strategies/ledgers/registry.ts'
import { on, type StrategyModule } from '../../strategies/registry.ts'
import { withEngines } from '../with-engines.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)

interface Mutant {
  readonly file: string
  load(): Promise<StrategyModule<'postgres'>>
  /** Counter rows by default. */
  readonly ledger?: Ledger
  readonly workload: string
  /** What at least one violation must mean. */
  readonly kind: 'oversell' | 'undersell' | 'broken-promise'
}

// biome-ignore format: a table
const convictedByHistory: readonly Mutant[] = [
  { file: 'postgres-naive (read, then write)', load: () => import('../../strategies/postgres-naive.ts'), workload: 'drain', kind: 'oversell' },
  { file: 'optimistic-without-version', load: () => import('./optimistic-without-version.ts'), workload: 'drain', kind: 'oversell' },
  { file: 'autocommit-per-line', load: () => import('./autocommit-per-line.ts'), workload: 'multi-seat', kind: 'undersell' },
  { file: 'advisory-lock-of-the-session', load: () => import('./advisory-lock-of-the-session.ts'), workload: 'drain', kind: 'oversell' },
  { file: 'advisory-lock-at-repeatable-read', load: () => import('./advisory-lock-at-repeatable-read.ts'), workload: 'drain', kind: 'oversell' },
  { file: 'commit-retried-without-id', load: () => import('./commit-retried-without-id.ts'), workload: 'drain', kind: 'broken-promise' },
  { file: 'pick-without-guard', load: () => import('./pick-without-guard.ts'), ledger: unitRows, workload: 'drain', kind: 'oversell' },
]

const opened = await withEngines(['postgres'])

describe(`strategy mutants, seed ${seed}`, () => {
  test.for(convictedByHistory)(
    '$file is convicted on $workload: $kind',
    async ({ file, load, ledger = counterRows, workload: name, kind }) => {
      const workload = workloads.find((each) => each.name === name)
      if (workload === undefined) throw new Error(`no workload is called ${name}`)
      const { trial } = await runTrial(on(['postgres'], ledger, file, 'a mutant', load), opened.engines, {
        workload,
        concurrency: 32,
        durationMs: 1_000,
        warmupMs: 0,
        repeat: 1,
        seed,
        poolSize: 16,
        criticalSectionMs: 1,
      })
      expect(trial.verdict).toBe('invalid')
      expect(trial.asPromised).toBe(false)
      expect(trial.violations.map((violation) => violation.kind)).toContain(kind)
      expect(trial.conviction).toBeDefined()
    },
  )

  test('confirm-by-transaction-start fails the case that makes a confirm wait past its deadline', async () => {
    const entry = on(
      ['postgres'],
      counterRows,
      'confirm-by-transaction-start',
      'a mutant',
      () => import('./confirm-by-transaction-start.ts'),
    )
    const waits = ttl.find((each) => each.name.startsWith('a confirm that waited for a lock'))
    if (waits === undefined) throw new Error('the case is gone')
    const shared = await groundFor(entry, opened.engines)
    expect(await runCase(waits, { entry, engines: opened.engines, shared })).toMatchObject({
      kind: 'failed',
      reason:
        "a confirm that waited past the deadline: expected { kind: 'gone' }, found { kind: 'confirmed' }",
    })
    await shared.dispose()
  })
})
