/** Goal: the slice stays small whatever is added, and leaves nothing out in silence. Method: its rules, on the registry as it is. */
import { expect, test } from 'vitest'
import { registry } from '../../strategies/registry.ts'
import { leftLine } from '../closing-table.ts'
import { isInSlice, sizeNamed } from '../size.ts'

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
