/** Techniques combined: what does a lease in memory add to a guarded write, and the guard to the lease? */
import { lasting } from '../harness/compare/plan.ts'
import { hotSeat } from '../harness/workloads/hot-seat.ts'
import { seatMap } from '../harness/workloads/seat-map.ts'
import type { Experiment } from './experiment.ts'
import { basis, notCarried, ranking } from './say.ts'

const GUARDED = 'postgres-conditional-update'
const ALONE = ['redis-setnx', 'redlock']
const BOTH = ['redis-setnx-fenced', 'redlock-guarded']
const KEY = 'redis-seat-key'
const STRATEGIES = [GUARDED, ...ALONE, ...BOTH, KEY]
const CALLERS = 32

export const combined: Experiment = {
  name: 'combined',
  question: 'Can the techniques be combined: a lease in memory in front of a guarded write?',
  prediction:
    'Combined they are as safe as the guard alone, and slower than it: the lease adds its round trips, and its losers poll. The guard costs the lease little. Only a key that is itself the hold keeps losers away from the database, and it needs no lease.',
  factors: [
    { name: 'combination', levels: ['guard alone', 'lease alone', 'lease and guard', 'key and sale'] },
    { name: 'workload', levels: [hotSeat.name, seatMap.name] },
  ],
  sections: (scale) => [
    {
      workloads: [hotSeat, seatMap].map(({ name }) => lasting(name, scale.durationMs(1_000))),
      concurrency: [CALLERS],
      repeats: scale.repeats,
      strategies: STRATEGIES,
    },
  ],
  figures: ['goodput', 'truthfulAnswers', 'loserP50', 'holdP95', 'connectionMsPerAnswer'],
  chart: {
    title: 'Holds granted per second in a venue',
    figure: 'goodput',
    along: 'concurrency',
    workload: seatMap.name,
  },
  expectations: [
    {
      words: 'a guard alone grants more than with a lease before it',
      figure: 'goodput',
      more: { strategy: GUARDED, workload: seatMap.name },
      than: { strategy: 'redis-setnx-fenced', workload: seatMap.name },
    },
    {
      words: 'a guard alone grants more than with Redlock before it',
      figure: 'goodput',
      more: { strategy: GUARDED, workload: seatMap.name },
      than: { strategy: 'redlock-guarded', workload: seatMap.name },
    },
  ],
  claims: [
    {
      source: 'article',
      claim: 'Can the techniques be combined in one system? (the last question of the article)',
      judge(data) {
        const rates = [GUARDED, ...ALONE, ...BOTH].map((strategy) =>
          data.figure('goodput', { strategy, workload: seatMap.name }),
        )
        if (rates.includes(undefined)) return notCarried()
        return {
          outcome: 'in-part',
          measured: `They can: a lease with a fence or a guard in the database was valid, and is safe where the lease alone is not. In a venue it costs: ${ranking(rates)}${basis(rates)}.`,
        }
      },
    },
  ],
  answer(data) {
    const venue = STRATEGIES.map((strategy) => data.figure('goodput', { strategy, workload: seatMap.name }))
    const seat = STRATEGIES.map((strategy) =>
      data.figure('truthfulAnswers', { strategy, workload: hotSeat.name }),
    )
    return `Holds granted in a venue with ${CALLERS} callers: ${ranking(venue)}. Truthful answers on one seat: ${ranking(seat)}.${basis([...venue, ...seat])}`
  },
}
