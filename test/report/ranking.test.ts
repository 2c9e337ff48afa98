/** Goal: nothing is ranked that its repeats do not carry. Method: repeats on both sides of each limit, and drawn ones. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { intervalOf, overlap } from '../../harness/report/interval.ts'
import { rangeOf } from '../../harness/report/range.ts'
import {
  compared,
  figureOver,
  RANKED_MIN,
  type RankedFigure,
  type Repeat,
  remarksOn,
  whyUnranked,
} from '../../harness/report/ranking.ts'

const VALUES = fc.array(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 12 })

function figure(values: readonly number[], of: Partial<Repeat> = {}): RankedFigure {
  const over = figureOver(values.map((value) => ({ value, samples: 1_000, durationMs: 1_000, ...of })))
  if (over === undefined) throw new Error('a figure of no repeats')
  return over
}

describe('the interval of a median', () => {
  it('holds the median, lies within the range, and is the same each time', () => {
    fc.assert(
      fc.property(VALUES, (values) => {
        const { low, high } = intervalOf(values)
        const { median, min, max } = rangeOf(values)
        expect(low).toBeLessThanOrEqual(median)
        expect(high).toBeGreaterThanOrEqual(median)
        expect(low).toBeGreaterThanOrEqual(min)
        expect(high).toBeLessThanOrEqual(max)
        expect(intervalOf(values)).toEqual({ low, high })
      }),
      { numRuns: 30 },
    )
  })

  it('is the whole range of five repeats, and less than that of twenty', () => {
    expect(intervalOf([1, 2, 3, 4, 5])).toEqual({ low: 1, high: 5 })
    const twenty = Array.from({ length: 20 }, (_, at) => at + 1)
    expect(intervalOf(twenty).low).toBeGreaterThan(1)
    expect(intervalOf(twenty).high).toBeLessThan(20)
  })

  it('covers the true median about as often as it says', () => {
    // Uniform on [0, 1): its median is 0.5. Drawn with a seed, so that this either always holds or never.
    let state = 7
    const draw = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
    const times = 100
    let covered = 0
    for (let time = 0; time < times; time++) {
      const { low, high } = intervalOf(Array.from({ length: 15 }, draw))
      if (low <= 0.5 && 0.5 <= high) covered++
    }
    expect(covered / times).toBeGreaterThan(0.88)
    expect(covered).toBeLessThan(times)
  })
})

describe('a ranking', () => {
  it('needs enough repeats of enough duration', () => {
    const enough = Array.from({ length: RANKED_MIN.repeats }, (_, at) => 100 + at)
    expect(whyUnranked(figure(enough))).toBeUndefined()
    expect(whyUnranked(figure(enough.slice(1)))).toContain('repeats')
    expect(whyUnranked(figure(enough, { durationMs: RANKED_MIN.durationMs / 2 }))).toContain('of at least')
    expect(compared(figure([1]), figure([100]))).toBe('unranked')
  })

  it('calls a tie what overlaps, and is turned around by turning the two around', () => {
    const five = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 5, maxLength: 5 })
    const turned = { more: 'less', less: 'more', tie: 'tie', unranked: 'unranked' } as const
    fc.assert(
      fc.property(five, five, (these, those) => {
        const [one, other] = [figure(these), figure(those)]
        const found = compared(one, other)
        expect(compared(other, one)).toBe(turned[found])
        expect(found === 'tie').toBe(overlap(one.interval, other.interval))
      }),
      { numRuns: 30 },
    )
  })

  it('never says that a figure is more than itself', () => {
    const own = figure([5, 6, 7, 8, 9])
    expect(compared(own, own)).toBe('tie')
  })
})

describe('the remarks on a figure', () => {
  it('say when its repeats scatter, and not before', () => {
    expect(remarksOn(figure([100, 102, 104, 106, 109])).join()).not.toContain('scatter')
    expect(remarksOn(figure([100, 102, 104, 106, 120])).join()).toContain('scatter by 19 %')
  })

  it('say when the load generator was the limit in one of the repeats', () => {
    const values = [100, 100, 100, 100, 100]
    expect(remarksOn(figure(values, { generatorBusy: 0.5 }))).toEqual([])
    expect(remarksOn(figure(values, { generatorBusy: 0.95 }))).toContain('the load generator was the limit')
  })
})
