/**
 * Goal: a clock that jumped convicts nobody. Method: what rests on the clock and what does not, with readings
 * that agree with the header and with one that does not.
 */
import { describe, expect, it } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import type { ClockRecord, HistoryRecord, Operation } from '../../harness/history/record.ts'
import { audit, confirm, header, held, OFFSET_MS, read } from './histories.ts'

const seat = header({ seat: 1 })

function reading(atMs: number, offMs: number, errorMs = 0.5): ClockRecord {
  return { type: 'clock', readUs: atMs * 1_000, offsetMs: OFFSET_MS + offMs, errorMs }
}

const steady = [reading(5, 0.2), reading(90, -1.4)]
const jumped = [...steady, reading(60, 3_000), reading(120, 0)]

/** Each is a violation only by the clock. */
const byClock: readonly (readonly [what: string, operations: readonly Operation[]])[] = [
  [
    'a deadline that is not what was asked for',
    [held('a', { seat: 1 }, [0, 10], { ttl: 5_000, deadline: 8_005.5 })],
  ],
  ['a late confirm', [held('a', { seat: 1 }, [0, 10], { deadline: 100 }), confirm('a', [150, 160])]],
  ['early expiry', [held('a', { seat: 1 }, [0, 10]), confirm('a', [150, 160], 'gone')]],
  [
    'an oversell of holds that may have expired',
    [held('a', { seat: 1 }, [0, 10]), held('b', { seat: 1 }, [150, 160])],
  ],
  [
    'a read that misses a freed unit',
    [held('a', { seat: 1 }, [0, 10], { deadline: 100 }), read({ seat: 0 }, [150, 160])],
  ],
]

function verdictOf(...records: readonly HistoryRecord[]) {
  return judge([seat, ...records], { requireAudit: false })
}

describe("an engine's clock that jumped there and back", () => {
  for (const [what, operations] of byClock) {
    it(`makes ${what} unknown`, () => {
      expect(verdictOf(...operations).verdict).toBe('invalid')
      expect(verdictOf(...operations, ...steady).verdict).toBe('invalid')
      const { verdict, reasons, violations } = verdictOf(...jumped, ...operations)
      expect({ verdict, violations }).toEqual({ verdict: 'unknown', violations: [] })
      expect(reasons[0]).toMatch(
        /^At 60\.000 ms the engine's clock was 3000\.000 ms ahead of its course, so what follows from deadlines is not certain: .*\.$/,
      )
    })
  }

  it('excuses nothing that does not rest on it', () => {
    const sold = ['a', 'b'].flatMap((id) => [held(id, { seat: 1 }, [0, 10]), confirm(id, [20, 30])])
    const { verdict, violations } = verdictOf(...sold, ...jumped)
    expect(verdict).toBe('invalid')
    expect(violations.map(({ rule }) => rule)).toContain('O1')
    const other = [held('a', { seat: 1 }, [0, 10]), audit([['a', 'held', { seat: 1 }, 99_000]])]
    expect(verdictOf(...jumped, ...other).violations.map(({ rule }) => rule)).toEqual(['D'])
  })

  it('takes nothing from a history that is valid anyway', () => {
    expect(verdictOf(held('a', { seat: 1 }, [0, 10]), ...jumped).verdict).toBe('valid')
  })

  it('is not seen in a reading that is itself as uncertain', () => {
    const [, operations] = byClock[0] ?? ['', []]
    expect(verdictOf(...operations, reading(60, 3_000, 2_999)).verdict).toBe('invalid')
  })
})
