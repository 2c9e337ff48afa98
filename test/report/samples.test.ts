/** Goal: no percentile is shown that its samples do not carry. Method: counts on both sides of each limit, in figures and tables. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { percentileOf, percentileOver, WAITS_MIN } from '../../harness/report/samples.ts'
import { renderTables } from '../../harness/report/table.ts'
import { plain } from '../../harness/report/tone.ts'
import { resultsOf, trials } from './fixture.ts'

const waits = (count: number) => ({ count, p50: 1, p75: 2, p90: 3, p95: 4, p99: 5, p999: 6, max: 7 })
const PLACES = ['p50', 'p75', 'p90', 'p95', 'p99', 'p999'] as const

it('is undefined below its number of waits, and the measured value from there on', () => {
  for (const place of PLACES) {
    const least = WAITS_MIN[place]
    expect(percentileOf(waits(least - 1), place), place).toBeUndefined()
    expect(percentileOf(waits(least), place), place).toBe(waits(least)[place])
  }
  expect(WAITS_MIN).toMatchObject({ p50: 30, p95: 100, p99: 1_000 })
})

it('over several repeats needs enough waits in each of them', () => {
  const count = fc.integer({ min: 0, max: 2_000 })
  fc.assert(
    fc.property(fc.array(count, { maxLength: 6 }), fc.constantFrom(...PLACES), (counts, place) => {
      const isCarried = counts.length > 0 && counts.every((each) => each >= WAITS_MIN[place])
      expect(percentileOver(counts.map(waits), place) !== undefined).toBe(isCarried)
    }),
  )
})

it('is a dash in the table of a run with few waits', () => {
  const few = trials().map((trial) => ({
    ...trial,
    latencyMs: { hold: { ...trial.latencyMs.hold, count: 99, p50: 1.25, p95: 2.25, p99: 3.25 } },
  }))
  const text = renderTables(resultsOf({ trials: few }), { paint: plain })
  expect(text).toContain('1.25')
  expect(text).not.toMatch(/2\.25|3\.25/)
})
