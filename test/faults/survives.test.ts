/** Goal: what a strategy survives is the worst of what was found, and unknown is no pass. Method: cells made by hand. */
import { expect, test } from 'vitest'
import { survivals, survivesAll } from '../../harness/results/survives.ts'
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
  expect(survivesAll([cell('safe'), cell('oversells')], 'a-strategy')).toBe(false)
})

test('a run of which nothing is known makes the whole unknown', () => {
  const [found] = survivals([cell('safe'), cell(undefined)])
  expect(found).toMatchObject({ outcome: 'unknown', asPredicted: false })
  expect(survivesAll([cell(undefined)], 'a-strategy')).toBe(false)
})

test('what was never tried is not survived', () => {
  expect(survivesAll([], 'a-strategy')).toBeUndefined()
  expect(survivesAll([cell('safe')], 'another')).toBeUndefined()
})

test('thirty runs alike leave a tenth', () => {
  const [found] = survivals(Array.from({ length: 30 }, (_, at) => cell('safe', { seed: at + 1 })))
  expect(found?.otherwiseMax).toBeCloseTo(0.095, 3)
})

test('one that did not recover is told', () => {
  const { recoveredMs: _, ...never } = cell('safe')
  expect(survivals([cell('safe'), never])[0]?.recoveredMsMax).toBeUndefined()
})
