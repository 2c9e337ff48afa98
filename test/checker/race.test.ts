/**
 * Goal: a race as data says what its drawing says. Method: a small history, and every violation of
 * perturbed ones.
 */
import { describe, expect, it } from 'vitest'
import { judge } from '../../harness/checker/judge.ts'
import { raceOf, raceOfViolation } from '../../harness/checker/race.ts'
import { confirm, header, held } from './histories.ts'
import { perturb } from './perturb.ts'
import { seeded, seedOf } from './seeded.ts'
import { EVERYTHING, recordsOf, simulate } from './simulate.ts'

const HISTORIES = 60

describe('a race', () => {
  it('has both holds, their calls, when they certainly had the seat, and the moment of the oversell', () => {
    const seat = header({ 'seat-1': 1 })
    const verdict = judge([
      seat,
      held('ann', { 'seat-1': 1 }, [100, 102], { process: 3 }),
      held('bob', { 'seat-1': 1 }, [101, 104], { process: 7 }),
      confirm('ann', [103, 106]),
    ])
    expect(raceOf(verdict, seat)).toMatchObject({
      rule: 'O1',
      kind: 'oversell',
      resourceId: 'seat-1',
      atMs: 4,
      holds: [
        {
          holdId: 'bob',
          lines: [['seat-1', 1]],
          calls: [{ client: 7, op: 'hold', answer: 'held', fromMs: 1, untilMs: 4 }],
        },
        {
          holdId: 'ann',
          calls: [{ op: 'hold' }, { op: 'confirm', answer: 'confirmed' }],
          has: { fromMs: 2 },
        },
      ],
    })
  })

  it('of a valid history is none', () => {
    const seat = header({ seat: 1 })
    expect(
      raceOf(judge([seat, held('a', { seat: 1 }, [0, 1])], { requireAudit: false }), seat),
    ).toBeUndefined()
  })

  it('lies within its own span, and survives being written as JSON', () => {
    const seed = seedOf('races')
    let seen = 0
    for (let index = 0; index < HISTORIES; index++) {
      const random = seeded(seed + index)
      const history = perturb(random, simulate(random, EVERYTHING), EVERYTHING)
      const verdict = judge(recordsOf(history))
      for (const violation of verdict.violations) {
        if (violation.operations.length === 0) continue
        const race = raceOfViolation(violation, history.header, verdict.firstInvokedUs)
        seen++
        expect(JSON.parse(JSON.stringify(race))).toEqual(race)
        for (const { fromMs, untilMs } of race.holds.flatMap(({ calls }) => calls)) {
          expect(fromMs).toBeGreaterThanOrEqual(race.fromMs)
          expect(untilMs).toBeLessThanOrEqual(race.untilMs)
        }
        if (race.atMs !== undefined) expect(race.atMs).toBeLessThanOrEqual(race.untilMs)
      }
    }
    expect(seen).toBeGreaterThan(0)
  })
})
