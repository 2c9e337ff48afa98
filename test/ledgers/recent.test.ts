/** Goal: what was put in last is remembered, in bounded memory. Method: any order of a few names, beside a plain list. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Recent } from '../../strategies/ledgers/writing/recent.ts'

test('remembers at least the last half, and no more than all that it may', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer())),
      (halfMax, puts) => {
        const recent = new Recent<number, number>(2 * halfMax)
        const last = new Map<number, number>()
        for (const [key, value] of puts) {
          recent.set(key, value)
          last.delete(key)
          last.set(key, value)
        }
        for (const [key, value] of [...last].slice(-halfMax)) expect(recent.get(key)).toBe(value)
        const remembered = [...last].filter(([key]) => recent.get(key) !== undefined)
        expect(remembered.length).toBeLessThanOrEqual(2 * halfMax)
        expect(remembered.every(([key, value]) => recent.get(key) === value)).toBe(true)
      },
    ),
  )
})
