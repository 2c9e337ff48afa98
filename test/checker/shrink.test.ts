/**
 * Goal: a reader sees first the least that convicts, and it does convict. Method: histories by hand, and the
 * parts of perturbed ones, each tried in every order of effects.
 */
import { describe, expect, it } from 'vitest'
import { describe as described } from '../../harness/checker/conviction.ts'
import { judge } from '../../harness/checker/judge.ts'
import type { Operation } from '../../harness/history/record.ts'
import { isExplainable } from './brute-force.ts'
import { confirm, header, held, idReused, read, release, soldOut } from './histories.ts'
import { perturb } from './perturb.ts'
import { seeded, seedOf } from './seeded.ts'
import { EVERYTHING, recordsOf, type Shape, simulate } from './simulate.ts'

const HISTORIES = 4_000
const SMALL: Shape = { ...EVERYTHING, audit: false, operationsMax: 6 }

function smallestOf(capacities: Readonly<Record<string, number>>, ...operations: readonly Operation[]) {
  const verdict = judge([header(capacities), ...operations], { requireAudit: false })
  return verdict.smallest?.operations
}

describe('the smallest part that convicts', () => {
  const a = held('a', { seat: 1 }, [0, 10])
  const b = held('b', { seat: 1 }, [5, 15])

  it('of an oversell has only the requests that collide', () => {
    const again = held('a', { seat: 1 }, [20, 30])
    const refused = soldOut('b', { seat: 1 }, [1, 3])
    const beside = [confirm('a', [40, 50]), read({ seat: 0 }, [60, 70]), refused]
    expect(smallestOf({ seat: 1 }, a, b, again, ...beside)).toEqual([a, b, beside[0]])
  })

  it('keeps a release, without which a hold would look as if it were held still', () => {
    const early = held('early', { seat: 1 }, [0, 2])
    const freed = release('early', [3, 4])
    const smallest = smallestOf(
      { seat: 1 },
      early,
      freed,
      held('x', { seat: 1 }, [5, 8]),
      ...[held('y', { seat: 1 }, [6, 9]), held('x', { seat: 1 }, [10, 12])],
    )
    expect(smallest?.map((each) => each.op !== 'availability' && each.holdId)).toEqual(['x', 'y'])
  })

  it('of one hold has nothing of others', () => {
    const contradictory = [confirm('a', [20, 30]), release('a', [40, 50])]
    const smallest = smallestOf({ seat: 1 }, a, idReused('a', { seat: 2 }, [11, 12]), ...contradictory)
    expect(smallest).toEqual([a, ...contradictory])
  })

  it('of a false refusal has everyone who may have had a unit meanwhile', () => {
    const [c, d] = [held('c', { seat: 1 }, [1, 4]), release('c', [5, 6])]
    const refused = soldOut('x', { seat: 1 }, [20, 30])
    const around = [held('e', { seat: 1 }, [40, 50])]
    expect(smallestOf({ seat: 2 }, a, c, d, refused, ...around)).toEqual([a, refused])
  })

  it('is told first, and all that was found after it', () => {
    const seat = header({ seat: 1 })
    const again = held('a', { seat: 1 }, [20, 30])
    const text = described(judge([seat, a, b, again], { requireAudit: false }), seat)
    expect(text).toMatch(/\n\nThe smallest part that convicts: 2 of 3 operations\.\n\nO1 oversell · seat\n/)
    expect(text.indexOf('All that was found:')).toBeGreaterThan(text.indexOf('The smallest part'))
    expect(text.split('\n').filter((line) => line.includes('hold: held'))).toHaveLength(2 + 3 + 3)
    const plain = described(judge([seat, a, b], { requireAudit: false }), seat)
    expect(plain).not.toContain('smallest')
  })

  it('cannot be explained either, and breaks the same rule', () => {
    const seed = seedOf('smallest parts')
    let seen = 0
    for (let at = 0; at < HISTORIES; at++) {
      const random = seeded(seed + at)
      const history = perturb(random, simulate(random, SMALL), SMALL)
      const { smallest, violations } = judge(recordsOf(history), { requireAudit: false })
      if (smallest === undefined) continue
      seen++
      const { operations, rule } = smallest
      const [first] = violations
      expect(operations.length).toBeLessThan(first?.operations.length ?? 0)
      for (const each of operations) expect(history.operations).toContainEqual(each)
      const again = judge([history.header, ...operations], { requireAudit: false })
      expect(again.violations.map((each) => each.rule)).toContain(rule)
      if (isExplainable(history.header, operations)) {
        expect.fail(`HOLDFAST_SEED=${seed + at}: ${smallest.message}\n${JSON.stringify(history)}`)
      }
    }
    expect(seen).toBeGreaterThan(HISTORIES / 20)
  })
})
