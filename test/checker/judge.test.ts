/**
 * Goal: the verdict means what it says. Method: histories by hand at the edges of the rules: nothing
 * observed, equal times, unknown outcomes, what a violation names and counts.
 */
import { describe, expect, it } from 'vitest'
import { HistoryJudge, judge, judgeStream } from '../../harness/checker/judge.ts'
import { VIOLATIONS_KEPT_MAX } from '../../harness/checker/verdict.ts'
import type { HistoryRecord, Operation } from '../../harness/history/record.ts'
import {
  audit,
  confirm,
  contended,
  header,
  held,
  idReused,
  lostHold,
  read,
  release,
  soldOut,
} from './histories.ts'

const seat = header({ seat: 1 })

function judged(...operations: readonly Operation[]) {
  return judge([seat, ...operations], { requireAudit: false })
}

describe('an unknown verdict', () => {
  it('is given where nothing was observed', () => {
    expect(judge([])).toMatchObject({ verdict: 'unknown', reasons: ['The history has no header.'] })
    expect(judge([seat])).toMatchObject({ verdict: 'unknown', reasons: ['The history has no operations.'] })
    const refused = judged(contended('a', { seat: 1 }, [0, 1]))
    expect(refused).toMatchObject({
      verdict: 'unknown',
      reasons: ['No hold was acknowledged, so nothing could be sold twice.'],
    })
  })

  it('is given where every outcome is unknown', () => {
    expect(judged(lostHold('a', { seat: 1 }, [0, 1]), confirm('a', [2, 3], 'unknown'))).toMatchObject({
      verdict: 'unknown',
      reasons: ['The outcome of every operation is unknown.'],
      unknownOperations: 2,
    })
  })

  it('is given where the history broke off, whatever it shows', async () => {
    const twice = [seat, held('a', { seat: 1 }, [0, 1]), held('b', { seat: 1 }, [0, 1])]
    function* broken(): Generator<HistoryRecord> {
      yield* twice
      throw new Error('the recorder died')
    }
    async function* brokenStream(): AsyncGenerator<HistoryRecord> {
      yield* broken()
    }
    const reasons = ['The history broke off after 2 operations: the recorder died']
    expect(judge(broken())).toMatchObject({ verdict: 'unknown', reasons, violations: [] })
    expect(await judgeStream(brokenStream())).toMatchObject({ verdict: 'unknown', reasons, violations: [] })
  })

  it('is given without an audit, unless that is waived', () => {
    const history = [seat, held('a', { seat: 1 }, [0, 1])]
    expect(judge(history)).toMatchObject({
      verdict: 'unknown',
      reasons: ['The store was not audited at rest.'],
    })
    expect(judge(history, { requireAudit: false }).verdict).toBe('valid')
    expect(judge([...history, audit([['a', 'expired', { seat: 1 }]])]).verdict).toBe('valid')
  })

  it('does not excuse a violation', () => {
    const history = [seat, held('a', { seat: 1 }, [0, 1]), held('b', { seat: 1 }, [0, 1])]
    expect(judge(history)).toMatchObject({ verdict: 'invalid', reasons: [] })
  })
})

