/** Several seats at once, locked in one order or in any: how many deadlocks? */
import { lasting } from '../harness/compare/plan.ts'
import { multiSeat } from '../harness/workloads/multi-seat.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, told } from './say.ts'
import { variant } from './variants/variant.ts'

const LOCKING = 'postgres-select-for-update'
const ORDERED = 'postgres-locks-in-order'
const UNORDERED = 'postgres-locks-in-any-order'
const STRATEGIES = [LOCKING, ORDERED, UNORDERED]
const CALLERS = 16
const PLAY_MS = 2_000
/** A deadlock is found after a second, so that few holds are granted in a longer time. */
const DEADLOCKED_MS = 8_000

export const twoSeats: Experiment = {
  name: 'two-seats',
  question: 'Two seats and more, locked in one order or in any: how many deadlocks?',
  prediction:
    'None in one order. In any order two buyers of the same two seats deadlock about every second time that they meet; the database notices after its deadlock timeout, for which both wait with everybody behind them, and ends one. So that the order costs nothing, and its absence most of the rate.',
  factors: [{ name: 'order of the locks', levels: ['by id', 'any'] }],
  variants: [
    variant(LOCKING, ORDERED, 'one lock after another, by id', async () =>
      (await import('./variants/one-lock-each.ts')).lockingIn('id-order'),
    ),
    variant(LOCKING, UNORDERED, 'one lock after another, in any order', async () =>
      (await import('./variants/one-lock-each.ts')).lockingIn('any-order'),
    ),
  ],
  sections: (scale) =>
    [
      { strategies: [LOCKING, ORDERED], playMs: PLAY_MS },
      { strategies: [UNORDERED], playMs: DEADLOCKED_MS },
    ].map(({ strategies, playMs }) => ({
      workloads: [lasting(multiSeat.name, scale.durationMs(playMs))],
      concurrency: [CALLERS],
      repeats: scale.repeats,
      strategies,
    })),
  figures: ['goodput', 'deadlocks', 'askAgain', 'holdP95'],
  chart: { title: 'Groups seated per second', figure: 'goodput', along: 'concurrency' },
  expectations: [
    {
      words: 'locks in id order seat more groups than locks in any order',
      figure: 'goodput',
      more: { strategy: ORDERED },
      than: { strategy: UNORDERED },
    },
  ],
  claims: [],
  answer(data) {
    const rates = STRATEGIES.map((strategy) => data.figure('goodput', { strategy }))
    const [ordered, unordered] = [ORDERED, UNORDERED].map((strategy) =>
      data.figure('deadlocks', { strategy }),
    )
    return `Groups of two to six who want overlapping seats, ${CALLERS} callers: ${told(unordered)} end in a deadlock where locks are taken in any order, ${told(ordered)} in id order. Holds granted: ${ranking(rates)}.${basis([...rates, ordered, unordered])}`
  },
}
