/** Goal: what k6 measured becomes trials, step by step, with the verdict of the whole. Method: summaries made by hand. */
import { Check } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import type { HistoryHeader } from '../../harness/history/record.ts'
import { trialsOf } from '../../harness/load/load-trial.ts'
import { PROFILES, plannedLoad } from '../../harness/load/profiles.ts'
import { spikeLines } from '../../harness/load/spike-lines.ts'
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

const facts = {
  entry: entryNamed('postgres-nowait'),
  judgement: { verdict: unknown, header },
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
}

function trialOf(name: string, metrics: Readonly<Record<string, number>>, verdict = unknown) {
  const [trial] = trialsOf(summary(metrics), [{ scenario: 'buyers', offeredPerSecond: 50 }], {
    ...facts,
    entry: entryNamed(name),
    judgement: { verdict, header },
  })
  return trial ?? expect.fail('there is no trial')
}

const valid = { ...unknown, verdict: 'valid', reasons: [] } as const
const plain = (_: unknown, text: string) => text

describe('a spike', () => {
  const metrics = {
    knows_ms: 1_000,
    'knows_ms.med': 300,
    'knows_ms.p(95)': 700,
    'knows_ms.p(99)': 790,
    'knows_ms.max': 800,
    'spike_started_ms.value': 50_000,
    'held{scenario:spike}': 900,
    'confirmed{scenario:spike}': 880,
  }
  const asked: (readonly [number, number])[] = []
  const [spike] = trialsOf(summary(metrics), [{ scenario: 'spike' }], {
    ...facts,
    profile: 'spike',
    vus: 1_000,
    cpuBetween(fromMs, untilMs) {
      asked.push([fromMs, untilMs])
      return 2_200
    },
  })

  test('lasts until its last buyer knows, and counts processor time as long', () => {
    expect(spike).toMatchObject({
      elapsedMs: 800,
      goodputPerSecond: 1_125,
      load: { spike: { buyers: 1_000, knowsMs: { p50: 300, p99: 790, max: 800 }, cpuMs: 2_200 } },
    })
    expect(asked).toEqual([[50_000, 50_800]])
    expect(Check(strict(TrialSchema), spike)).toBe(true)
  })

  test('says what it came to, beside a published one', () => {
    const lines = spikeLines(spike === undefined ? [] : [spike])
    expect(lines[0]).toMatch(
      /of 1,000 buyers .* after 0\.8 s \(p50 300 ms, p99 790 ms\); 880 tickets, 1,100\/s, 400 per/,
    )
    expect(lines[1]).toContain('1,000,000 reservations in 11.8 s')
    expect(spikeLines([trialOf('postgres-nowait', { held: 1 })])).toEqual([])
  })
})

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
