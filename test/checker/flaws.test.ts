/**
 * Goal: a history that cannot have been recorded as it stands convicts nobody. Method: for each thing that
 * can be wrong with a record, a history with an obvious oversell besides; it must be unknown, for that one
 * reason.
 */
import { describe, expect, it } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import { Numbering } from '../../harness/checker/numbering.ts'
import { NAMES_MAX, Names, TooManyNamesError } from '../../harness/history/names.ts'
import type { HistoryRecord } from '../../harness/history/record.ts'
import { audit, confirm, header, held, lostHold, read, release, soldOut } from './histories.ts'

const seat = header({ seat: 1 })
const oversold = [held('a', { seat: 1 }, [0, 10]), held('b', { seat: 1 }, [0, 10])]

function reasonsOf(...records: readonly unknown[]): readonly string[] {
  const { verdict, reasons, violations } = judge(records as readonly HistoryRecord[])
  expect({ verdict, violations }).toEqual({ verdict: 'unknown', violations: [] })
  expect(reasons).toHaveLength(1)
  return reasons
}

describe('a history that cannot be believed', () => {
  it('is not what was oversold', () => {
    expect(judge([seat, ...oversold]).verdict).toBe('invalid')
  })

  it('has two calls of one client at once', () => {
    const calls = [confirm('a', [20, 30], 'confirmed', 7), confirm('b', [25, 35], 'confirmed', 7)]
    const reason =
      'According to the history, client 7 made a call at 25.000 ms before its last one had returned.'
    expect(reasonsOf(seat, ...oversold, ...calls)).toEqual([reason])
    expect(reasonsOf(seat, ...calls.toReversed(), ...oversold)).toEqual([reason])
  })

  it('unless one ends in the microsecond in which the next begins', () => {
    const calls = [held('a', { seat: 1 }, [0, 10], { process: 7 }), confirm('a', [9.999, 20], 'confirmed', 7)]
    for (const each of [calls, calls.toReversed()]) {
      expect(judge([seat, ...each], { requireAudit: false }).verdict).toBe('valid')
    }
  })

  it('has one call twice', () => {
    const call = read({ seat: 0 }, [20, 20], 7)
    const reason = 'The call of client 7 at 20.000 ms is recorded twice.'
    expect(reasonsOf(seat, ...oversold, call, call)).toEqual([reason])
    const long = confirm('a', [20, 30], 'confirmed', 7)
    expect(reasonsOf(seat, ...oversold, long, long)).toEqual([reason])
  })

  it('has an audit before the last call had returned', () => {
    const early = audit([['a', 'held', { seat: 1 }]], { takenUs: 9_000 })
    expect(reasonsOf(seat, ...oversold, early)[0]).toMatch(
      /^The store was audited at 9\.000 ms, before the call of client \d+ that returned at 10\.000 ms: not at rest\.$/,
    )
  })

  it('has more units than can be added up', () => {
    const units = 2 ** 52
    const many = ['c', 'd', 'e'].map((id) => held(id, { seat: units }, [20, 30]))
    expect(reasonsOf(seat, ...oversold, ...many)).toEqual([
      'The units of all holds add up to more than 2^53, which cannot be summed exactly.',
    ])
  })

  it('has more ids than can be numbered', () => {
    for (const names of [new Numbering(2), new Names(2)]) {
      names.numberOf('a')
      names.numberOf('b')
      expect(names.numberOf('a')).toBe(0)
      expect(() => names.numberOf('c')).toThrow(TooManyNamesError)
    }
    const { verdict, reasons } = judge([seat, ...oversold, confirm('c', [20, 30])], { namesMax: 2 })
    expect({ verdict, reasons }).toEqual({
      verdict: 'unknown',
      reasons: [
        'The history broke off after 3 operations: it has more than 2 different ids, more than can be told apart.',
      ],
    })
    expect(NAMES_MAX).toBe(134_217_728)
  })

  it('has records that are none', () => {
    const circle: Record<string, unknown> = { type: 'operation', process: 0, invokedUs: 0, returnedUs: 1 }
    circle.op = circle
    const rubbish: readonly unknown[] = [
      null,
      undefined,
      7,
      'history',
      [],
      {},
      () => {},
      { type: 'operation' },
      { ...oversold[0], holdId: 7 },
      { ...oversold[0], invokedUs: Number.NaN },
      { ...oversold[0], deadlineMs: 10n },
      { ...oversold[0], lines: [['sofa', 1]] },
      { type: 'audit' },
      seat,
      circle,
    ]
    for (const one of rubbish) {
      expect(reasonsOf(seat, ...oversold, one)[0]).toMatch(
        /^The history broke off after \d operations: .*\.$/,
      )
    }
    const { verdict, reasons } = judge(oversold)
    expect({ verdict, reason: reasons[0] }).toMatchObject({
      verdict: 'unknown',
      reason: 'The history broke off after 0 operations: Record 1 has no header before it.',
    })
    expect(judge(undefined as unknown as HistoryRecord[]).verdict).toBe('unknown')
  })
})

describe('a history without a seal', () => {
  const older = header({ seat: 1 }, { format: 1 })
  const hold = held('a', { seat: 1 }, [0, 5])
  const reasonsOfOlder = (...records: readonly HistoryRecord[]) =>
    reasonsOf(older, hold, ...records).map((reason) => reason.split('. ')[0])

  it('convicts nobody of what a lost line would explain', () => {
    expect(reasonsOfOlder(audit([['a', 'confirmed', { seat: 1 }]]))).toEqual([
      'a is stored as confirmed, but cannot have been confirmed',
    ])
    const expired = ['a', 'expired', { seat: 1 }] as const
    const [zoe, stored] = [['zoe', 'expired', { seat: 1 }] as const, audit([expired])]
    expect(reasonsOfOlder(audit([expired, zoe]))).toEqual([
      'zoe is stored as expired, but was never requested',
    ])
    expect(reasonsOfOlder(release('zoe', [6, 7]), stored)[0]).toContain('nothing can have granted it')
    expect(
      reasonsOfOlder(release('a', [6, 7], 'already-confirmed'), audit([['a', 'confirmed', { seat: 1 }]]))[0],
    ).toBe('a was called already confirmed, but no confirm had been requested')
  })

  it('is judged by all that is there', () => {
    expect(judge([older, ...oversold]).verdict).toBe('invalid')
    const refused = [lostHold('x', { seat: 1 }, [10, 15]), soldOut('y', { seat: 1 }, [20, 25])]
    expect(judge([older, hold, ...refused, audit([['a', 'expired', { seat: 1 }]])]).verdict).toBe('valid')
  })
})
