/**
 * Goal: every rule can find a violation. Method: one legal history, and for each way in which an engine can
 * be broken a function that changes it into the history of such an engine. Each must be found invalid by the
 * rule that is meant for it.
 */
import { describe, expect, it } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import type { Rule } from '../../harness/checker/verdict.ts'
import type { AuditRecord, HistoryHeader, Operation } from '../../harness/history/record.ts'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import {
  audit,
  confirm,
  header,
  held,
  idReused,
  linesOf,
  OFFSET_MS,
  read,
  release,
  soldOut,
} from './histories.ts'

interface Whole {
  readonly header: HistoryHeader
  readonly operations: readonly Operation[]
  readonly audit: AuditRecord
}

/**
 * Two seats and two goodies: ann buys a seat with a goodie, bob releases a seat, cat takes it and lets
 * it expire.
 */
const legal: Whole = {
  header: header({ seat: 2, goodie: 2 }),
  operations: [
    held('ann', { seat: 1, goodie: 1 }, [0, 10], { versions: [1, 1] }),
    held('bob', { seat: 1 }, [5, 15], { versions: [2] }),
    soldOut('cat', { seat: 1 }, [20, 30]),
    read({ seat: 0, goodie: 1 }, [31, 35]),
    confirm('ann', [40, 50]),
    release('bob', [60, 70]),
    held('cat', { seat: 1 }, [80, 90], { versions: [4], deadline: 1_000 }),
    held('cat', { seat: 1 }, [95, 99], { versions: [4], deadline: 1_000 }),
    idReused('cat', { seat: 2 }, [100, 110]),
    confirm('cat', [1_002, 1_010], 'gone'),
    read({ seat: 1 }, [1_020, 1_030]),
  ],
  audit: audit(
    [
      ['ann', 'confirmed', { seat: 1, goodie: 1 }],
      ['bob', 'released', { seat: 1 }],
      ['cat', 'expired', { seat: 1 }, 1_000],
    ],
    {
      resources: [
        { id: 'seat' as ResourceId, taken: 1 },
        { id: 'goodie' as ResourceId, taken: 1 },
      ],
      probes: [
        { resourceId: 'seat' as ResourceId, unitsExpected: 1, unitsHeld: 1, oneMoreRefused: true },
        { resourceId: 'goodie' as ResourceId, unitsExpected: 1, unitsHeld: 1, oneMoreRefused: true },
      ],
    },
  ),
}

function judged(whole: Whole) {
  return judge([whole.header, ...whole.operations, whole.audit])
}

function withMore(...operations: readonly Operation[]): (whole: Whole) => Whole {
  return (whole) => ({ ...whole, operations: [...whole.operations, ...operations] })
}

function replacing(at: number, operation: Operation): (whole: Whole) => Whole {
  return (whole) => ({ ...whole, operations: whole.operations.with(at, operation) })
}

function storing(id: string, change: Partial<AuditRecord['holds'][number]>): (whole: Whole) => Whole {
  return (whole) => ({
    ...whole,
    audit: {
      ...whole.audit,
      holds: whole.audit.holds.map((hold) => (hold.id === id ? { ...hold, ...change } : hold)),
    },
  })
}

function without(id: string): (whole: Whole) => Whole {
  return (whole) => ({
    ...whole,
    audit: { ...whole.audit, holds: whole.audit.holds.filter((hold) => hold.id !== id) },
  })
}

function auditing(change: (audit: AuditRecord) => Partial<AuditRecord>): (whole: Whole) => Whole {
  return (whole) => ({ ...whole, audit: { ...whole.audit, ...change(whole.audit) } })
}

