/** When do abandoned seats come back: lazily, by a sweeper, by Redis's TTL, by TigerBeetle's timeout? */
import { lasting } from '../harness/compare/plan.ts'
import { abandonedSeats, sweptSeats } from './abandoned-seats.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, relation, told } from './say.ts'

const LAZY = 'postgres-conditional-update'
const STRATEGIES = [
  LAZY,
  'postgres-select-for-update',
  'redis-seat-key',
  'redis-lua',
  'redis-hash-fields',
  'tigerbeetle-pending-transfer',
]
const SWEPT = [LAZY, 'redis-lua']
/** Each with a seat of its own, and most of the time asking for nothing. */
const CALLERS = 32
/** Each seat is abandoned once a second: enough for a 95th percentile. */
const PLAY_MS = 4_500

export const abandoned: Experiment = {
  name: 'abandoned',
  question: 'When is an abandoned seat had again: lazily, by a sweeper, by a TTL, by TigerBeetle?',
  prediction:
    'Where a hold decides by the deadline in the row or key, with the next request: in about the time of one round trip, and a sweeper beside it changes nothing for those who ask. A TTL of Redis frees within a millisecond or so of its deadline. TigerBeetle frees with a pulse of its own, within a tenth of a second or so; until then the seat is neither sold nor free.',
  factors: [{ name: 'workload', levels: [abandonedSeats.name, sweptSeats.name] }],
  workloads: [abandonedSeats, sweptSeats],
  sections: (scale) => [
    {
      workloads: [lasting(abandonedSeats.name, scale.durationMs(PLAY_MS))],
      concurrency: [CALLERS],
      repeats: scale.repeats,
      strategies: STRATEGIES,
      tailMs: 1_500,
    },
    {
      workloads: [lasting(sweptSeats.name, scale.durationMs(PLAY_MS))],
      concurrency: [CALLERS],
      repeats: scale.repeats,
      strategies: SWEPT,
      tailMs: 1_500,
    },
  ],
  figures: ['freedP50', 'freedP95'],
  chart: {
    title: 'An abandoned seat is had again, p50 after its deadline',
    figure: 'freedP50',
    along: 'concurrency',
    workload: abandonedSeats.name,
  },
  expectations: [
    {
      words: 'TigerBeetle frees an abandoned seat later than a lazy strategy on PostgreSQL',
      figure: 'freedP50',
      more: { strategy: 'tigerbeetle-pending-transfer', workload: abandonedSeats.name },
      than: { strategy: LAZY, workload: abandonedSeats.name },
    },
  ],
  claims: [],
  answer(data) {
    const lazily = STRATEGIES.map((strategy) =>
      data.figure('freedP50', { strategy, workload: abandonedSeats.name }),
    )
    const [alone] = lazily
    const beside = data.figure('freedP50', { strategy: LAZY, workload: sweptSeats.name })
    return `Half of those who kept asking had the seat, after its deadline, soonest first: ${ranking(lazily)}. With a sweeper beside them, ${LAZY} has it after ${told(beside)}, compared with ${told(alone)} without: ${relation(beside, alone)}.${basis([...lazily, beside])}`
  },
}
