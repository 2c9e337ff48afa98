/** Sections of one event as partitions of its contention: what do they give? */
import { lasting } from '../harness/compare/plan.ts'
import { Random } from '../harness/workloads/random.ts'
import {
  CONFIRM,
  callers,
  holdSession,
  resources,
  stockFor,
  units,
  type Workload,
} from '../harness/workloads/workload.ts'
import type { Condition } from './data.ts'
import type { Experiment } from './experiment.ts'
import { basis, comparison, notCarried, ranking, times, told } from './say.ts'

const GUARDED = 'postgres-conditional-update'
const LOCKING = 'postgres-select-for-update'
const STRATEGIES = [GUARDED, LOCKING, 'redis-lua', 'tigerbeetle-pending-transfer']
const COUNTS = [1, 4, 16, 64] as const
const CALLERS = 64
/** No strategy sells more in a second; all sections together have as much. */
const PER_SECOND_MAX = 30_000

export const sections: Experiment = {
  name: 'sections',
  question: 'General admission in sections, each with its own counter: does one event then sell more?',
  prediction:
    'Where a sale keeps the row of a counter until its commit is on disk, sales grow with the number of sections, until connections or the log of the database are the limit. Redis and TigerBeetle do one thing after another whatever it touches: sections give them nothing.',
  factors: [{ name: 'sections', levels: COUNTS.map(String) }],
  workloads: COUNTS.map(inSections),
  sections: (scale) => [
    {
      workloads: COUNTS.map((count) => lasting(nameOf(count), scale.durationMs(1_000))),
      concurrency: [CALLERS],
      repeats: scale.repeats,
      strategies: STRATEGIES,
    },
  ],
  figures: ['sales', 'holdP50', 'holdP95', 'connectionMs', 'attempts'],
  chart: { title: 'Sales per second of one event in sections', figure: 'sales', along: 'concurrency' },
  expectations: [
    {
      words: 'sixteen sections sell more than one, with a conditional update',
      figure: 'sales',
      more: at(GUARDED, 16),
      than: at(GUARDED, 1),
    },
  ],
  claims: [
    {
      source: 'notes',
      claim: 'Seats can be partitioned within the event, by section, to spread its lock contention.',
      judge(data) {
        const [one, many] = [1, 16].map((count) => data.figure('sales', at(LOCKING, count)))
        if (one === undefined || many === undefined) return notCarried()
        return {
          outcome: comparison(many, one) === 'more' ? 'holds' : 'does-not-hold',
          measured: `With FOR UPDATE one counter sells ${told(one)}, sixteen ${told(many)}: ${times(many, one)}${basis([one, many])}.`,
        }
      },
    },
  ],
  answer(data) {
    const sentences = STRATEGIES.map((strategy) => {
      const all = COUNTS.map((count) => data.figure('sales', at(strategy, count)))
      return `${strategy}: ${ranking(all, ({ of }) => sectionsIn(of.workload))}.${basis(all)}`
    })
    return sentences.join(' ')
  },
}

/** Buyers take any section, and pay; there is more than they can buy. */
function inSections(count: number): Workload {
  return {
    name: nameOf(count),
    summary: `general admission in ${sectionsIn(nameOf(count))}`,
    plan(settings) {
      const stock = stockFor(settings, { perSecond: PER_SECOND_MAX, min: count, max: 1_000_000 })
      const all = resources(settings, 'section', { count, capacity: Math.ceil(stock / count) })
      return {
        resources: all,
        callers: callers(settings, (caller) => {
          const random = new Random(settings.seed, 'sections', caller)
          return { role: 'buyer', next: () => holdSession(random, [units(random.pick(all))], [CONFIRM]) }
        }),
        durationMs: settings.durationMs,
      }
    },
  }
}

function nameOf(count: number): string {
  return `sections-${count}`
}

function sectionsIn(workload: string): string {
  const count = workload.replace('sections-', '')
  return count === '1' ? '1 section' : `${count} sections`
}

function at(strategy: string, count: number): Condition {
  return { strategy, workload: nameOf(count) }
}
