/** Goal: what a strategy survives is the worst of what was found, and unknown is no pass. Method: cells made by hand. */
import { expect, test } from 'vitest'
import { boundOf, survivals, survivesOf, withSurvival } from '../../harness/results/survives.ts'
import { resultsOf } from '../report/fixture.ts'
import { madeCell as cell } from './made-cell.ts'

test('one run that oversold counts more than many that did not', () => {
  const [found] = survivals([cell('safe'), cell('oversells'), cell('safe')])
  expect(found).toMatchObject({
    outcome: 'oversells',
    agreeing: 1,
    runs: 3,
    asPredicted: false,
    otherwiseMax: 1,
  })
  expect(survivesOf([cell('safe'), cell('oversells')], 'a-strategy')).toEqual({
    faults: 1,
    fell: ['a fault'],
    runs: 2,
  })
})

test('a run of which nothing is known makes the whole unknown', () => {
  const [found] = survivals([cell('safe'), cell(undefined)])
  expect(found).toMatchObject({ outcome: 'unknown', agreeing: 1, asPredicted: false })
  expect(survivesOf([cell(undefined)], 'a-strategy')).toBeUndefined()
})

test('what was never tried, or nobody promises, is neither survived nor not', () => {
  expect(survivesOf([], 'a-strategy')).toBeUndefined()
  expect(survivesOf([cell('safe')], 'another')).toBeUndefined()
  expect(survivesOf([cell('oversells', { isUnpromised: true })], 'a-strategy')).toBeUndefined()
  const tried = [cell('oversells', { isUnpromised: true }), cell('safe', { fault: 'other' })]
  expect(survivesOf(tried, 'a-strategy', 'abc')).toEqual({ faults: 1, fell: [], runs: 1, commit: 'abc' })
})

test('results carry what the published table says of their strategies', () => {
  const strategies = [{ name: 'a-strategy', summary: 'one', engines: [] }]
  const results = { ...resultsOf(), strategies }
  const published = { faults: [cell('safe')], commit: 'abc' }
  expect(withSurvival(results, published).strategies?.[0]?.survives).toMatchObject({
    faults: 1,
    commit: 'abc',
  })
  expect(withSurvival(results, {})).toBe(results)
})

test('beside safe stands what so many runs leave open', () => {
  const of = (runs: number) =>
    survivals(Array.from({ length: runs }, (_, at) => cell('safe', { seed: at + 1 }))).map(boundOf)
  expect(of(30)).toEqual(['0 of 30: below 9.5 % at 95 %'])
  expect(of(3)).toEqual(['0 of 3: below 63 % at 95 %'])
  // A conviction needs no bound, and neither does what is unknown.
  expect(survivals([cell('oversells')]).map(boundOf)).toEqual([''])
  expect(survivals([cell(undefined)]).map(boundOf)).toEqual([''])
})

test('thirty runs alike leave a tenth', () => {
  const [found] = survivals(Array.from({ length: 30 }, (_, at) => cell('safe', { seed: at + 1 })))
  expect(found?.otherwiseMax).toBeCloseTo(0.095, 3)
})

test('one that did not recover is told', () => {
  const { recoveredMs: _, ...never } = cell('safe')
  expect(survivals([cell('safe'), never])[0]?.recoveredMsMax).toBe('never')
})

test('runs for the outcome alone say nothing about goodput, and count for the outcome', () => {
  const { recoveredMs: _, ...whole } = cell('safe')
  const alone = { ...whole, isForOutcomeAlone: true }
  expect(survivals([alone])[0]?.recoveredMsMax).toBe('not-asked')
  expect(survivals([cell('safe', { recoveredMs: 300 }), alone])[0]).toMatchObject({
    recoveredMsMax: 300,
    runs: 2,
    agreeing: 2,
  })
})

test('where harm is predicted, one run of thirty may be spared, and is told; where none is, none may come', () => {
  const harm = (outcome: 'safe' | 'oversells', runs: number) =>
    Array.from({ length: runs }, () =>
      cell(outcome, {
        predicted: { outcome: 'oversells', recovers: true },
        asPredicted: outcome === 'oversells',
      }),
    )
  const [found] = survivals([...harm('safe', 1), ...harm('oversells', 29)])
  expect(found).toMatchObject({ outcome: 'oversells', agreeing: 29, runs: 30, asPredicted: true })
  expect(survivals([...harm('safe', 2), ...harm('oversells', 28)])[0]?.asPredicted).toBe(false)
  expect(survivals([...harm('safe', 1), ...harm('oversells', 2)])[0]?.asPredicted).toBe(false)
  const safe = Array.from({ length: 29 }, () => cell('safe'))
  expect(survivals([...safe, cell('oversells')])[0]?.asPredicted).toBe(false)
})