describe('equal times', () => {
  it('let an end come before a start', () => {
    const first = [held('a', { seat: 1 }, [0, 10]), release('a', [20, 30])]
    expect(judged(...first, held('b', { seat: 1 }, [20, 25])).verdict).toBe('valid')
    // What returned by then and what was released from then on were both held in between.
    const both = judged(...first, held('b', { seat: 1 }, [15, 20]))
    expect(both.violations.map(({ rule }) => rule)).toContain('O1')
  })

  it('put what returned before what was invoked', () => {
    expect(judged(held('a', { seat: 1 }, [0, 10]), confirm('a', [10, 20], 'gone')).verdict).toBe('invalid')
    expect(judged(held('a', { seat: 1 }, [0, 10]), confirm('a', [9, 20], 'gone')).verdict).toBe('valid')
  })

  it('leave two instantaneous operations in either order', () => {
    expect(judged(held('a', { seat: 1 }, [10, 10]), soldOut('b', { seat: 1 }, [10, 10])).verdict).toBe(
      'valid',
    )
    const gone = judged(held('a', { seat: 1 }, [10, 10]), confirm('a', [10, 10], 'gone'))
    expect(gone.verdict).toBe('valid')
  })

  it('allow a confirm up to the last moment that the clock allows, and not after', () => {
    const hold = held('a', { seat: 1 }, [0, 10], { deadline: 100 })
    expect(judged(hold, confirm('a', [101, 110])).verdict).toBe('valid')
    expect(judged(hold, confirm('a', [102, 110])).verdict).toBe('invalid')
    expect(judged(hold, confirm('a', [90, 100], 'gone')).verdict).toBe('valid')
    expect(judged(hold, confirm('a', [90, 98], 'gone')).verdict).toBe('invalid')
  })
})

describe('an unknown outcome', () => {
  it('of a hold may take units or not, at any later time', () => {
    const lost = lostHold('a', { seat: 1 }, [0, 10])
    expect(judged(lost, held('b', { seat: 1 }, [20, 30])).verdict).toBe('valid')
    expect(
      judged(lost, soldOut('b', { seat: 1 }, [99_000, 99_010]), read({ seat: 1 }, [20, 30])).verdict,
    ).not.toBe('invalid')
  })

  it('of a release may free units or not', () => {
    const history = [held('a', { seat: 1 }, [0, 10]), release('a', [20, 30], 'unknown')]
    expect(judged(...history, held('b', { seat: 1 }, [40, 50])).verdict).toBe('valid')
    expect(judged(...history, soldOut('b', { seat: 1 }, [40, 50])).verdict).toBe('valid')
  })

  it('of a confirm keeps the units possible without end, and certain only until the deadline', () => {
    const history = [held('a', { seat: 1 }, [0, 10], { deadline: 100 }), confirm('a', [20, 30], 'unknown')]
    expect(judged(...history, soldOut('b', { seat: 1 }, [200, 210])).verdict).toBe('valid')
    expect(judged(...history, held('b', { seat: 1 }, [200, 210])).verdict).toBe('valid')
  })

  it('is resolved by an audit that shows the sale', () => {
    const history = [seat, lostHold('a', { seat: 1 }, [0, 10]), confirm('a', [20, 30], 'unknown')]
    const other = [held('b', { seat: 1 }, [40, 50]), confirm('b', [60, 70])]
    const store = audit([
      ['a', 'confirmed', { seat: 1 }],
      ['b', 'confirmed', { seat: 1 }],
    ])
    const verdict = judge([...history, ...other, store])
    expect(verdict.verdict).toBe('invalid')
    expect(verdict.oversoldUnits).toBe(1)
    expect(verdict.violations.map(({ rule }) => rule)).toContain('O1')
  })
})

describe('legal answers that look odd', () => {
  const hold = held('a', { seat: 1 }, [0, 10], { deadline: 100 })

  it('include confirm and release said again after the deadline', () => {
    expect(judged(hold, confirm('a', [20, 30]), confirm('a', [500, 510])).verdict).toBe('valid')
    expect(judged(hold, release('a', [20, 30]), release('a', [500, 510])).verdict).toBe('valid')
    expect(judged(hold, confirm('a', [20, 30]), release('a', [500, 510], 'already-confirmed')).verdict).toBe(
      'valid',
    )
  })

  it('include a hold answered again after its end', () => {
    const other = held('b', { seat: 1 }, [200, 210])
    const again = held('a', { seat: 1 }, [300, 310], { deadline: 100 })
    expect(judged(hold, other, again).verdict).toBe('valid')
  })

  it('include a refused id that is granted later, and one that is refused permanently', () => {
    const refused = soldOut('b', { seat: 1 }, [20, 30])
    expect(judged(hold, refused, held('b', { seat: 1 }, [200, 210])).verdict).toBe('valid')
    expect(judged(hold, refused, soldOut('b', { seat: 1 }, [200, 210])).verdict).toBe('valid')
  })

  it('include the lines of one request in another order', () => {
    const two = header({ x: 1, y: 1 })
    const again = [held('a', { x: 1, y: 1 }, [0, 10]), held('a', { y: 1, x: 1 }, [20, 30])]
    expect(judge([two, ...again], { requireAudit: false }).verdict).toBe('valid')
    const reused = [held('a', { x: 1, y: 1 }, [0, 10]), idReused('a', { y: 1, x: 1 }, [20, 30])]
    expect(judge([two, ...reused], { requireAudit: false }).verdict).toBe('valid')
  })
})

