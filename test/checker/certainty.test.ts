/**
 * Goal: what follows from an answer, from the store or from a version is used, and nothing more is taken to
 * follow. Method: histories in pairs. In one of each two holds certainly have one unit at once; in its twin
 * one fact is another, and some order of effects explains it.
 */
import { describe, expect, it } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import type { HistoryRecord } from '../../harness/history/record.ts'
import { isExplainable } from './brute-force.ts'
import { audit, confirm, header, held, lostHold, release } from './histories.ts'

const seat = header({ seat: 1 })
const two = header({ seat: 1, x: 1 })
const HOUR_MS = 3_600_000

interface Pair {
  readonly what: string
  readonly oversold: readonly HistoryRecord[]
  readonly explained: readonly HistoryRecord[]
}

const pairs: readonly Pair[] = [
  {
    what: 'a hold of unknown outcome and deadline that a release ended was live until then',
    oversold: [
      seat,
      lostHold('a', { seat: 1 }, [0, 2]),
      held('b', { seat: 1 }, [199, 426], { deadline: HOUR_MS }),
      release('a', [477, 981]),
    ],
    explained: [
      seat,
      lostHold('a', { seat: 1 }, [0, 2]),
      held('b', { seat: 1 }, [199, 426], { deadline: HOUR_MS }),
      release('a', [425, 981]),
    ],
  },
  {
    what: 'the same, of a release that was called gone',
    oversold: [
      seat,
      lostHold('a', { seat: 1 }, [0, 2]),
      held('b', { seat: 1 }, [10, 20]),
      release('a', [30, 40]),
      release('a', [50, 60]),
    ],
    explained: [
      seat,
      lostHold('a', { seat: 1 }, [0, 2]),
      held('b', { seat: 1 }, [10, 20]),
      release('a', [30, 40], 'gone'),
      release('a', [50, 60], 'gone'),
    ],
  },
  {
    what: 'a hold that is stored as sold was confirmed before its deadline',
    oversold: [
      seat,
      lostHold('a', { seat: 1 }, [0, 5]),
      confirm('a', [5, 8], 'unknown'),
      held('b', { seat: 1 }, [11_000, 11_010], { deadline: 15_000 }),
      audit([
        ['a', 'confirmed', { seat: 1 }],
        ['b', 'expired', { seat: 1 }, 15_000],
      ]),
    ],
    explained: [
      seat,
      lostHold('a', { seat: 1 }, [0, 5]),
      confirm('a', [5, 8], 'unknown'),
      held('b', { seat: 1 }, [11_000, 11_010], { deadline: 15_000 }),
      audit([
        ['a', 'expired', { seat: 1 }],
        ['b', 'expired', { seat: 1 }, 15_000],
      ]),
    ],
  },
  {
    what: 'a hold with an older version was granted before the newer one was answered',
    oversold: [
      seat,
      held('a', { seat: 1 }, [0, 60], { versions: [1] }),
      held('b', { seat: 1 }, [20, 40], { versions: [2] }),
      release('b', [40, 60]),
    ],
    explained: [
      seat,
      held('a', { seat: 1 }, [0, 60], { versions: [2] }),
      held('b', { seat: 1 }, [20, 40], { versions: [1] }),
      release('b', [40, 60]),
    ],
  },
  {
    what: 'a hold with an older version has its units when the newer one is granted',
    oversold: [
      seat,
      held('a', { seat: 1 }, [0, 580], { versions: [3] }),
      held('b', { seat: 1 }, [180, 320], { versions: [1] }),
      release('a', [200, 220]),
    ],
    explained: [
      seat,
      held('a', { seat: 1 }, [0, 580], { versions: [1] }),
      held('b', { seat: 1 }, [180, 320], { versions: [3] }),
      release('a', [200, 220]),
    ],
  },
  {
    what: 'several holds with older versions have theirs together',
    oversold: [
      header({ seat: 3 }),
      held('a', { seat: 2 }, [0, 100], { versions: [1] }),
      held('b', { seat: 1 }, [0, 90], { versions: [2] }),
      held('c', { seat: 1 }, [0, 80], { versions: [3] }),
      release('c', [10, 20]),
      release('b', [90, 100]),
    ],
    explained: [
      header({ seat: 3 }),
      held('a', { seat: 2 }, [0, 100], { versions: [1] }),
      held('b', { seat: 1 }, [0, 90], { versions: [2] }),
      held('c', { seat: 1 }, [0, 80], { versions: [3] }),
      release('c', [10, 20]),
      release('b', [19, 100]),
    ],
  },
  {
    what: 'what returned in a microsecond came before what was invoked in it',
    oversold: [
      seat,
      held('a', { seat: 1 }, [200, 300]),
      held('b', { seat: 1 }, [200, 300]),
      release('a', [300, 400]),
    ],
    explained: [
      seat,
      held('a', { seat: 1 }, [200, 300]),
      held('b', { seat: 1 }, [200, 300]),
      release('a', [299, 400]),
    ],
  },
  {
    what: 'of two requests of unknown outcome, the one whose lines are stored was granted',
    oversold: [
      two,
      lostHold('a', { seat: 1 }, [0, 5]),
      lostHold('a', { x: 1 }, [0, 5]),
      held('b', { seat: 1 }, [50, 60]),
      confirm('b', [70, 80]),
      audit([
        ['a', 'expired', { seat: 1 }],
        ['b', 'confirmed', { seat: 1 }],
      ]),
    ],
    explained: [
      two,
      lostHold('a', { seat: 1 }, [0, 5]),
      lostHold('a', { x: 1 }, [0, 5]),
      held('b', { seat: 1 }, [50, 60]),
      confirm('b', [70, 80]),
      audit([
        ['a', 'expired', { x: 1 }],
        ['b', 'confirmed', { seat: 1 }],
      ]),
    ],
  },
  {
    what: 'what is stored as held was not released by a release of unknown outcome',
    oversold: [
      seat,
      held('a', { seat: 1 }, [0, 5], { deadline: HOUR_MS }),
      release('a', [10, 12], 'unknown'),
      held('b', { seat: 1 }, [20, 25]),
      audit([
        ['a', 'held', { seat: 1 }, HOUR_MS],
        ['b', 'expired', { seat: 1 }],
      ]),
    ],
    explained: [
      seat,
      held('a', { seat: 1 }, [0, 5], { deadline: HOUR_MS }),
      release('a', [10, 12], 'unknown'),
      held('b', { seat: 1 }, [20, 25]),
      audit([
        ['a', 'released', { seat: 1 }, HOUR_MS],
        ['b', 'expired', { seat: 1 }],
      ]),
    ],
  },
  {
    what: 'a hold of unknown outcome was not released before its stored deadline was decided',
    oversold: [
      seat,
      lostHold('a', { seat: 1 }, [0, 5]),
      release('a', [6, 8], 'unknown'),
      held('b', { seat: 1 }, [20, 25], { deadline: 15_000 }),
      audit([
        ['a', 'released', { seat: 1 }, 10_050],
        ['b', 'expired', { seat: 1 }, 15_000],
      ]),
    ],
    explained: [
      seat,
      lostHold('a', { seat: 1 }, [0, 5]),
      release('a', [6, 8], 'unknown'),
      held('b', { seat: 1 }, [20, 25], { deadline: 15_000 }),
      audit([
        ['a', 'released', { seat: 1 }, 10_020],
        ['b', 'expired', { seat: 1 }, 15_000],
      ]),
    ],
  },
  {
    what: 'what is stored as released had not expired',
    oversold: [
      seat,
      held('a', { seat: 1 }, [0, 5], { ttl: 100, deadline: 100 }),
      held('b', { seat: 1 }, [99.5, 100], { deadline: 5_000 }),
      release('a', [101, 102], 'unknown'),
      audit([
        ['a', 'released', { seat: 1 }, 100],
        ['b', 'expired', { seat: 1 }, 5_000],
      ]),
    ],
    explained: [
      seat,
      held('a', { seat: 1 }, [0, 5], { ttl: 100, deadline: 100 }),
      held('b', { seat: 1 }, [99.5, 100], { deadline: 5_000 }),
      release('a', [101, 102], 'unknown'),
      audit([
        ['a', 'expired', { seat: 1 }, 100],
        ['b', 'expired', { seat: 1 }, 5_000],
      ]),
    ],
  },
]

