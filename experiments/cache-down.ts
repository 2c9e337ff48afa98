/** A lock in memory keeps load off the database. How much falls on it when the cache is down? */
import { lasting } from '../harness/compare/plan.ts'
import { hotSeat } from '../harness/workloads/hot-seat.ts'
import type { Experiment } from './experiment.ts'
import { basis, notCarried, ranking, times } from './say.ts'

const IN_FRONT = 'redis-setnx-fenced'
const KEY = 'redis-seat-key'
/** What a service falls back to. */
const LOCKING = 'postgres-select-for-update'
const GUARDED = 'postgres-conditional-update'
const STRATEGIES = [IN_FRONT, KEY, LOCKING, GUARDED]
const CALLERS = 64

export const cacheDown: Experiment = {
  name: 'cache-down',
  question:
    'How much load does a lock in memory keep off the database, and so falls on it when the cache is down?',
  prediction:
    'A lease in front of a transaction only moves the queue: the holder of the lease still asks the database, so that little falls on it later. A key that is the hold keeps all losers away: without it the database gets every one of them.',
  factors: [{ name: 'in front of the database', levels: ['a lease', 'a key', 'nothing'] }],
  sections: (scale) => [
    {
      workloads: [lasting(hotSeat.name, scale.durationMs(1_500))],
      concurrency: [CALLERS],
      repeats: scale.repeats,
      strategies: STRATEGIES,
    },
  ],
  figures: ['connectionMsPerAnswer', 'truthfulAnswers', 'loserP95', 'serversCpu'],
  chart: { title: 'Connection time per answer', figure: 'connectionMsPerAnswer', along: 'concurrency' },
  claims: [
    {
      source: 'article',
      claim: 'An unavailable cache lets the load on the database jump.',
      lacks: ['a cache that goes down during the run'],
      judge(data) {
        const [lease, nothing] = [IN_FRONT, GUARDED].map((strategy) =>
          data.figure('connectionMsPerAnswer', { strategy }),
        )
        if (lease === undefined || nothing === undefined) return notCarried()
        return {
          outcome: 'in-part',
          measured: `Connection time of the database per answer: ${times(nothing, lease)} without the lease in front${basis([lease, nothing])}.`,
        }
      },
    },
  ],
  answer(data) {
    const time = STRATEGIES.map((strategy) => data.figure('connectionMsPerAnswer', { strategy }))
    const answers = STRATEGIES.map((strategy) => data.figure('truthfulAnswers', { strategy }))
    return `Connection time that the database spends for each answer on one seat with ${CALLERS} callers: ${ranking(time)}; truthful answers: ${ranking(answers)}. The cache was up: what a service does while it goes down is another question.${basis([...time, ...answers])}`
  },
}
