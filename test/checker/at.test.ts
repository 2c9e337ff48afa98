/**
 * Goal: an index out of range is never read as a zero. Method: every accessor, just inside and just outside.
 */
import { describe, expect, it } from 'vitest'
import { byteAt, doubleAt, intAt, itemAt, uintAt } from '../../harness/checker/at.ts'
import { grouped } from '../../harness/checker/groups.ts'
import { Numbering } from '../../harness/checker/numbering.ts'
import { Intervals } from '../../harness/checker/steps.ts'

const reads: readonly (readonly [name: string, read: (index: number) => unknown])[] = [
  ['byteAt', (index) => byteAt(Uint8Array.of(0, 7), index)],
  ['intAt', (index) => intAt(Int32Array.of(0, 7), index)],
  ['uintAt', (index) => uintAt(Uint32Array.of(0, 7), index)],
  ['doubleAt', (index) => doubleAt(Float64Array.of(0, 7), index)],
]

describe('a read of a column', () => {
  for (const [name, read] of reads) {
    it(`by ${name} returns the element, and throws where there is none`, () => {
      expect([read(0), read(1)]).toEqual([0, 7])
      for (const index of [-1, 2, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => read(index), `${index}`).toThrow(RangeError)
      }
    })
  }

  it('by itemAt does so for a list, and names the index', () => {
    expect(itemAt(['a', 'b'], 1)).toBe('b')
    expect(() => itemAt(['a', 'b'], 2)).toThrow('There is no element 2 in a column of 2.')
    expect(() => itemAt([], 0)).toThrow(RangeError)
  })
})

describe('what is built on columns', () => {
  it('throws for a name that was never given a number', () => {
    const names = new Numbering()
    expect([names.numberOf('a'), names.numberOf('b'), names.numberOf('a')]).toEqual([0, 1, 0])
    expect(names.text(1)).toBe('b')
    expect(() => names.text(2)).toThrow(RangeError)
  })

  it('throws for a group or a member that does not exist', () => {
    const groups = grouped(Int32Array.of(1, -1, 0, 1), { groupCount: 2 })
    expect([...groups.membersOf(0)]).toEqual([2])
    expect([...groups.membersOf(1)]).toEqual([0, 3])
    expect(() => groups.end(2)).toThrow(RangeError)
    expect(() => groups.member(3)).toThrow(RangeError)
  })

  it('throws for an interval more than there is room for', () => {
    const intervals = new Intervals(1)
    const interval = { resource: 0, hold: 0, units: 1, startUs: 0, endUs: 1 }
    intervals.add(interval)
    expect(() => intervals.add(interval)).toThrow(RangeError)
  })
})
