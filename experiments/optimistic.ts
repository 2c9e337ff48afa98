/** When does optimistic locking lose: on a seat, where a loser fails, or on a counter, where it retries? */
import { lasting } from '../harness/compare/plan.ts'
import { hotSeat } from '../harness/workloads/hot-seat.ts'
import { sellOut } from '../harness/workloads/sell-out.ts'
import type { Experiment } from './experiment.ts'
import { basis, ifMore, notCarried, ranking, told } from './say.ts'

const VERSIONED = 'postgres-optimistic-version'
const SERIALIZABLE = 'postgres-serializable'
const GUARDED = 'postgres-conditional-update'
const LOCKING = 'postgres-select-for-update'
const STRATEGIES = [VERSIONED, SERIALIZABLE, GUARDED, LOCKING]
const [FEW, CROWD] = [4, 64] as const

export const optimistic: Experiment = {
  name: 'optimistic',
  question: 'When does optimistic locking lose: on one seat, or on a GA counter?',
  prediction:
    'On the counter. On a seat, the loser of a race finds it taken, and knows. On a counter the units are still there, so that a loser has to read and write again; with dozens of callers most attempts are for nothing, and some give up although tickets are left. With few callers nothing is lost.',
  factors: [
    { name: 'workload', levels: [hotSeat.name, sellOut.name] },
    { name: 'callers', levels: [FEW, CROWD].map(String) },
  ],
  sections: (scale) => [
    {
      workloads: [
        lasting(hotSeat.name, scale.durationMs(1_000)),
        lasting(sellOut.name, scale.durationMs(1_000)),
      ],
      concurrency: [FEW, CROWD],
      repeats: scale.repeats,
      strategies: STRATEGIES,
    },
  ],
  figures: ['goodput', 'truthfulAnswers', 'attempts', 'askAgain', 'holdP95', 'connectionMs'],
  chart: {
    title: 'Attempts per granted hold on a counter',
    figure: 'attempts',
    along: 'concurrency',
    workload: sellOut.name,
  },
  expectations: [
    {
      words: 'a conditional update grants more on a contended counter than a compared version',
      figure: 'goodput',
      more: { strategy: GUARDED, workload: sellOut.name, concurrency: CROWD },
      than: { strategy: VERSIONED, workload: sellOut.name, concurrency: CROWD },
    },
    {
      words: 'a row lock grants more on a contended counter than a compared version',
      figure: 'goodput',
      more: { strategy: LOCKING, workload: sellOut.name, concurrency: CROWD },
      than: { strategy: VERSIONED, workload: sellOut.name, concurrency: CROWD },
    },
  ],
  claims: [
    {
      source: 'article',
      claim:
        'Optimistic locking suits low contention; under high contention most of its work is for nothing.',
      judge(data) {
        const [few, crowd] = [FEW, CROWD].map((concurrency) =>
          data.figure('attempts', { strategy: VERSIONED, workload: sellOut.name, concurrency }),
        )
        if (few === undefined || crowd === undefined) return notCarried()
        return {
          outcome: crowd.median >= 2 ? ifMore(crowd, few, 'holds') : 'does-not-hold',
          measured: `On one counter it took ${told(few)} attempts for each granted hold with ${FEW} callers, and ${told(crowd)} with ${CROWD}${basis([few, crowd])}.`,
        }
      },
    },
    {
      source: 'article',
      claim:
        'Instead of comparing a version, the update may rely on the status of the record alone (a question of the article).',
      judge(data) {
        const [guarded, versioned] = [GUARDED, VERSIONED].map((strategy) =>
          data.figure('goodput', { strategy, workload: sellOut.name, concurrency: CROWD }),
        )
        const standing = data.standing(GUARDED)
        if (standing.kind !== 'valid') return notCarried()
        return {
          outcome: 'holds',
          measured: `The conditional update does that; it was valid in ${standing.trials} trials, and granted ${told(guarded)} on one counter with ${CROWD} callers, the version ${told(versioned)}${basis([guarded, versioned])}.`,
        }
      },
    },
  ],
  answer(data) {
    const at = (workload: string) => ({ workload, concurrency: CROWD })
    const counter = STRATEGIES.map((strategy) => data.figure('goodput', { strategy, ...at(sellOut.name) }))
    const seat = STRATEGIES.map((strategy) =>
      data.figure('truthfulAnswers', { strategy, ...at(hotSeat.name) }),
    )
    const attempts = data.figure('attempts', { strategy: VERSIONED, ...at(sellOut.name) })
    const again = data.figure('askAgain', { strategy: VERSIONED, ...at(sellOut.name) })
    return `With ${CROWD} callers, holds granted on a counter: ${ranking(counter)}; the version needed ${told(attempts)} attempts for each, and told ${told(again)} of its callers to ask again. Truthful answers on one seat: ${ranking(seat)}.${basis([...counter, ...seat])}`
  },
}
