/**
 * Goal: a hold takes all of its lines or none, without deadlocks. Method: overlapping seats, opposite
 * orders.
 */
import type { HoldOutcome, ResourceId } from '../../strategies/strategy.ts'
import { expectThat } from './expectation.ts'
import {
  type Case,
  expectAvailable,
  held,
  newHold,
  request,
  resource,
  type Subject,
  seats,
} from './subject.ts'

const CROWD = 12
const ROUNDS = 8

export const allOrNothing: readonly Case[] = [
  {
    name: 'a hold with one impossible line takes nothing of its other lines',
    property: 'A hold takes all of its lines or none.',
    async run(subject) {
      const [a, b, c] = [await resource(subject, 5), await resource(subject, 1), await resource(subject, 5)]
      await held(subject.strategy, { [b]: 1 })
      const refused = await subject.strategy.hold(request({ [a]: 2, [b]: 1, [c]: 2 }))
      expectThat('a hold of three lines, the second of which is sold out', refused).matches({
        kind: 'sold-out',
        resourceId: b,
      })
      await expectAvailable(subject, a, 5)
      await expectAvailable(subject, c, 5)
    },
  },
  {
    name: 'confirm and release apply to all lines',
    property: 'Confirm sells every line of a hold, and release frees every line.',
    async run(subject) {
      const [a, b] = [await resource(subject, 3), await resource(subject, 3)]
      const sold = await held(subject.strategy, { [a]: 1, [b]: 2 })
      const given = await held(subject.strategy, { [a]: 2, [b]: 1 })
      await subject.strategy.confirm(sold.id)
      await subject.strategy.release(given.id)
      await expectAvailable(subject, a, 2)
      await expectAvailable(subject, b, 1)
    },
  },
  {
    name: 'buyers of the same seats in opposite orders, repeatedly: no deadlock, no half holds, every connection is returned',
    property: 'The order of lines is the buyer’s, and a strategy that locks sorts them itself.',
    alone: true,
    async run(subject) {
      const row = await seats(subject, 6)
      const all = await Promise.all(Array.from({ length: CROWD }, (_, at) => buyerOf(subject, row, at)))
      const outcomes = all.flat()
      const deadlocked = outcomes.filter(
        (outcome) => outcome.kind === 'contended' && outcome.reason === 'deadlock',
      )
      expectThat('holds that ended in a deadlock', deadlocked).equals([])
      expectThat(
        'whether any buyer got a hold',
        outcomes.some(({ kind }) => kind === 'held'),
      ).equals(true)
      const answers = await subject.strategy.availability(row)
      expectThat(
        'units available after all releases',
        answers.map((answer) => answer.available),
      ).equals(row.map(() => 1))
      expectThat('what was left open', await subject.ground.leftOpen()).equals([])
    },
  },
]

/** Holds and releases overlapping seats, every second buyer in descending order. */
async function buyerOf(
  subject: Subject,
  row: readonly ResourceId[],
  from: number,
): Promise<readonly HoldOutcome[]> {
  const outcomes: HoldOutcome[] = []
  const wanted = from % 2 ? row : row.toReversed()
  const strategy = from % 2 ? subject.strategy : subject.other
  for (let round = 0; round < ROUNDS; round++) {
    const lines = rotate(wanted, from + round)
      .slice(0, 2 + (round % 4))
      .map((resourceId) => ({ resourceId, quantity: 1 }))
    const asked = { ...request({}), holdId: newHold(), lines }
    const outcome = await strategy.hold(asked)
    outcomes.push(outcome)
    if (outcome.kind === 'held')
      expectThat('the release of a hold', await strategy.release(asked.holdId)).equals({ kind: 'released' })
  }
  return outcomes
}

function rotate(ids: readonly ResourceId[], by: number): readonly ResourceId[] {
  const at = by % ids.length
  return [...ids.slice(at), ...ids.slice(0, at)]
}
