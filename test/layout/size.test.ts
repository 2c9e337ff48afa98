/** Goal: the slice stays small whatever is added, and leaves nothing out in silence. Method: its rules, on the registry as it is. */
import { expect, test } from 'vitest'
import { registry } from '../../strategies/registry.ts'
import { leftLine } from '../closing-table.ts'
import { EXHAUSTIVE, isInSlice, sampled, sizeNamed } from '../size.ts'

test('the slice has the control, and one sound strategy for each set of engines', () => {
  const sets = new Set(registry.map(({ engines }) => engines.toSorted().join()))
  const slice = registry.filter(isInSlice)
  const sound = slice.filter(({ promises }) => promises.safe !== 'never')
  expect(slice.map(({ name }) => name)).toContain('postgres-naive')
  expect(new Set(sound.map(({ engines }) => engines.toSorted().join()))).toEqual(sets)
  expect(sound).toHaveLength(sets.size)
})

test('a word that is no size is refused', () => {
  expect(() => sizeNamed('all')).toThrow(/"all"; it can be slice, full, rest/)
  expect(sizeNamed('')).toBe('slice')
})

test('what was left is said', () => {
  expect(leftLine(1)).toBe('1 case was left to `npm run test:full`')
  expect(leftLine(898)).toBe('898 cases were left to `npm run test:full`')
})

test('a sample of a table has some of every row and of every column', () => {
  const [rows, columns, of] = [5, 13, 3]
  const isRun = (row: number, column: number) => sampled(row, column, of) !== EXHAUSTIVE
  const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)
  for (const row of numbers(rows)) expect(numbers(columns).some((column) => isRun(row, column))).toBe(true)
  for (const column of numbers(columns)) expect(numbers(rows).some((row) => isRun(row, column))).toBe(true)
})
