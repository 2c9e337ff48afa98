/**
 * Goal: of deadlines, sweepers and processes, nothing breaks unnoticed. Method: strategies with one thing broken in each; the
 * conformance case that is there for it must fail, and pass on the strategy that is right.
 */
import { describe, expect, test } from 'vitest'
import { groundFor, runCase } from '../../harness/conformance/run.ts'
import { suites } from '../../harness/conformance/suites.ts'
import { runTrial } from '../../harness/trial/trial.ts'
import { workloadNamed } from '../../harness/workloads/registry.ts'
import { counterRows } from '../../strategies/ledgers/registry.ts'
import { on, registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { mutants } from './expiry.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)

const caughtBy: Readonly<Record<keyof typeof mutants, string>> = {
  sweepsSales: 'a sweeper frees due holds, but neither',
  sweepsLiveHolds: 'a sweeper frees due holds, but neither',
  sweepsWithoutLock: 'two sweepers at once free every due hold once',
  sweepsAhead: 'two sweepers and confirms at the deadline',
  confirmsItsOwn: 'a hold of several lines is made in one process',
  forgetsExpired: 'an expired hold of several lines',
  prolongs: 'a repeated hold with another time to live',
  oneTtlPerBatch: 'holds with different times to live',
  ttlIn16Bits: 'a hold of a day is neither shortened',
  showsDueAsTaken: 'availability counts due units as free',
  refusedIsSoldOut: 'a refused id repeated with other lines',
}

const TRIES_MAX = 5

const opened = await withEngines(['postgres'])
const right =
  registry.find(({ name }) => name === 'postgres-conditional-update') ?? expect.fail('the strategy is gone')

function mutant(name: keyof typeof mutants): StrategyEntry {
  return on(['postgres'], counterRows, name, 'a mutant', async () => mutants[name])
}

async function outcomeOf(entry: StrategyEntry, begins: string) {
  const each = Object.values(suites)
    .flat()
    .find(({ name }) => name.startsWith(begins))
  if (each === undefined) throw new Error(`no case begins with ${begins}`)
  // Its ground is its own in any case.
  const { alone: _alone, ...tried } = each
  const shared = await groundFor(entry, opened.engines)
  try {
    return await runCase(tried, { entry, engines: opened.engines, shared })
  } finally {
    await shared.dispose()
  }
}

describe('conformance', { concurrent: true }, () => {
  test.for(Object.entries(caughtBy))('catches %s: %s', async ([name, begins]) => {
    // A race comes up in most tries, not in each.
    let caught = await outcomeOf(mutant(name as keyof typeof mutants), begins)
    for (let tries = 1; caught.kind !== 'failed' && tries < TRIES_MAX; tries++) {
      caught = await outcomeOf(mutant(name as keyof typeof mutants), begins)
    }
    expect(caught).toMatchObject({ kind: 'failed', isStuck: false, isThrown: false })
  })

  test.for([...new Set(Object.values(caughtBy))])('and lets the right one pass: %s', FULL, async (begins) => {
    expect(await outcomeOf(right, begins)).toEqual({ kind: 'passed' })
  })
})

describe(`the workload that sweeps, seed ${seed}`, () => {
  test.for(['sweepsSales'] as const)('convicts %s', async (name) => {
    const { trial } = await runTrial(mutant(name), opened.engines, {
      workload: workloadNamed('sweep'),
      concurrency: 16,
      durationMs: 1_700,
      warmupMs: 0,
      repeat: 1,
      seed,
      poolSize: 16,
      criticalSectionMs: 0,
    })
    expect(trial.verdict).toBe('invalid')
  })
})
