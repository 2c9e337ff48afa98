/**
 * Goal: Redlock does with two of five nodes down, refuses with three down, and never oversells. Method: five servers of the
 * test's own, ended by it, and a workload that sells everything.
 */
import { describe, expect, test } from 'vitest'
import { runTrial } from '../../harness/trial/trial.ts'
import { workloads } from '../../harness/workloads/registry.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)
const drain = workloads.find(({ name }) => name === 'drain') ?? expect.fail('there is no drain')

const opened = await withEngines(['postgres', 'redis'])

/** Plays with the last few of the five ended as soon as the clients are connected; afterwards they are started again. */
async function drainedWithout(count: number, name: string) {
  const entry = registry.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)
  const nodes = (opened.engines.redis ?? expect.fail('Redis is not there')).nodes.slice(-count)
  const bereft: StrategyEntry = {
    ...entry,
    async open(connections, settings) {
      await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
      return entry.open(connections, settings)
    },
  }
  try {
    const { trial } = await runTrial(bereft, opened.engines, {
      workload: drain,
      concurrency: 16,
      durationMs: 600,
      warmupMs: 0,
      repeat: 1,
      seed,
      poolSize: 16,
      criticalSectionMs: 0,
    })
    return trial
  } finally {
    await Promise.all(nodes.map((node) => node.start()))
  }
}

describe.skipIf(opened.lacks(['redis']))(`seed ${seed}`, () => {
  test.for(['redlock', 'redlock-guarded'])('%s sells with two of five nodes down', async (name) => {
    const trial = await drainedWithout(2, name)
    expect(trial).toMatchObject({ verdict: 'valid', oversoldUnits: 0, counts: { unknown: 0 } })
    expect(trial.counts.held).toBeGreaterThan(0)
  })

  test('redlock refuses everybody with three of five nodes down, and says so definitely', FULL, async () => {
    const trial = await drainedWithout(3, 'redlock')
    expect(trial).toMatchObject({ oversoldUnits: 0, counts: { held: 0, unknown: 0, soldOut: 0 } })
    expect(trial.counts.contended).toBeGreaterThan(0)
    // Where nothing was granted nothing was proven.
    expect(trial.verdict).toBe('unknown')
  })

  test('redlock-guarded goes on with three of five nodes down: its safety is elsewhere', FULL, async () => {
    const trial = await drainedWithout(3, 'redlock-guarded')
    expect(trial).toMatchObject({ verdict: 'valid', oversoldUnits: 0, counts: { unknown: 0 } })
    expect(trial.counts.held).toBeGreaterThan(0)
  })
})
