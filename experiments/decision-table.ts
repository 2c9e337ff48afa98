/** The decisions as tables of Markdown: short for a first look, and each with its figures and reasons. */
import { markdownTable } from '../harness/report/markdown.ts'
import type { FaultCell } from '../harness/results/faults.ts'
import { type Decision, decisionsOf } from './decision.ts'
import { FAULTS_MEAN, unpromisedWords } from './safety.ts'
import { told } from './say.ts'
import type { Studied } from './studied.ts'
import { DURABILITY_MEANS } from './systems.ts'

const NOTHING = [
  'Nothing is recommended: not all strategies were measured, or too briefly to rank them.',
] as const

/** Below the table of picks. */
const PICKS_MEAN =
  'Each cell has the simplest strategy whose 95 % interval, over five repeats, lies above the demand as a whole, and the median of what it gives. *Barely*: the demand lies within the interval, so that another run might not reach it; the next one that *certainly* reaches it is named as well. *Truthful answers* are holds granted, and refusals that were true.'

/**
 * A row for each demand and a column for each condition (one for several that change nothing), with the
 * strategy and what it gives; then the strategies that are named, with what they survive and need.
 */
export function decisionMatrix(
  studied: readonly Studied[],
  faults: readonly FaultCell[] = [],
): readonly string[] {
  const decisions = decisionsOf(studied, faults)
  if (decisions.length === 0) return NOTHING
  const demands = [...Map.groupBy(decisions, ({ shape, demand }) => `${shape}: ${demand}`)]
  const columns = [...new Set(decisions.map(({ filter }) => filter))].map((filter) => ({
    filter,
    cells: demands.map(([, own]) => briefly(own.find((decision) => decision.filter === filter))),
  }))
  // Conditions that change nothing share a column.
  const alike = [...Map.groupBy(columns, ({ cells }) => cells.join('\n'))].map(([, own]) => ({
    heading: own.map(({ filter }) => filter).join('. The same if: '),
    cells: own[0]?.cells ?? [],
  }))
  const rows = demands.map(([demand], at) => [demand, ...alike.map(({ cells }) => cells[at] ?? '–')])
  const named = new Map(
    decisions.flatMap((decision) =>
      decision.choices.map(({ strategy, safe, durability, systems }) => [
        strategy,
        [strategy, safe, durability, systems],
      ]),
    ),
  )
  const unpromised = unpromisedWords(faults)
  return [
    ...markdownTable(['at least', ...alike.map(({ heading }) => heading)], rows),
    '',
    PICKS_MEAN,
    '',
    ...markdownTable(['strategy', 'safe against', 'durability', 'systems to run'], [...named.values()]),
    '',
    [FAULTS_MEAN, ...(unpromised === undefined ? [] : [unpromised])].join(' '),
    '',
    DURABILITY_MEANS,
  ]
}

/** Every decision with its figure, its cost, and what would be faster and why it was not taken. */
export function decisionTable(
  studied: readonly Studied[],
  faults: readonly FaultCell[] = [],
): readonly string[] {
  const decisions = decisionsOf(studied, faults)
  if (decisions.length === 0) return NOTHING
  const head = [
    'for',
    'demand',
    'if',
    'strategy',
    'safe against',
    'durability',
    'systems to run',
    'gives',
    'p95',
    'costs',
    'faster, and why not',
  ]
  const rows = decisions.map((decision) => [
    decision.shape,
    decision.demand,
    decision.filter,
    picksOf(decision),
    shared(decision, ({ safe }) => safe),
    shared(decision, ({ durability }) => durability),
    shared(decision, ({ systems }) => systems),
    each(decision, ({ figure }) => told(figure)),
    each(decision, ({ latency }) => told(latency)),
    decision.cost,
    decision.faster,
  ])
  return markdownTable(head, rows)
}

/** Each strategy with its own figure. */
function briefly(decision: Decision | undefined): string {
  if (decision === undefined) return '–'
  const named = namesOf(decision, ({ strategy, figure }) => `${strategy}, ${told(figure)}`, '; ')
  return named ?? 'none measured'
}

function picksOf(decision: Decision): string {
  return namesOf(decision, ({ strategy }) => strategy, ', ') ?? 'none of those measured here'
}

type Choice = Decision['choices'][number]

/** Simpler ones of which another run could say that they suffice come before the one that certainly does. */
function namesOf(
  { choices, isDoubtful }: Decision,
  nameOf: (choice: Choice) => string,
  mark: string,
): string | undefined {
  const names = choices.map(nameOf)
  const certain = isDoubtful ? undefined : names.at(-1)
  const doubtful = isDoubtful ? names : names.slice(0, -1)
  if (doubtful.length === 0) return certain
  const barely = `barely ${doubtful.join(`${mark}or `)}`
  return certain === undefined ? barely : `${barely}${mark}certainly ${certain}`
}

/** One of each choice, in their order; once if all have the same. */
function each({ choices }: Decision, of: (choice: Choice) => string): string {
  const all = choices.map(of)
  return choices.length === 0 ? '–' : (new Set(all).size === 1 ? all.slice(0, 1) : all).join(', or ')
}

/** In the order of the choices; once if they have it in common. */
function shared({ choices }: Decision, of: (choice: Choice) => string): string {
  return choices.length === 0 ? '–' : [...new Set(choices.map(of))].join(', or ')
}
