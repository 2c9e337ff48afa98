/**
 * One seat, one pool of tickets, one venue: what does every strategy give, under the same demand? The
 * decision table is computed from these three.
 */
import { lasting } from '../harness/compare/plan.ts'
import type { Experiment } from './experiment.ts'
import { type FigureName, figureKinds } from './figures.ts'
import { basis, ranking } from './say.ts'
import { SIMPLEST_FIRST } from './simplest-first.ts'

const SHAPE_CALLERS = 64

interface Shape {
  readonly name: string
  readonly workload: string
  readonly what: string
  /** What its buyers would call good. */
  readonly figure: FigureName
  readonly figures: readonly FigureName[]
  readonly prediction: string
  readonly claims?: Experiment['claims']
  readonly expectations?: Experiment['expectations']
}

export function shape({
  name,
  workload,
  what,
  figure,
  figures,
  prediction,
  claims = [],
  expectations = [],
}: Shape): Experiment {
  return {
    name,
    question: `${what}: what does each strategy give with ${SHAPE_CALLERS} callers?`,
    prediction,
    factors: [],
    sections: (scale) => [
      {
        workloads: [lasting(workload, scale.durationMs(1_000))],
        concurrency: [SHAPE_CALLERS],
        repeats: scale.repeats,
        strategies: SIMPLEST_FIRST,
      },
    ],
    figures,
    chart: { title: `${what}: ${SHAPE_CALLERS} callers`, figure, along: 'concurrency' },
    claims,
    expectations,
    answer(data) {
      const all = SIMPLEST_FIRST.map((strategy) => data.figure(figure, { strategy }))
      const { title } = figureKinds[figure]
      return `${title[0]?.toUpperCase()}${title.slice(1)}: ${ranking(all)}.${basis(all)}`
    },
  }
}
