/**
 * Goal: what was judged wrongly once is judged rightly. Method: each such history, reduced to what matters,
 * with the verdict that is right and the rules that give it.
 */
import { expect, it } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import type { Rule } from '../../harness/checker/verdict.ts'
import type { HistoryRecord } from '../../harness/history/record.ts'
import { audit, confirm, header, held, lostHold, read, release, soldOut } from './histories.ts'

const seat = header({ seat: 1 })
const goodie = header({ goodie: 9 })
const two = header({ seat: 1, x: 1 })

interface Case {
  readonly what: string
  readonly rules: readonly Rule[]
  readonly history: readonly HistoryRecord[]
}

const cases: readonly Case[] = [
  {
    what: 'two payloads of one id, both of unknown outcome, the second after its release',
    rules: [],
    history: [
      two,
      lostHold('h', { seat: 1 }, [0, 5]),
      release('h', [6, 8]),
      read({ seat: 1 }, [10, 12]),
      lostHold('h', { seat: 1, x: 1 }, [20, 25]),
      held('k', { x: 1 }, [30, 32]),
    ],
  },
  {
    what: 'a refusal beside two payloads of unknown outcome',
    rules: [],
    history: [
      header({ seat: 1, x: 5 }),
      lostHold('a', { seat: 1 }, [0, 10]),
      release('a', [20, 30]),
      held('b', { seat: 1 }, [40, 50]),
      soldOut('c', { seat: 1 }, [60, 70]),
      lostHold('a', { seat: 1, x: 1 }, [100, 110]),
    ],
  },
  {
    what: 'a newer version that was granted before an older one was asked for',
    rules: ['W'],
    history: [
      goodie,
      held('a', { goodie: 1 }, [0, 10], { versions: [5] }),
      held('b', { goodie: 1 }, [20, 30], { versions: [3] }),
    ],
  },
  {
    what: 'five holds of one seat, each told a deadline that had passed when it was answered',
    rules: ['T'],
    history: [
      seat,
      ...[0, 1, 2, 3, 4].map((at) =>
        held(`h${at}`, { seat: 1 }, [10 * at, 10 * at + 5], { ttl: 60_000, deadline: 10 * at - 50 }),
      ),
    ],
  },
  {
    what: 'a stored deadline an hour after the one that was told',
    rules: ['D'],
    history: [
      seat,
      held('a', { seat: 1 }, [0, 5], { ttl: 60_000, deadline: 60_000 }),
      audit([['a', 'held', { seat: 1 }, 3_660_000]]),
    ],
  },
  {
    what: 'sold out of a line that nobody holds',
    rules: ['R1'],
    history: [
      two,
      held('a', { seat: 1 }, [0, 5]),
      soldOut('h', { seat: 1 }, [10, 15]),
      soldOut('h', { x: 1 }, [20, 25]),
    ],
  },
  {
    what: 'a deadline in whole seconds, of an engine that counts in them',
    rules: [],
    history: [seat, held('a', { seat: 1 }, [900, 910], { ttl: 5_000, deadline: 5_000 })],
  },
  {
    what: 'a time to live that is rounded up to whole seconds, and one that is not',
    rules: [],
    history: [
      goodie,
      held('a', { goodie: 1 }, [10, 15], { ttl: 1_500, deadline: 1_512.5 }),
      held('b', { goodie: 1 }, [10, 15], { ttl: 1_500, deadline: 2_012.5 }),
    ],
  },
  {
    what: 'a deadline that one of several concurrent requests gave',
    rules: [],
    history: [
      seat,
      held('a', { seat: 1 }, [0, 50], { ttl: 3_000, deadline: 2_020.5 }),
      held('a', { seat: 1 }, [10, 50], { ttl: 2_000, deadline: 2_020.5 }),
    ],
  },
  {
    what: 'a deadline that none of several concurrent requests gave',
    rules: ['T'],
    history: [
      seat,
      held('a', { seat: 1 }, [0, 50], { ttl: 3_000, deadline: 2_520.5 }),
      held('a', { seat: 1 }, [10, 50], { ttl: 2_000, deadline: 2_520.5 }),
    ],
  },
  {
    what: 'a replay with another time to live, which tells the first deadline',
    rules: [],
    history: [
      seat,
      held('a', { seat: 1 }, [0, 10], { ttl: 2_000, deadline: 2_005.5 }),
      held('a', { seat: 1 }, [500, 510], { ttl: 90_000, deadline: 2_005.5 }),
    ],
  },
  {
    what: 'a replay that tells a deadline of its own',
    rules: ['I'],
    history: [
      seat,
      held('a', { seat: 1 }, [0, 10], { ttl: 2_000, deadline: 2_005.5 }),
      held('a', { seat: 1 }, [500, 510], { ttl: 2_000, deadline: 2_505.5 }),
    ],
  },
  {
    what: 'a lost request that took effect long after its caller gave up',
    rules: [],
    history: [
      seat,
      lostHold('a', { seat: 1 }, [0, 10]),
      held('a', { seat: 1 }, [5_000, 5_010], { ttl: 10_000, deadline: 13_000.5 }),
    ],
  },
  {
    what: 'a deadline that was given after the hold was known',
    rules: ['T'],
    history: [
      seat,
      lostHold('a', { seat: 1 }, [0, 10]),
      confirm('a', [20, 30]),
      held('a', { seat: 1 }, [5_000, 5_010], { ttl: 10_000, deadline: 13_000.5 }),
    ],
  },
  {
    what: 'two holds of two resources, each before the other',
    rules: ['W'],
    history: [
      header({ s: 9, t: 9 }),
      held('a', { s: 1, t: 1 }, [0, 10], { versions: [1, 2] }),
      held('b', { s: 1, t: 1 }, [0, 10], { versions: [2, 1] }),
    ],
  },
  {
    what: 'three holds in a circle, each before the next on one resource',
    rules: ['W'],
    history: [
      header({ s: 9, t: 9, u: 9 }),
      held('a', { s: 1, u: 1 }, [0, 10], { versions: [1, 2] }),
      held('b', { s: 1, t: 1 }, [0, 10], { versions: [2, 1] }),
      held('c', { t: 1, u: 1 }, [0, 10], { versions: [2, 1] }),
    ],
  },
  {
    what: 'a chain of versions over two resources that goes back in time',
    rules: ['W'],
    history: [
      header({ s: 9, t: 9 }),
      held('late', { s: 1 }, [50, 60], { versions: [1] }),
      held('between', { s: 1, t: 1 }, [0, 70], { versions: [2, 1] }),
      held('early', { t: 1 }, [0, 10], { versions: [2] }),
    ],
  },
  {
    what: 'versions in the order of overlapping calls, whichever that is',
    rules: [],
    history: [
      header({ s: 9, t: 9 }),
      held('a', { s: 1, t: 1 }, [0, 20], { versions: [2, 7] }),
      held('b', { s: 1, t: 1 }, [10, 30], { versions: [1, 4] }),
    ],
  },
  {
    what: 'a hold of two lines that never had room at the same moment',
    rules: ['O2'],
    history: [
      two,
      held('a', { seat: 1 }, [0, 10]),
      release('a', [50, 55]),
      held('b', { x: 1 }, [0, 40]),
      held('both', { seat: 1, x: 1 }, [20, 90]),
      release('both', [30, 95]),
    ],
  },
  {
    what: 'a hold of two lines that had room at one moment',
    rules: [],
    history: [
      two,
      held('a', { seat: 1 }, [0, 10]),
      release('a', [50, 55]),
      held('b', { x: 1 }, [0, 60]),
      held('both', { seat: 1, x: 1 }, [20, 90]),
      release('both', [30, 95]),
    ],
  },
  {
    what: 'a release that is answered as gone when it is said again',
    rules: ['B'],
    history: [seat, held('a', { seat: 1 }, [0, 10]), release('a', [20, 30]), release('a', [40, 50], 'gone')],
  },
]

for (const { what, rules, history } of cases) {
  it(`${what}: ${rules.length === 0 ? 'valid' : `invalid by ${rules.join(', ')}`}`, () => {
    const { verdict, violations } = judge(history, { requireAudit: false })
    expect([...new Set(violations.map(({ rule }) => rule))]).toEqual(rules)
    expect(verdict).toBe(rules.length === 0 ? 'valid' : 'invalid')
  })
}

it('of a history of steps says nothing of deadlines', () => {
  const stepped = header({ seat: 1 }, { clock: { offsetMs: 0, errorMs: 0, isStepped: true } })
  const hold = { ...held('a', { seat: 1 }, [0, 10]), deadlineMs: 1e7 }
  expect(judge([stepped, hold], { requireAudit: false }).verdict).toBe('valid')
  const unstepped = { ...stepped, clock: { offsetMs: 0, errorMs: 0 } }
  expect(judge([unstepped, hold], { requireAudit: false }).verdict).toBe('invalid')
})
