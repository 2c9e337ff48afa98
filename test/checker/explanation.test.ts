/**
 * Goal: a small history that no order of effects explains is not valid, and what the search says is right.
 * Method: histories that only the search convicts, each with a twin that is legal; random problems, decided
 * also by trying every order; and problems that are too large, which are unknown or left to the other rules.
 */
import { describe, expect, it } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import { isExplained } from '../../harness/checker/search.ts'
import type { SearchHold, SearchProblem, SearchStep } from '../../harness/checker/search-problem.ts'
import { AnswerCode } from '../../harness/history/answer-code.ts'
import type { HistoryRecord, Operation } from '../../harness/history/record.ts'
import { isExplainable } from './brute-force.ts'
import { confirm, header, held, lostHold, read, release, soldOut } from './histories.ts'
import { perturb } from './perturb.ts'
import { seeded, seedOf } from './seeded.ts'
import { EVERYTHING, recordsOf, type Shape, simulate } from './simulate.ts'

const seat = header({ seat: 1 })
const HOUR_MS = 3_600_000

const judged = (...history: readonly HistoryRecord[]) => judge(history, { requireAudit: false })
const rulesOf = (...history: readonly HistoryRecord[]) =>
  judged(...history).violations.map(({ rule }) => rule)

/** A release of unknown outcome, and another that calls the hold gone, though it cannot have expired. */
const goneWithoutEnd: readonly Operation[] = [
  held('a', { seat: 1 }, [0, 10], { deadline: HOUR_MS }),
  release('a', [20, 30], 'unknown'),
  release('a', [40, 50], 'gone'),
]

describe('a small history', () => {
  it('is invalid where no order explains it, though each answer by itself is possible', () => {
    expect(rulesOf(seat, ...goneWithoutEnd)).toEqual(['X'])
    const [hold, lost] = goneWithoutEnd
    if (hold === undefined || lost === undefined) throw new Error('the example has three operations')
    expect(judged(seat, hold, lost, release('a', [40, 50])).verdict).toBe('valid')
    expect(judged(seat, hold, lost, confirm('a', [40, 50], 'gone')).verdict).toBe('valid')
  })

  it('is invalid where a deadline says that a hold was granted when its units were taken', () => {
    const decidedAfter = (ms: number) => [
      held('a', { seat: 1 }, [0, 10], { ttl: 60_000, deadline: 60_005 }),
      held('b', { seat: 1 }, [0, 50], { ttl: 60_000, deadline: 60_002 + ms }),
      release('b', [0, 40]),
      release('a', [200, 210]),
    ]
    expect(rulesOf(seat, ...decidedAfter(20))).toEqual(['X'])
    expect(judged(seat, ...decidedAfter(5)).verdict).toBe('valid')
  })

  it('is valid where units were taken before the deadline was decided', () => {
    const slow = held('a', { seat: 1 }, [0, 100], { ttl: 60_000, deadline: 60_060 })
    expect(judged(seat, slow, soldOut('b', { seat: 1 }, [20, 30])).verdict).toBe('valid')
    expect(judged(seat, slow, read({ seat: 0 }, [20, 30])).verdict).toBe('valid')
  })

  it('is not searched where a line may be lost that could explain it', () => {
    const { format: _, ...rest } = seat
    expect(judged({ ...rest, format: 1 }, ...goneWithoutEnd).verdict).toBe('valid')
  })

  it('is judged by the other rules alone where it is not small', () => {
    const others = Array.from({ length: 9 }, (_, at) => lostHold(`lost-${at}`, { seat: 1 }, [100, 110]))
    expect(judged(seat, ...goneWithoutEnd, ...others.slice(0, 7)).verdict).toBe('invalid')
    expect(judged(seat, ...goneWithoutEnd, ...others).verdict).toBe('valid')
    // Of other resources that no hold connects with these, there may be as many as there are.
    const elsewhere = others.map(({ holdId }) => lostHold(holdId, { x: 1 }, [100, 110]))
    expect(judged(header({ seat: 1, x: 1 }), ...goneWithoutEnd, ...elsewhere).verdict).toBe('invalid')
  })

  it('is unknown where the search gives up, and not valid', () => {
    const many = Array.from({ length: 15 }, (_, at) => held(`h${at}`, { seat: 1 }, [0, 100]))
    const byOneClient = goneWithoutEnd.map((each) => ({ ...each, process: 1 }))
    const { verdict, reasons } = judged(header({ seat: 100 }), ...many, ...byOneClient)
    expect(verdict).toBe('unknown')
    expect(reasons.join(' ')).toContain('not found out within')
  })
})