const judged = (history: readonly HistoryRecord[]) => judge(history, { requireAudit: false })

describe('certainty', () => {
  for (const { what, oversold, explained } of pairs) {
    it(what, () => {
      const { verdict, violations } = judged(oversold)
      expect(verdict).toBe('invalid')
      expect(violations.map(({ rule }) => rule).some((rule) => rule === 'O1' || rule === 'O2')).toBe(true)
      expect(judged(explained)).toMatchObject({ verdict: 'valid', violations: [] })
    })
  }

  it('agrees with every order of effects, where there is no store to read', () => {
    for (const { what, oversold, explained } of pairs) {
      if (oversold.some(({ type }) => type === 'audit')) continue
      const [told = seat] = oversold
      if (told.type !== 'history') throw new Error(`${what} has no header`)
      const operations = (records: readonly HistoryRecord[]) =>
        records.filter((record) => record.type === 'operation')
      expect(isExplainable(told, operations(oversold)), what).toBe(false)
      expect(isExplainable(told, operations(explained)), what).toBe(true)
    }
  })

  it('leaves a release or a confirm that came too late to the rules about one life', () => {
    const late = [
      seat,
      held('a', { seat: 1 }, [0, 5], { deadline: 100 }),
      held('b', { seat: 1 }, [200, 210]),
      release('a', [300, 310]),
    ]
    expect(judged(late).violations.map(({ rule }) => rule)).toEqual(['L'])
  })
})
