/**
 * Goal: a payment that is reported at the deadline of its hold is right, though others want the unit. Method: the explorer's scenario
 * `late-payment`, which has thousands of schedules; seeded ones of them, for a strategy of each family, and the control.
 */
import { describe, expect, test } from 'vitest'
import { Coverage } from '../../harness/explore/coverage.ts'
import { allScenarios, inapplicable } from '../../harness/explore/scenario.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { randomSchedules } from './random-schedules.ts'

const { engines, cannotTest } = await withEngines(isFull ? ['postgres', 'redis'] : [])

const latePayment = allScenarios.find(({ name }) => name === 'late-payment') ?? expect.fail('there is none')
const SCHEDULES = 48
const drawn = { clients: 2, count: SCHEDULES, seed: 20 }
const PATIENCE = { ...FULL, timeout: 300_000 }

/** One of each family; the fenced lease is on two engines. */
const RIGHT = ['postgres-conditional-update', 'redis-lua', 'redis-seat-key', 'redis-setnx-fenced']

function entryOf(wanted: string): StrategyEntry {
  return registry.find(({ name }) => name === wanted) ?? expect.fail(`the registry has no ${wanted}`)
}

describe('a payment reported at the deadline', () => {
  test.for(RIGHT)('is right with %s', PATIENCE, async (name, { skip }) => {
    if (!isFull || cannotTest(entryOf(name))) skip('an engine is not there')
    const judged = await randomSchedules(entryOf(name), engines, latePayment, drawn)
    expect(judged.length).toBeGreaterThanOrEqual(SCHEDULES)
    const steps = new Set(judged.map(({ run }) => run.steps.join(' ')))
    expect(steps.size, 'the schedules differ').toBeGreaterThan(1)
    const coverage = new Coverage(latePayment)
    for (const { run, verdict, doubts } of judged) {
      coverage.add(run)
      expect(verdict, run.steps.join(' ')).toMatchObject({ verdict: 'valid', violations: [] })
      expect(doubts).toEqual([])
    }
    expect(coverage.missed).toEqual([])
  })

  test('sells the unit twice with the control', PATIENCE, async ({ skip }) => {
    if (!isFull) skip('no engine is open')
    const judged = await randomSchedules(entryOf('postgres-naive'), engines, latePayment, drawn)
    expect(judged.filter(({ verdict }) => verdict.verdict === 'invalid')).not.toEqual([])
  })

  test('is out of reach of the explorer in TigerBeetle, whose clock nobody moves', () => {
    const entry = entryOf('tigerbeetle-pending-transfer')
    expect(inapplicable(latePayment, entry)).toMatchObject({ isOutOfReach: true })
  })
})