describe('refusals and reads of a small history', () => {
  // Only if it was granted before 5 ms was the seat taken by then; and then it was taken until 10 s.
  const lost = lostHold('lost', { seat: 1 }, [0, 50])
  const granted = held('later', { seat: 1 }, [10, 20], { deadline: 10_015 })

  it('are invalid where each can be true, but not all of them together', () => {
    const refused = soldOut('refused', { seat: 1 }, [0, 5])
    const { violations } = judged(seat, lost, refused, granted)
    expect(violations).toMatchObject([{ rule: 'X', kind: 'undersell' }])
    expect(judged(seat, lost, refused, release('lost', [6, 8], 'unknown'), granted).verdict).toBe('valid')
    expect(judged(seat, lost, soldOut('refused', { seat: 1 }, [0, 15]), granted).verdict).toBe('valid')
    expect(judged({ ...seat, refusals: 'spurious' }, lost, refused, granted).verdict).toBe('valid')
  })

  it('are invalid where a read is the one that does not fit', () => {
    const { violations } = judged(seat, lost, read({ seat: 0 }, [0, 5]), granted)
    expect(violations).toMatchObject([{ rule: 'X', kind: 'broken-promise' }])
    expect(judged(seat, lost, read({ seat: 1 }, [0, 5]), granted).verdict).toBe('valid')
  })

  it('may find units of a due hold free or taken, in any order, until they must be free', () => {
    const late = header({ seat: 1 }, { freesLateMs: 50 })
    const due = held('due', { seat: 1 }, [0, 2], { deadline: 1_001 })
    const found = [read({ seat: 1 }, [1_010, 1_015]), soldOut('refused', { seat: 1 }, [1_020, 1_025])]
    expect(judged(late, due, ...found).verdict).toBe('valid')
    const again = held('next', { seat: 1 }, [1_016, 1_018], { deadline: 1_017.5 })
    expect(judged(late, due, ...found, again).verdict).toBe('valid')
  })

  it('may repeat a refusal that was true before', () => {
    const before = held('before', { seat: 1 }, [0, 2], { deadline: 1_001 })
    const refusals = [
      soldOut('refused', { seat: 1 }, [10, 15]),
      soldOut('refused', { seat: 1 }, [2_000, 2_005]),
    ]
    expect(judged(seat, before, ...refusals).verdict).toBe('valid')
  })
})

describe('the search', () => {
  const shape: Shape = { ...EVERYTHING, audit: false, operationsMax: 7, refusals: false, reads: false }
  const seed = seedOf('searched histories')
  const HISTORIES = 3_000

  it('convicts nothing that can be explained, and nearly all that cannot', () => {
    let unexplained = 0
    let convicted = 0
    for (let at = 0; at < HISTORIES; at++) {
      const random = seeded(seed + at)
      const history = perturb(random, simulate(random, shape), shape)
      const { verdict } = judge(recordsOf(history), { requireAudit: false })
      const explainable = isExplainable(history.header, history.operations)
      if (explainable) expect(verdict, `HOLDFAST_SEED=${seed + at}`).not.toBe('invalid')
      else unexplained++
      if (verdict === 'invalid') convicted++
    }
    expect(unexplained).toBeGreaterThan(HISTORIES / 5)
    expect(convicted).toBeGreaterThan(unexplained * 0.995)
  })

  it('finds an order of hundreds of calls at once', () => {
    const calls = Array.from({ length: 150 }, (_, at) => at).flatMap((at) => [
      step({ answer: AnswerCode.held, hold: at, payload: 0, fromUs: at, untilUs: at + 10 }),
      step({ answer: AnswerCode.released, hold: at, fromUs: at + 13.5, untilUs: at + 18 }),
    ])
    const problem = problemWith(4, 150, calls)
    expect(isExplained(problem)).toBe('yes')
    expect(isExplained({ ...problem, capacities: [3] })).toBe('no')
  })

  it('gives up rather than say what it did not find out', () => {
    const calls = Array.from({ length: 20 }, (_, hold) =>
      step({ answer: AnswerCode.held, hold, payload: 0, fromUs: 0, untilUs: 10 + hold }),
    )
    const impossible = step({ answer: AnswerCode.confirmed, hold: 20, fromUs: 0, untilUs: 5 })
    expect(isExplained(problemWith(100, 21, [...calls, impossible]))).toBe('gave-up')
  })
})

function step(about: Partial<SearchStep> & Pick<SearchStep, 'answer' | 'hold'>): SearchStep {
  return { payload: -1, fromUs: 0, untilUs: 1, decidedFromUs: Number.NEGATIVE_INFINITY, ...about }
}

/** One resource, of which each hold asks one unit, and whose deadlines are far away. */
function problemWith(capacity: number, holdCount: number, steps: readonly SearchStep[]): SearchProblem {
  const holds = Array.from(
    { length: holdCount },
    (_, hold): SearchHold => ({
      hold,
      granted: 0,
      versions: new Map(),
      dueFromUs: 1e9,
      liveUntilUs: 1e9,
      freedByUs: 1e9,
      stored: undefined,
    }),
  )
  return {
    resources: [0],
    capacities: [capacity],
    payloads: [{ lines: [[0, 1]] }],
    holds,
    observations: [],
    isDated: false,
    steps: steps.toSorted((a, b) => a.untilUs - b.untilUs),
  }
}
