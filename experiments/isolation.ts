/** The same code under READ COMMITTED, REPEATABLE READ and SERIALIZABLE. */
import { lasting } from '../harness/compare/plan.ts'
import { counted } from '../harness/report/format.ts'
import { sellOut } from '../harness/workloads/sell-out.ts'
import type { ExperimentData } from './data.ts'
import type { Experiment } from './experiment.ts'
import { basis, ranking, told } from './say.ts'
import { variant } from './variants/variant.ts'

const COMMITTED = 'postgres-naive'
const REPEATABLE = 'postgres-repeatable-read'
const SERIALIZABLE = 'postgres-serializable'
const GUARDED = 'postgres-conditional-update'
const [FEW, CROWD] = [4, 32] as const

export const isolation: Experiment = {
  name: 'isolation',
  question:
    'Read, check, write: what does the same code do at READ COMMITTED, REPEATABLE READ and SERIALIZABLE?',
  prediction:
    'At READ COMMITTED it oversells. REPEATABLE READ is enough here, because the row that is read is the row that is written: the second writer fails and tries again. SERIALIZABLE adds only the bookkeeping of what was read, so that the two cost about the same; both throw away most of their work with dozens of callers, and a conditional update at READ COMMITTED needs neither.',
  factors: [
    { name: 'isolation level', levels: ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] },
    { name: 'callers', levels: [FEW, CROWD].map(String) },
  ],
  variants: [
    variant(
      SERIALIZABLE,
      REPEATABLE,
      'read-check-write at REPEATABLE READ',
      () => import('./variants/repeatable-read.ts'),
    ),
  ],
  sections: (scale) => [
    {
      workloads: [lasting(sellOut.name, scale.durationMs(1_000))],
      concurrency: [FEW, CROWD],
      repeats: scale.repeats,
      strategies: [REPEATABLE, SERIALIZABLE, GUARDED],
    },
    {
      // It has no figures: one trial is enough to convict it.
      workloads: [lasting(sellOut.name, scale.durationMs(1_000))],
      concurrency: [CROWD],
      repeats: 1,
      strategies: [COMMITTED],
    },
  ],
  figures: ['goodput', 'attempts', 'askAgain', 'holdP95'],
  chart: { title: 'Holds granted per second', figure: 'goodput', along: 'concurrency' },
  expectations: [
    {
      words: 'a conditional update grants more than SERIALIZABLE',
      figure: 'goodput',
      more: { strategy: GUARDED, concurrency: CROWD },
      than: { strategy: SERIALIZABLE, concurrency: CROWD },
    },
  ],
  claims: [],
  answer(data) {
    const at = (strategy: string, concurrency: number) => ({ strategy, concurrency })
    const [few, crowd] = [FEW, CROWD].map((callers) =>
      [REPEATABLE, SERIALIZABLE, GUARDED].map((strategy) => data.figure('goodput', at(strategy, callers))),
    )
    const [repeatable, serializable] = [REPEATABLE, SERIALIZABLE].map((strategy) =>
      data.figure('attempts', at(strategy, CROWD)),
    )
    return `At READ COMMITTED ${committed(data)}. Holds granted with ${CROWD} callers: ${ranking(crowd ?? [])}; with ${FEW}: ${ranking(few ?? [])}. Attempts per granted hold with ${CROWD} callers: ${told(repeatable)} at REPEATABLE READ, ${told(serializable)} at SERIALIZABLE.${basis([...(crowd ?? []), ...(few ?? [])])}`
  },
}

function committed(data: ExperimentData): string {
  const standing = data.standing(COMMITTED)
  return standing.kind === 'convicted'
    ? `it was convicted: ${counted(standing.oversoldUnits + standing.overReservedUnits, 'unit')} sold or promised twice`
    : 'nothing was shown in this run'
}
