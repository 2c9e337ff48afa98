/** Goal: a ratio that has been halved is told, and one that only scatters is not. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { complaintsAbout, PART_MIN } from '../../harness/benchmarks/ratios/kept.ts'

const ratios = fc.dictionary(fc.string({ minLength: 1 }), fc.double({ min: 0.001, max: 100, noNaN: true }))

describe('kept ratios', () => {
  test('fall if they are halved, each by itself', () => {
    fc.assert(
      fc.property(ratios, fc.nat(), (kept, which) => {
        const names = Object.keys(kept)
        const name = names[which % Math.max(1, names.length)]
        if (name === undefined) return
        const fallen = complaintsAbout(kept, { ...kept, [name]: (kept[name] ?? 0) / 2 })
        expect(fallen.map((each) => [each.name, each.kind])).toEqual([[name, 'fell']])
      }),
    )
  })

  test('may scatter by a quarter', () => {
    fc.assert(
      fc.property(ratios, fc.double({ min: PART_MIN + 0.01, max: 1.25, noNaN: true }), (kept, part) => {
        const measured = Object.fromEntries(Object.entries(kept).map(([name, ratio]) => [name, ratio * part]))
        expect(complaintsAbout(kept, measured)).toEqual([])
      }),
    )
  })

  test('that are missing on either side are told, and so is one that nothing was measured for', () => {
    const kinds = (complaints: ReturnType<typeof complaintsAbout>) => complaints.map(({ kind }) => kind)
    expect(kinds(complaintsAbout({ a: 1 }, {}))).toEqual(['not-measured'])
    expect(kinds(complaintsAbout({}, { a: 1 }))).toEqual(['not-kept'])
    expect(kinds(complaintsAbout({ a: 1 }, { a: Number.NaN }))).toEqual(['fell'])
    expect(kinds(complaintsAbout({ a: 1 }, { a: 2 }))).toEqual(['rose'])
  })
})
