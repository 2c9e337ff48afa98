/** Goal: a mismatch is told with the runs it was in, shown by one of them, and explained. Method: cells made by hand. */
import { expect, test } from 'vitest'
import { explanations, whyMissed } from '../../harness/faults/explanations.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { missedWords, shownRun } from '../../harness/report/missed.ts'
import { registry } from '../../strategies/registry.ts'
import { madeCell } from './made-cell.ts'

test('what is explained is a cell of the table, and once', () => {
  const cells = explanations.flatMap(({ fault, strategies }) => strategies.map((name) => `${fault} ${name}`))
  const all = faultKinds.flatMap(({ name: fault }) => registry.map(({ name }) => `${fault} ${name}`))
  expect(cells.filter((cell) => !all.includes(cell))).toEqual([])
  expect(new Set(cells).size).toBe(cells.length)
  expect(whyMissed('half-open', 'postgres-nowait')).toBeUndefined()
})

const late = (seed: number) => madeCell('safe', { seed, asPredicted: false, reasons: ['it did not recover'] })

test('of many runs, those that were not as predicted are named', () => {
  expect(missedWords([madeCell('safe')])).toBe('')
  expect(missedWords([late(1)])).toBe('it did not recover')
  expect(missedWords([{ ...late(1), reasons: ['It was not found out.'] }])).toBe('It was not found out')
  expect(missedWords([madeCell('safe'), late(4), late(17)])).toBe(
    '2 of 3 runs (seeds 4 and 17): it did not recover',
  )
})

test('a cell is shown by a run that was not as predicted, or by a convicted one', () => {
  const fine = madeCell('safe', { seed: 1 })
  expect(shownRun([fine, late(3)])?.seed).toBe(3)
  expect(shownRun([fine, madeCell('oversells', { seed: 2, conviction: 'O1' })])?.seed).toBe(2)
  expect(shownRun([fine])?.seed).toBe(1)
  expect(shownRun([])).toBeUndefined()
  const foreseen = madeCell('oversells', { seed: 2, asPredicted: true, conviction: 'O1' })
  const lost = madeCell('loses-sales', { seed: 5, asPredicted: false })
  expect(shownRun([foreseen, lost])?.seed, 'what differed, and not what was foreseen').toBe(5)
  const predicted = { outcome: 'oversells', recovers: true } as const
  const spared = madeCell('safe', { seed: 1, predicted, asPredicted: false })
  const convicted = madeCell('oversells', { seed: 2, predicted, asPredicted: true, conviction: 'O1' })
  expect(shownRun([spared, convicted])?.seed).toBe(2)
})
