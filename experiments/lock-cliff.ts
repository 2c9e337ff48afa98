/** When does FOR UPDATE on one seat collapse for a pool of N connections? */
import { lasting } from '../harness/compare/plan.ts'
import { hotSeat } from '../harness/workloads/hot-seat.ts'
import type { Experiment } from './experiment.ts'
import { basis, ifAtLeast, ifMore, notCarried, ranking, told } from './say.ts'

const LOCKING = 'postgres-select-for-update'
const GUARDED = 'postgres-conditional-update'
/** The document's: check, update, order and commit under the lock. */
const WORK_MS = 50
/** A quarter of the callers want other seats, so that 267 of them are 200 buyers of one seat. */
const CALLERS = { few: 8, some: 64, claimed: 267 } as const
const POOLS = { usual: 16, claimed: 200 } as const
/** Its own queue: each of 200 buyers waits for all others. */
const TAIL_MS = 14_000
const CLAIMED = { perSecond: 20, waitMs: 10_000 } as const
/** Machines differ by more than this. */
const NEAR = 0.25

export const lockCliff: Experiment = {
  name: 'lock-cliff',
  question: 'When does FOR UPDATE on one seat collapse for a pool of N connections?',
  prediction:
    'With 50 ms under the lock one seat serves 20 callers a second, however many there are and however large the pool: more callers only wait longer, in proportion. Buyers of other seats stay fast until more callers wait for the lock than the pool has connections; then they wait with the others. A pool of 200 moves that point, and not the rate.',
  factors: [
    { name: 'callers', levels: Object.values(CALLERS).map(String) },
    { name: 'pool', levels: Object.values(POOLS).map(String) },
  ],
  sections: (scale) => [
    ...[
      { callers: CALLERS.few, poolSize: POOLS.usual, playMs: 2_000 },
      { callers: CALLERS.few, poolSize: POOLS.claimed, playMs: 2_000 },
      // Buyers of other seats wait for seconds: fewer of them would have no median.
      { callers: CALLERS.some, poolSize: POOLS.usual, playMs: 9_000 },
      { callers: CALLERS.some, poolSize: POOLS.claimed, playMs: 2_000 },
    ].map(({ callers, poolSize, playMs }) => ({
      workloads: [lasting(hotSeat.name, scale.durationMs(playMs))],
      concurrency: [callers],
      repeats: scale.repeats,
      strategies: [LOCKING],
      criticalSectionMs: WORK_MS,
      poolSize,
      tailMs: 3_000,
    })),
    {
      workloads: [lasting(hotSeat.name, scale.durationMs(1_000))],
      concurrency: [CALLERS.claimed],
      repeats: scale.repeats,
      strategies: [LOCKING],
      criticalSectionMs: WORK_MS,
      poolSize: POOLS.claimed,
      tailMs: TAIL_MS,
    },
    {
      workloads: [lasting(hotSeat.name, scale.durationMs(1_000))],
      concurrency: [CALLERS.claimed],
      repeats: scale.repeats,
      strategies: [GUARDED],
      criticalSectionMs: WORK_MS,
      poolSize: POOLS.usual,
    },
  ],
  figures: ['truthfulAnswers', 'holdP50', 'holdP95', 'bystanderP50', 'askAgain', 'connectionMsPerAnswer'],
  chart: { title: 'A buyer of another seat, p50', figure: 'bystanderP50', along: 'concurrency' },
  expectations: [
    {
      words: 'buyers of other seats wait longer with a small pool than with a large one',
      figure: 'bystanderP50',
      more: at(CALLERS.some, POOLS.usual),
      than: at(CALLERS.some, POOLS.claimed),
    },
  ],
  claims: [
    {
      source: 'vetora',
      claim: 'A row lock held for 50 ms lets about 20 reservations per second through one hot seat.',
      lacks: ['an order row in the same transaction'],
      judge(data) {
        const rate = data.figure('truthfulAnswers', at(CALLERS.claimed, POOLS.claimed))
        if (rate === undefined) return notCarried()
        const isNear = Math.abs(rate.median - CLAIMED.perSecond) <= CLAIMED.perSecond * NEAR
        return {
          outcome: isNear ? 'holds' : 'does-not-hold',
          measured: `200 buyers, a pool of 200: ${told(rate)} answered, most of them "sold out"${basis([rate])}. Releasing the seat waits in the same queue.`,
        }
      },
    },
    {
      source: 'vetora',
      claim: 'With 200 buyers the last in the queue waits ten seconds.',
      judge(data) {
        const wait = data.figure('holdP95', at(CALLERS.claimed, POOLS.claimed))
        if (wait === undefined) return notCarried()
        return {
          outcome: ifAtLeast(wait, CLAIMED.waitMs * (1 - NEAR), 'holds'),
          measured: `200 buyers, a pool of 200: p95 ${told(wait)}${basis([wait])}.`,
        }
      },
    },
    {
      source: 'vetora',
      claim: 'Waiting buyers use up a pool of 200 connections, so that all other requests fail: a cliff.',
      lacks: ['a time-out of the pool, after which a service answers 500'],
      judge(data) {
        const before = data.figure('bystanderP50', at(CALLERS.some, POOLS.claimed))
        const after = data.figure('bystanderP50', at(CALLERS.claimed, POOLS.claimed))
        if (before === undefined || after === undefined) return notCarried()
        return {
          outcome: ifMore(after, before, 'in-part'),
          measured: `Buyers of other seats, a pool of 200: p50 ${told(before)} beside 48 buyers of the seat, ${told(after)} beside 200${basis([before, after])}. They waited, and none was refused.`,
        }
      },
    },
  ],
  answer(data) {
    const rates = [CALLERS.some, CALLERS.claimed].map((callers) =>
      data.figure('truthfulAnswers', at(callers, POOLS.claimed)),
    )
    const [small, large] = [POOLS.usual, POOLS.claimed].map((pool) =>
      data.figure('bystanderP50', at(CALLERS.some, pool)),
    )
    const wait = data.figure('holdP95', at(CALLERS.claimed, POOLS.claimed))
    const guarded = data.figure('holdP95', { strategy: GUARDED })
    return `With ${WORK_MS} ms under the lock, one seat answers ${told(rates[0])} with 48 buyers and ${told(rates[1])} with 200: the rate does not collapse, the wait grows (200 buyers, a pool of ${POOLS.claimed}: p95 ${told(wait)}; a conditional update, whose work comes after the claim, ${told(guarded)} with a pool of ${POOLS.usual}). What collapses is everybody else, when more callers wait than the pool has connections: beside 48 buyers of the seat the median wait of a buyer of another one, by size of pool: ${ranking([small, large], ({ of }) => `${of.poolSize} connections`)}.${basis([...rates, wait, small, large])}`
  },
}

function at(concurrency: number, poolSize: number) {
  return { strategy: LOCKING, concurrency, poolSize }
}
