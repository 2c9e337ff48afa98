/**
 * Goal: a verdict can be shown to a class. Method: the exact text of a small one, and the bounds of any.
 * @module-tag full
 */
import { expect, describe as group, it } from 'vitest'
import { describe } from '../../harness/checker/conviction.ts'
import { judge } from '../../harness/checker/judge.ts'
import { confirm, header, held, lostHold, read } from './histories.ts'
import { perturb } from './perturb.ts'
import { seeded, seedOf } from './seeded.ts'
import { EVERYTHING, recordsOf, simulate } from './simulate.ts'

group('a verdict as text', () => {
  it('shows who had the seat, and when', () => {
    const seat = header({ 'seat-1': 1 }, { strategy: 'check-then-act', workload: 'one seat', seed: 7 })
    const verdict = judge([
      seat,
      held('ann', { 'seat-1': 1 }, [100, 102], { process: 3 }),
      held('bob', { 'seat-1': 1 }, [101, 104], { process: 7 }),
      confirm('ann', [103, 106], 'confirmed', 3),
      confirm('bob', [105, 107], 'unknown', 7),
    ])
    const [first] = describe(
      { ...verdict, violations: verdict.violations.slice(0, 1), violationsTotal: 1 },
      seat,
    ).split('\n\nAnd')
    expect(first).toMatchInlineSnapshot(`
      "INVALID  check-then-act, one seat, seed 7
      4 operations, 1 of unknown outcome; 1 violation, over-reserved by 1.

      O1 oversell · seat-1
      seat-1 has 1 unit, but at 4.000 ms 2 were taken: bob (held), ann (sold).

                                                                            ▼ 4.000 ms
      bob: 1 of seat-1                                                      │
        client 7  hold: held                    ├───────────────────────────┤
        client 7  confirm: unknown                                          │         ├╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌?
        certainly has it                                                    ┿━━━━━━━━━━━━━━━━━━━━━━━━━━━━▶
      ann: 1 of seat-1                                                      │
        client 3  hold: held          ├──────────────────┤                  │
        client 3  confirm: confirmed                               ├────────┼──────────────────┤
        certainly has it                                 ━━━━━━━━━━━━━━━━━━━┿━━━━━━━━━━━━━━━━━━━━━━━━━━━━▶
                                      ────────────────────────────────────────────────────────────────────
                                      0.000 ms                                                    7.000 ms
      "
    `)
  })

  it('says of a valid history only that, and of an unknown one why', () => {
    const seat = header({ seat: 1 })
    const history = [seat, held('a', { seat: 1 }, [0, 1])]
    expect(describe(judge(history, { requireAudit: false }), seat)).toBe(
      'VALID  by-hand, example, seed 1\n1 operations, 0 of unknown outcome: every answer can be true.\n',
    )
    expect(describe(judge([seat, lostHold('a', { seat: 1 }, [0, 1])], { requireAudit: false }), seat)).toBe(
      'UNKNOWN  by-hand, example, seed 1\n1 operations, 1 of unknown outcome. This is not a pass:\n' +
        '- The outcome of every operation is unknown.\n',
    )
  })

  it('draws a read, too', () => {
    const seat = header({ seat: 1 })
    const text = describe(
      judge([seat, held('a', { seat: 1 }, [0, 10]), read({ seat: 1 }, [20, 30], 5)]),
      seat,
    )
    expect(text).toContain('client 5  read: 1 of seat')
  })

  it('is never wider than 100 columns', () => {
    const seed = seedOf('verdicts as text')
    for (let at = 0; at < 2_000; at++) {
      const random = seeded(seed + at)
      const history = perturb(random, simulate(random, EVERYTHING), EVERYTHING)
      const text = describe(judge(recordsOf(history)), history.header)
      for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
    }
  })
})
