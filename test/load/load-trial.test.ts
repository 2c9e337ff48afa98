/** Goal: what k6 measured becomes trials, step by step, with the verdict of the whole. Method: summaries made by hand. */
import { Check } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import type { HistoryHeader } from '../../harness/history/record.ts'
import { trialsOf } from '../../harness/load/load-trial.ts'
import { PROFILES, plannedLoad } from '../../harness/load/profiles.ts'
import type { LoadSummary } from '../../harness/load/summary.ts'
import { renderLoadTable } from '../../harness/load/table.ts'
import { TrialSchema } from '../../harness/results/trial.ts'
import { registry } from '../../strategies/registry.ts'
import { strict } from '../results/shape.ts'

const entryNamed = (name: string) => registry.find((each) => each.name === name) ?? expect.fail(`no ${name}`)

function summary(metrics: Readonly<Record<string, number>>): LoadSummary {
  return {
    strategy: 'any',
    profile: 'smoke',
    breached: [],
    value: (metric, key = 'count') => metrics[key === 'count' ? metric : `${metric}.${key}`] ?? 0,
  }
}

const header: HistoryHeader = {
  type: 'history',
  format: 2,
  strategy: 'any',
  workload: 'k6/smoke',
  seed: 0,
  startedAt: '2026-01-01T00:00:00.000Z',
  resources: [],
  clock: { offsetMs: 0, errorMs: 0 },
  freesLateMs: 0,
  refusals: 'exact',
}
const unknown = judge([header])

function trialOf(name: string, metrics: Readonly<Record<string, number>>, verdict = unknown) {
  const [trial] = trialsOf(summary(metrics), [{ scenario: 'buyers', offeredPerSecond: 50 }], {
    entry: entryNamed(name),
    judgement: { verdict, header },
    profile: 'smoke',
    workers: 1,
    generators: 1,
    vus: 10,
    loadMs: 2_000,
    criticalSectionMs: 0,
    network: undefined,
    meter: {
      poolWaitMs: { count: 0, p50: 0, p95: 0, p99: 0, max: 0 },
      poolWaitSeconds: 0,
      connectionSeconds: 0,
    },
    batches: undefined,
  })
  return trial ?? expect.fail('there is no trial')
}

const valid = { ...unknown, verdict: 'valid', reasons: [] } as const
const plain = (_: unknown, text: string) => text

describe('a load', () => {
  test('has the figures of what is measured, and not of the rivals before it', () => {
    const trial = trialOf('postgres-nowait', { held: 99, 'held{scenario:buyers}': 10 }, valid)
    expect(trial).toMatchObject({
      verdict: 'valid',
      asPromised: true,
      goodputPerSecond: 5,
      load: { profile: 'smoke', offeredPerSecond: 50, workers: 1 },
    })
  })

  test('of which nothing is known proves nothing', () => {
    expect(trialOf('postgres-nowait', {})).toMatchObject({
      verdict: 'unknown',
      asPromised: false,
      verdictReasons: ['The history has no operations.'],
    })
  })

  test('is a trial as results have them', () => {
    expect(Check(strict(TrialSchema), JSON.parse(JSON.stringify(trialOf('postgres-nowait', {}))))).toBe(true)
  })

  test('is called valid only where nothing keeps it from being so', () => {
    const trials = [trialOf('postgres-nowait', {}, valid)]
    const table = (caught: boolean, ...breached: readonly string[]) =>
      renderLoadTable(trials, { caught, breached: new Set(breached) }, plain)
    expect(table(true)).toContain('valid ✓')
    expect(table(true, 'postgres-nowait')).toMatch(/valid, threshold breached/)
    expect(table(false)).toMatch(/not proven/)
    for (const doubtful of [table(true, 'postgres-nowait'), table(false)]) expect(doubtful).not.toContain('✓')
  })
})

test('a ramp is planned step by step, and its settings reach the script', () => {
  const ramp = PROFILES.find(({ name }) => name === 'ramp') ?? expect.fail('there is no ramp')
  const planned = plannedLoad(ramp, { ratesPerSecond: [10, 20], seconds: 2 })
  expect(planned.steps).toEqual([
    { scenario: 'at_10', offeredPerSecond: 10 },
    { scenario: 'at_20', offeredPerSecond: 20 },
  ])
  expect(planned.settings).toMatchObject({ RATES: '10,20', SECONDS: '2' })
})