describe('a violation', () => {
  it('names exactly the two holds that have one seat', () => {
    const { violations, overReservedUnits, oversoldUnits, firstInvokedUs } = judged(
      held('early', { seat: 1 }, [0, 5], { deadline: 20 }),
      held('a', { seat: 1 }, [100, 110]),
      held('b', { seat: 1 }, [105, 120]),
      confirm('b', [130, 140]),
    )
    expect(violations[0]).toMatchObject({
      rule: 'O1',
      kind: 'oversell',
      resourceId: 'seat',
      atUs: 120_000,
      holdIds: ['b', 'a'],
      message: 'seat has 1 unit, but at 120.000 ms 2 were taken: b (sold), a (held).',
    })
    expect(violations[0]?.operations.map(({ invokedUs }) => invokedUs)).toEqual([100_000, 105_000, 130_000])
    expect({ overReservedUnits, oversoldUnits, firstInvokedUs }).toEqual({
      overReservedUnits: 1,
      oversoldUnits: 0,
      firstInvokedUs: 0,
    })
  })

  it('names the last that came and no more than a reader needs', () => {
    const many = Array.from({ length: 101 }, (_, at) => held(`h${at}`, { class: 1 }, [at, at + 1]))
    const { violations } = judge([header({ class: 100 }), ...many], { requireAudit: false })
    expect(violations[0]?.holdIds[0]).toBe('h100')
    expect(violations[0]?.holdIds).toHaveLength(8)
    expect(violations[0]?.message).toContain('and 93 more')
  })

  it('rebuilds the operations as they were recorded', () => {
    const operations = [
      held('a', { seat: 1 }, [0, 10], { versions: [1], process: 7 }),
      held('b', { seat: 1 }, [5, 12]),
      contended('b', { seat: 1 }, [1, 2]),
      idReused('b', { seat: 2 }, [13, 14]),
      lostHold('b', { seat: 1 }, [15, 15]),
      confirm('a', [20, 30]),
      confirm('b', [21, 22], 'unknown'),
      confirm('b', [23, 24], 'gone'),
      release('a', [31, 32], 'already-confirmed'),
      release('b', [33, 34], 'unknown'),
      release('b', [35, 36], 'gone'),
    ]
    const shown = judged(...operations).violations.find(({ rule }) => rule === 'O1')?.operations
    expect(shown).toEqual([...operations].sort((a, b) => a.invokedUs - b.invokedUs))
  })

  it('counts what it does not keep', () => {
    const capacities = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`seat-${at}`, 1]))
    const twice = Object.keys(capacities).flatMap((id) => [
      held(`a-${id}`, { [id]: 1 }, [0, 1]),
      held(`b-${id}`, { [id]: 1 }, [0, 1]),
    ])
    const verdict = judge([header(capacities), ...twice], { requireAudit: false })
    expect(verdict.violations).toHaveLength(VIOLATIONS_KEPT_MAX)
    expect(verdict.violationsTotal).toBeGreaterThanOrEqual(100)
    expect(verdict.overReservedUnits).toBe(100)
  })

  it('comes of records added one by one as of all at once', () => {
    const records = [seat, held('a', { seat: 1 }, [0, 1]), held('b', { seat: 1 }, [0, 1])]
    const one = new HistoryJudge()
    for (const record of records) one.add(record)
    expect(one.verdict()).toEqual(judge(records))
  })
})