const mutants: readonly (readonly [name: string, rule: Rule, mutate: (whole: Whole) => Whole])[] = [
  ['an extra grant at capacity', 'O1', withMore(held('dan', { seat: 1 }, [20, 30]))],
  [
    'an extra grant at capacity, released before it was answered',
    'O2',
    withMore(held('dan', { seat: 1 }, [20, 30]), release('dan', [25, 35])),
  ],
  [
    'a duplicate id with two effects',
    'I',
    withMore(held('ann', { seat: 1, goodie: 1 }, [12, 18], { deadline: 10_050 })),
  ],
  ['one id held with two payloads', 'I', withMore(held('ann', { seat: 1 }, [12, 18]))],
  ['a torn line', 'S', storing('ann', { lines: linesOf({ seat: 1 }) })],
  [
    'a double release that frees twice',
    'O1',
    withMore(
      release('bob', [72, 78]),
      held('dan', { seat: 1 }, [91, 99]),
      held('eve', { seat: 1 }, [91, 99]),
    ),
  ],
  ['confirm after release', 'L', withMore(confirm('bob', [75, 79]))],
  ['a late confirm', 'L', replacing(9, confirm('cat', [1_002, 1_010]))],
  ['a late release', 'L', replacing(9, release('cat', [1_002, 1_010]))],
  ['early expiry', 'L', replacing(9, confirm('cat', [900, 998], 'gone'))],
  ['a lost confirm', 'S', storing('ann', { status: 'expired' })],
  ['a lost sale, by what is no longer stored', 'S', without('ann')],
  ['a lost hold', 'S', without('cat')],
  ['gone after a confirm', 'L', withMore(confirm('ann', [55, 58], 'gone'))],
  ['a phantom confirm', 'S', storing('cat', { status: 'confirmed' })],
  [
    'a phantom hold',
    'S',
    auditing(({ holds }) => ({
      holds: [
        ...holds,
        { id: 'zoe' as HoldId, status: 'expired', lines: linesOf({ seat: 1 }), deadlineMs: OFFSET_MS },
      ],
    })),
  ],
  ['a confirm of what nobody held', 'L', withMore(confirm('zoe', [55, 58]))],
  ['a release of what nobody held', 'L', withMore(release('zoe', [55, 58]))],
  [
    'already confirmed, though nobody asked for it',
    'L',
    replacing(5, release('bob', [60, 70], 'already-confirmed')),
  ],
  [
    'a release that is answered as gone when it is said again',
    'B',
    withMore(release('bob', [71, 75], 'gone')),
  ],
  [
    'a release that is answered as gone beside another that released it',
    'B',
    withMore(release('bob', [61, 69], 'gone')),
  ],
  [
    'a deadline that had passed when it was told',
    'T',
    withMore(held('dan', { goodie: 1 }, [20, 30], { ttl: 10_000, deadline: 15 })),
  ],
  [
    'a deadline that comes too soon',
    'T',
    withMore(held('dan', { goodie: 1 }, [20, 30], { ttl: 9_000, deadline: 9_001.5 })),
  ],
  [
    'a deadline that comes too late',
    'T',
    withMore(held('dan', { goodie: 1 }, [20, 30], { ttl: 9_000, deadline: 9_041.5 })),
  ],
  ['a deadline of another hold', 'D', storing('cat', { deadlineMs: OFFSET_MS + 10_000 })],
  [
    'versions against time',
    'W',
    replacing(6, held('cat', { seat: 1 }, [80, 90], { versions: [0], deadline: 1_000 })),
  ],
  ['released after it was gone', 'L', withMore(release('cat', [1_011, 1_015]))],
  ['a stale read', 'A', replacing(3, read({ seat: 1 }, [31, 35]))],
  ['a read below zero', 'A', replacing(3, read({ seat: -1 }, [31, 35]))],
  ['a read that misses a freed unit', 'A', replacing(10, read({ seat: 0 }, [1_020, 1_030]))],
  ['a false sold-out', 'R1', withMore(soldOut('dan', { goodie: 1 }, [20, 30]))],
  ['sold out, although a unit was released', 'R1', withMore(soldOut('dan', { seat: 1 }, [71, 79]))],
  ['sold out of what was not asked for', 'I', withMore(soldOut('dan', { goodie: 1 }, [20, 30], 'seat'))],
  ['sold out, although the same id is held', 'I', withMore(soldOut('cat', { seat: 1 }, [120, 130]))],
  [
    'a changed replay',
    'I',
    replacing(7, held('cat', { seat: 1 }, [95, 99], { versions: [4], deadline: 1_014 })),
  ],
  [
    'a replay with another version',
    'I',
    replacing(7, held('cat', { seat: 1 }, [95, 99], { versions: [5], deadline: 1_000 })),
  ],
  ['an id called reused that is not', 'I', withMore(idReused('ann', { seat: 1, goodie: 1 }, [12, 18]))],
  ['capacity off by one', 'O1', (whole) => ({ ...whole, header: header({ seat: 1, goodie: 2 }) })],
  ['a duplicate version', 'V', replacing(1, held('bob', { seat: 1 }, [5, 15], { versions: [1] }))],
  [
    'a leaked hold',
    'S',
    auditing(({ probes }) => ({ probes: probes.map((probe) => ({ ...probe, unitsHeld: 0 })) })),
  ],
  [
    'a leaked hold that the auditor believed',
    'S',
    auditing(({ probes }) => ({
      probes: probes.map((probe) => ({ ...probe, unitsExpected: 0, unitsHeld: 0 })),
    })),
  ],
  [
    'one more granted at rest',
    'S',
    auditing(({ probes }) => ({ probes: probes.map((probe) => ({ ...probe, oneMoreRefused: false })) })),
  ],
  [
    'a counter that differs from its holds',
    'S',
    auditing(({ resources }) => ({ resources: resources.map(({ id }) => ({ id, taken: 2 })) })),
  ],
  ['a dropped release', 'S', storing('bob', { status: 'held' })],
  ['a release that is stored as an expiry', 'S', storing('bob', { status: 'expired' })],
  ['a phantom release', 'S', storing('cat', { status: 'released' })],
  [
    'a hold stored as expired long before its deadline',
    'S',
    (whole) => ({
      ...withMore(held('dan', { goodie: 1 }, [20, 30], { deadline: 900_000 }))(whole),
      audit: {
        ...whole.audit,
        holds: [
          ...whole.audit.holds,
          {
            id: 'dan' as HoldId,
            status: 'expired',
            lines: linesOf({ goodie: 1 }),
            deadlineMs: OFFSET_MS + 900_000,
          },
        ],
      },
    }),
  ],
  [
    'another deadline stored of a hold that was sold',
    'D',
    storing('ann', { deadlineMs: OFFSET_MS + 11_000.5 }),
  ],
  ['a complaint of the auditor', 'S', auditing(() => ({ complaints: ['A lock is left.'] }))],
  [
    'more sold than there is',
    'S',
    auditing(({ holds }) => ({
      holds: [
        ...holds,
        { id: 'bob' as HoldId, status: 'confirmed', lines: linesOf({ seat: 2 }), deadlineMs: OFFSET_MS },
      ],
    })),
  ],
]

describe('a broken engine', () => {
  it('is not what made the legal history', () => {
    expect(judged(legal)).toMatchObject({ verdict: 'valid', violations: [], spuriousRefusals: 0 })
  })

  for (const [name, rule, mutate] of mutants) {
    it(`with ${name} makes the history invalid by ${rule}`, () => {
      const { verdict, violations } = judged(mutate(legal))
      expect(verdict).toBe('invalid')
      expect(violations.map((violation) => violation.rule)).toContain(rule)
    })
  }

  it('that promises no exact refusals may answer a false sold-out, which is counted', () => {
    const mutated = withMore(soldOut('dan', { goodie: 1 }, [20, 30]))(legal)
    const spurious = { ...mutated, header: { ...mutated.header, refusals: 'spurious' as const } }
    expect(judged(spurious)).toMatchObject({ verdict: 'valid', spuriousRefusals: 1 })
  })
})
