/**
 * Goal: the checker has no false alarm and misses no oversell, and the measurement of that can fail.
 * Method: a slice of `npm run bench:misses`, with the checker and with judges that are broken on purpose;
 * histories whose truth is plain.
 */
import { describe, expect, test } from 'vitest'
import { problemsOf } from '../../harness/benchmarks/misses/ceilings.ts'
import { checkerJudges } from '../../harness/benchmarks/misses/checker.ts'
import { DEFECT_CLASSES } from '../../harness/benchmarks/misses/classes.ts'
import { chanceOf, rateOf } from '../../harness/benchmarks/misses/interval.ts'
import { plantedAt } from '../../harness/benchmarks/misses/plant.ts'
import { type Judges, LEGAL_CLASS, measure } from '../../harness/benchmarks/misses/tally.ts'
import { truthOf } from '../../harness/benchmarks/misses/truth.ts'
import { FULL } from '../size.ts'

/** Every class of defects comes up some twenty times, and as many histories have no defect. */
const SLICE = { seed: 1, from: 0, to: 2_000, legalOnly: false }

function problemsWith(judges: Judges): string {
  return problemsOf(measure(SLICE, judges)).join('\n')
}

describe('a slice of the measurement', FULL, () => {
  test('finds nothing wrong with the checker', () => {
    const tally = measure(SLICE, checkerJudges)
    expect(problemsOf(tally)).toEqual([])
    expect(tally.examples).toEqual([])
    expect([...tally.classes.keys()].toSorted()).toEqual(
      [LEGAL_CLASS, ...DEFECT_CLASSES.map(({ name }) => name)].toSorted(),
    )
    expect(tally.skipped).toBeLessThan(SLICE.to / 20)
  })

  test('fails a judge that calls everything valid', () => {
    const problems = problemsWith(() => 'valid')
    expect(problems).toContain('oversold (sold), history: ')
    expect(problems).toContain('oversells were missed')
    expect(problems).not.toContain('legal histories were convicted')
  })

  test('fails a judge that convicts everything', () => {
    const problems = problemsWith(() => 'invalid')
    expect(problems).toContain(`${LEGAL_CLASS}, history: 1000 legal histories were convicted`)
    expect(problems).not.toContain('oversells were missed')
  })

  test('fails a judge that does not read the store', () => {
    const problems = problemsWith((records) =>
      checkerJudges(
        records.filter(({ type }) => type !== 'audit'),
        false,
      ),
    )
    expect(problems).toMatch(/sale missing, audit: \d+ of \d+ were missed/)
    expect(problems).not.toContain('sale missing, history')
  })
})

describe('the search', () => {
  test('finds most of what is planted illegal, and nothing that is not', () => {
    const numbers = Array.from({ length: 400 }, (_, number) => number)
    const truths = numbers.flatMap((number) => {
      const planted = plantedAt(3, number)
      return planted === undefined ? [] : [{ ...truthOf(planted.run), defect: planted.defect }]
    })
    const sound = truths.filter(({ defect }) => defect === undefined)
    const broken = truths.filter(({ defect }) => defect !== undefined)
    expect(sound.every(({ versions }) => versions === 'legal')).toBe(true)
    const found = broken.filter(({ versions }) => versions !== 'legal')
    expect(found.length / broken.length).toBeGreaterThan(0.75)
  })

  test('forbids with more to see whatever it forbade with less', () => {
    for (let number = 1; number < 400; number += 2) {
      const planted = plantedAt(4, number)
      if (planted === undefined) continue
      const { history, audit, versions } = truthOf(planted.run)
      if (history !== 'legal') expect(audit).not.toBe('legal')
      if (audit !== 'legal') expect(versions).not.toBe('legal')
    }
  })
})

test('an interval covers the rate, and is not empty where nothing was hit', () => {
  expect(rateOf(0, 0)).toBeUndefined()
  expect(rateOf(0, 1_000)).toMatchObject({ rate: 0, low: 0 })
  expect(rateOf(0, 1_000)?.high).toBeCloseTo(0.0038, 4)
  expect(rateOf(50, 100)?.low).toBeCloseTo(0.4038, 4)
  expect(rateOf(50, 100)?.high).toBeCloseTo(0.5962, 4)
  expect(rateOf(7, 7)?.high).toBe(1)
})

test('the chance of so many hits is that of a binomial distribution', () => {
  expect(chanceOf(0, 10, 0)).toBe(1)
  expect(chanceOf(1, 10, 0)).toBe(0)
  expect(chanceOf(1, 20, 0.01)).toBeCloseTo(1 - 0.99 ** 20, 9)
  expect(chanceOf(2, 2, 0.5)).toBeCloseTo(0.25, 9)
  expect(chanceOf(600, 1_000, 0.5)).toBeLessThan(1e-8)
})
