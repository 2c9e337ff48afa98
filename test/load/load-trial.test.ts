/** Goal: what k6 found is judged as the store is, not as it looks. Method: summaries made by hand. */
import { Check } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { trialsOf } from '../../harness/load/load-trial.ts'
import { PROFILES, plannedLoad } from '../../harness/load/profiles.ts'
import type { LoadSummary } from '../../harness/load/summary.ts'
import { TrialSchema } from '../../harness/results/trial.ts'
import { registry } from '../../strategies/registry.ts'
import { strict } from '../results/shape.ts'

const entryNamed = (name: string) => registry.find((each) => each.name === name) ?? expect.fail(`no ${name}`)

function summary(metrics: Readonly<Record<string, number>>): LoadSummary {
  const all: Record<string, number> = { audits_completed: 1, held: 10, confirmed: 10, ...metrics }
  return {
    strategy: 'any',
    profile: 'smoke',
    breached: [],
    value: (metric, key = 'count') => all[key === 'count' ? metric : `${metric}.${key}`] ?? 0,
  }
}

function judged(name: string, metrics: Readonly<Record<string, number>>) {
  const [trial] = trialsOf(summary(metrics), [{ scenario: 'buyers', offeredPerSecond: 50 }], {
    entry: entryNamed(name),
    profile: 'smoke',
    workers: 1,
    vus: 10,
    loadMs: 2_000,
    criticalSectionMs: 0,
    meter: {
      poolWaitMs: { count: 0, p50: 0, p95: 0, p99: 0, max: 0 },
      poolWaitSeconds: 0,
      connectionSeconds: 0,
    },
    batches: undefined,
  })
  return trial ?? expect.fail('there is no trial')
}

describe('a load', () => {
  test('without an audit proves nothing', () => {
    expect(judged('postgres-nowait', { audits_completed: 0 })).toMatchObject({
      verdict: 'unknown',
      asPromised: false,
      verdictReasons: ['the store was not audited'],
    })
  })

  test('after which the store has what buyers were told is valid', () => {
    expect(judged('postgres-nowait', {})).toMatchObject({
      verdict: 'valid',
      asPromised: true,
      goodputPerSecond: 5,
      load: { profile: 'smoke', offeredPerSecond: 50, workers: 1 },
    })
  })

  test('is a trial as results have them', () => {
    const trial = judged('postgres-nowait', { oversold_units: 3 })
    expect(Check(strict(TrialSchema), JSON.parse(JSON.stringify(trial)))).toBe(true)
  })

  test.for([
    ['oversold_units', 3, 'oversell'],
    ['lost_sales', 1, 'broken-promise'],
    ['phantom_sales', -1, 'broken-promise'],
    ['store_complaints', 2, 'broken-promise'],
  ] as const)('with %s of %d convicts', ([metric, value, kind]) => {
    const trial = judged('postgres-nowait', { [metric]: value })
    expect(trial).toMatchObject({ verdict: 'invalid', asPromised: false, violations: [{ kind }] })
    expect(trial.conviction).toMatch(/\d/)
  })

  test('that oversells a strategy which says that it does is as promised', () => {
    expect(judged('postgres-naive', { oversold_units: 3 })).toMatchObject({
      verdict: 'invalid',
      asPromised: true,
      oversoldUnits: 3,
    })
    expect(judged('postgres-naive', { oversold_units: 3, lost_sales: 1 }).asPromised).toBe(false)
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
