/** A slow call, such as a payment: before the claim commits, or after it? Who pays? */
import { lasting } from '../harness/compare/plan.ts'
import { hotSeat } from '../harness/workloads/hot-seat.ts'
import { seatMap } from '../harness/workloads/seat-map.ts'
import type { Experiment } from './experiment.ts'
import { basis, notCarried, ranking, times, told } from './say.ts'

/** The same row, locked: the call is made before the commit, or after a claim of one statement. */
const WITHIN = 'postgres-select-for-update'
const AFTER = 'postgres-conditional-update'
const STRATEGIES = [WITHIN, 'postgres-optimistic-version', AFTER, 'redis-seat-key']
const CALLERS = 64
const CALL_MS = 50

export const slowCall: Experiment = {
  name: 'slow-call',
  question: 'A slow call, such as a payment: before or after the claim? Who pays?',
  prediction:
    'Before the commit, everybody pays: the connection and the lock are kept for as long as the call takes, so that a pool of N serves N/50 ms at most, and a hot seat one caller per call. After the claim only the buyer pays, and the losers know at once.',
  factors: [
    { name: 'where the call is made', levels: ['before the commit', 'after the claim'] },
    { name: 'workload', levels: [hotSeat.name, seatMap.name] },
    { name: 'milliseconds of the call', levels: ['0', String(CALL_MS)] },
  ],
  sections: (scale) =>
    [0, CALL_MS].map((criticalSectionMs) => ({
      workloads: [
        lasting(hotSeat.name, scale.durationMs(1_000)),
        lasting(seatMap.name, scale.durationMs(1_000)),
      ],
      concurrency: [CALLERS],
      repeats: scale.repeats,
      strategies: STRATEGIES,
      criticalSectionMs,
      tailMs: criticalSectionMs * 20,
    })),
  figures: ['goodput', 'truthfulAnswers', 'loserP50', 'loserP95', 'bystanderP95', 'holdP95', 'connectionMs'],
  chart: {
    title: 'Holds granted per second in a venue',
    figure: 'goodput',
    along: 'criticalSectionMs',
    workload: seatMap.name,
  },
  expectations: [
    {
      words: 'a call after the claim sells more than one before the commit',
      figure: 'goodput',
      more: { strategy: AFTER, workload: seatMap.name, criticalSectionMs: CALL_MS },
      than: { strategy: WITHIN, workload: seatMap.name, criticalSectionMs: CALL_MS },
    },
  ],
  claims: [
    {
      source: 'vetora',
      claim:
        'A key per seat in Redis instead of a row lock cuts the time of the lock from 50 to 2 ms, 25 times.',
      lacks: ['a network between the service and Redis'],
      judge(data) {
        const at = { workload: hotSeat.name, criticalSectionMs: CALL_MS }
        const locked = data.figure('loserP50', { strategy: WITHIN, ...at })
        const key = data.figure('loserP50', { strategy: 'redis-seat-key', ...at })
        const outside = data.figure('loserP50', { strategy: AFTER, ...at })
        if (locked === undefined || key === undefined) return notCarried()
        return {
          outcome: locked.median / key.median >= 25 ? 'in-part' : 'does-not-hold',
          measured: `A loser knows after ${told(locked)} (p50) behind the row lock and after ${told(key)} by the key${basis([locked, key])}; but the call has also moved out of the lock: with PostgreSQL alone and the call after the claim it is ${told(outside)}.`,
        }
      },
    },
  ],
  answer(data) {
    const of = (strategy: string, workload: string, criticalSectionMs = CALL_MS) => ({
      strategy,
      workload,
      criticalSectionMs,
    })
    const venue = STRATEGIES.map((strategy) => data.figure('goodput', of(strategy, seatMap.name)))
    const losers = [WITHIN, AFTER].map((strategy) => data.figure('loserP50', of(strategy, hotSeat.name)))
    const [slow, fast] = [CALL_MS, 0].map((ms) => data.figure('goodput', of(WITHIN, seatMap.name, ms)))
    return `With a call of ${CALL_MS} ms and ${CALLERS} callers, holds granted in a venue: ${ranking(venue)}; with FOR UPDATE, which makes the call before its commit, this is ${told(slow)}, and ${told(fast)} without the call (${times(slow, fast)}). On one seat half of the losers know after: ${ranking(losers)}.${basis([...venue, ...losers])}`
  },
}
