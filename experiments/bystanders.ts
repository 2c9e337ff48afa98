/** Does a hot seat hurt the buyers of other seats, and the readers of the seat map? */
import { lasting } from '../harness/compare/plan.ts'
import { hotSeat } from '../harness/workloads/hot-seat.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, relation, told } from './say.ts'

const LOCKING = 'postgres-select-for-update'
const KEYS = 'redis-seat-key'
const STRATEGIES = [
  LOCKING,
  'postgres-nowait',
  'postgres-conditional-update',
  'postgres-advisory-lock',
  KEYS,
  'redis-lua',
  'tigerbeetle-pending-transfer-batched',
]
const [FEW, CROWD] = [8, 128] as const
/** As much as a handler does under the lock without calling anybody. */
const WORK_MS = 2

export const bystanders: Experiment = {
  name: 'bystanders',
  question: 'Does a hot seat hurt buyers of other seats, and readers of the seat map?',
  prediction:
    'Where losers wait for the lock on a pooled connection, yes: with more of them than connections, everybody waits for one. Where they are refused at once, hardly. In Redis and TigerBeetle one thread serves all keys, so that others pay for the refusals, but a fraction of a millisecond each.',
  factors: [{ name: 'callers', levels: [FEW, CROWD].map(String) }],
  sections: (scale) =>
    [
      { callers: FEW, strategies: [LOCKING, KEYS] },
      { callers: CROWD, strategies: STRATEGIES },
    ].map(({ callers, strategies }) => ({
      workloads: [lasting(hotSeat.name, scale.durationMs(1_500))],
      concurrency: [callers],
      repeats: scale.repeats,
      strategies,
      criticalSectionMs: WORK_MS,
    })),
  figures: ['bystanderP95', 'readP50', 'readP95', 'truthfulAnswers', 'loserP95', 'connectionMsPerAnswer'],
  chart: { title: 'A buyer of another seat, p95', figure: 'bystanderP95', along: 'concurrency' },
  expectations: [
    {
      words: 'buyers of other seats wait longer beside FOR UPDATE than beside a conditional update',
      figure: 'bystanderP95',
      more: { strategy: LOCKING, concurrency: CROWD },
      than: { strategy: 'postgres-conditional-update', concurrency: CROWD },
    },
    {
      words: 'buyers of other seats wait longer beside FOR UPDATE than beside NOWAIT',
      figure: 'bystanderP95',
      more: { strategy: LOCKING, concurrency: CROWD },
      than: { strategy: 'postgres-nowait', concurrency: CROWD },
    },
  ],
  claims: [],
  answer(data) {
    const crowded = STRATEGIES.map((strategy) =>
      data.figure('bystanderP95', { strategy, concurrency: CROWD }),
    )
    const [few, crowd] = [FEW, CROWD].map((concurrency) =>
      data.figure('bystanderP95', { strategy: LOCKING, concurrency }),
    )
    const [quick, reader] = [FEW, CROWD].map((concurrency) =>
      data.figure('readP50', { strategy: LOCKING, concurrency }),
    )
    return `Beside ${CROWD} callers, 95 % of the buyers of other seats are answered after, soonest first: ${ranking(crowded)}. Under FOR UPDATE it is ${told(crowd)} beside ${CROWD} callers and ${told(few)} beside ${FEW} (${relation(crowd, few)}); half of the readers of the seat map wait for ${told(reader)} beside ${CROWD} and for ${told(quick)} beside ${FEW}.${basis([...crowded, few, reader, quick])}`
  },
}
