/** Is Redis still faster once the durable write counts? */
import { lasting } from '../harness/compare/plan.ts'
import { sellOut } from '../harness/workloads/sell-out.ts'
import type { Experiment } from './experiment.ts'
import { basis, ifAtLeast, notCarried, ranking, times, told } from './say.ts'

const RECORD = 'redis-lua'
const GUARDED = 'postgres-conditional-update'
const BATCHED = `${GUARDED}-batched`
const STRATEGIES = [
  RECORD,
  'redis-hash-fields',
  'redis-seat-key',
  GUARDED,
  BATCHED,
  'tigerbeetle-pending-transfer-batched',
]
const CROWD = 128

export const durableRedis: Experiment = {
  name: 'durable-redis',
  question: 'Is Redis still faster once the durable write counts?',
  prediction:
    'With a log that is synced once a second, by far. Synced before each answer it pays as a database does, but commands that arrive together share one sync, so that it stays ahead of one commit per buyer, and about level with a database whose callers share a commit. A sale that also ends in PostgreSQL costs a commit again.',
  factors: [{ name: 'an answer means', levels: ['on disk', 'in memory, on disk within a second'] }],
  durabilities: ['durable', 'relaxed'],
  sections: (scale) => [
    {
      workloads: [lasting(sellOut.name, scale.durationMs(1_000))],
      concurrency: [CROWD],
      repeats: scale.repeats,
      strategies: STRATEGIES,
    },
  ],
  figures: ['sales', 'holdP95', 'clientCpu', 'serversCpu', 'salesPerCpuSecond'],
  chart: { title: 'Sales per second', figure: 'sales', along: 'concurrency' },
  expectations: [
    {
      words: 'Redis, synced before each answer, sells more than one commit per buyer',
      figure: 'sales',
      more: { strategy: RECORD, concurrency: CROWD, durability: 'durable' },
      than: { strategy: GUARDED, concurrency: CROWD, durability: 'durable' },
    },
    {
      words: 'Redis, synced once a second, sells more than a database',
      figure: 'sales',
      more: { strategy: RECORD, concurrency: CROWD, durability: 'relaxed' },
      than: { strategy: BATCHED, concurrency: CROWD, durability: 'relaxed' },
    },
  ],
  claims: [
    {
      source: 'tigerfans',
      claim: 'Everything in Redis instead of PostgreSQL: from 150 to 930 reservations per second, 6 times.',
      lacks: ['HTTP, sessions and orders around each reservation', 'Python'],
      judge(data) {
        const at = { concurrency: CROWD, durability: 'relaxed' } as const
        const inMemory = data.figure('goodput', { strategy: RECORD, ...at })
        const onDisk = data.figure('goodput', { strategy: GUARDED, ...at, durability: 'durable' })
        if (inMemory === undefined || onDisk === undefined) return notCarried()
        return {
          outcome: inMemory.median / onDisk.median >= 4.5 ? 'in-part' : 'does-not-hold',
          measured: `${told(inMemory)} in Redis synced once a second, ${told(onDisk)} in PostgreSQL synced by each commit: ${times(inMemory, onDisk)}${basis([inMemory, onDisk])}.`,
        }
      },
    },
    {
      source: 'tigerfans',
      claim: 'With PostgreSQL in the hot path the limit is about 150 reservations per second.',
      lacks: ['HTTP, sessions and orders around each reservation', 'Python'],
      judge(data) {
        const rate = data.figure('goodput', { strategy: GUARDED, concurrency: CROWD, durability: 'durable' })
        if (rate === undefined) return notCarried()
        return {
          outcome: rate.interval.low > 150 ? 'does-not-hold' : 'in-part',
          measured: `The reservation alone: ${told(rate)}${basis([rate])}. So the rest of a request is what such a limit consists of.`,
        }
      },
    },
    {
      source: 'article',
      claim: 'A lock in memory in front of the database handles 1,000 to 10,000 requests per second.',
      lacks: ['HTTP around each request'],
      judge(data) {
        const rate = data.figure('goodput', { strategy: RECORD, concurrency: CROWD, durability: 'durable' })
        const key = data.figure('goodput', {
          strategy: 'redis-seat-key',
          concurrency: CROWD,
          durability: 'durable',
        })
        if (rate === undefined) return notCarried()
        return {
          outcome: ifAtLeast(rate, 1_000, 'in-part'),
          measured: `The whole record in memory: ${told(rate)}; a key in front of the database, whose sale ends there: ${told(key)}${basis([rate, key])}.`,
        }
      },
    },
  ],
  answer(data) {
    const of = (durability: 'durable' | 'relaxed') =>
      STRATEGIES.map((strategy) => data.figure('sales', { strategy, concurrency: CROWD, durability }))
    const [durable, relaxed] = [of('durable'), of('relaxed')]
    return `With ${CROWD} callers and every sale on disk before it is answered: ${ranking(durable)}. On disk within a second, where a crash may lose what was sold: ${ranking(relaxed)}.${basis([...durable, ...relaxed])}`
  },
}
