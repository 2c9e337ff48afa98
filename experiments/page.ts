/** The study as a page of Markdown: each question with its prediction, its answer and its figures. */

import { formatFigure, formatSpan, listed } from '../harness/report/format.ts'
import { markdownTable } from '../harness/report/markdown.ts'
import { remarksOn } from '../harness/report/ranking.ts'
import type { FaultCell } from '../harness/results/faults.ts'
import { claimRows } from './claims.ts'
import type { ExperimentData, FullCondition } from './data.ts'
import { decisionMatrix, decisionTable } from './decision-table.ts'
import type { Experiment } from './experiment.ts'
import { type FigureName, figureKinds } from './figures.ts'
import { chartPicture } from './picture.ts'
import { experiments, studiedEntry } from './registry.ts'
import { FAULTS_MEAN, safetyOf } from './safety.ts'
import { basisOf } from './say.ts'
import { answerOf, type Failure, type Studied } from './studied.ts'
import { DURABILITY_MEANS, durabilityOf, systemsOf } from './systems.ts'

/** Absent conditions of a table are the same in all its rows. */
const CONDITIONS: Readonly<Record<Exclude<keyof FullCondition, 'strategy'>, string>> = {
  workload: 'workload',
  concurrency: 'callers',
  poolSize: 'pool',
  criticalSectionMs: 'work, ms',
  networkLatencyMs: 'network, ms',
  arrivalsPerSecond: 'buyers who come each second',
  processes: 'processes',
  durability: 'durability',
  setup: 'engines',
}

export interface PageSettings {
  readonly isQuick: boolean
  /** Why experiments have no answer, where it is known. */
  readonly failures?: readonly Failure[]
  /** The published table of faults. */
  readonly faults?: readonly FaultCell[]
}

/** Of a quick try it says that its figures rank nothing. */
export function studyPage(
  studied: readonly Studied[],
  { isQuick, failures = [], faults = [] }: PageSettings,
): string {
  return [
    '# The study',
    '',
    isQuick
      ? '**A quick try: too short to rank anything.** Run the whole study for answers.'
      : 'Questions that readers ask, answered by measurement. A percentile needs 30 (p50), 100 (p95) or 1,000 (p99) waits in every repeat, a rate or a mean 30 events, and a ranking at least five repeats of a second; otherwise there is a dash. `±` is the 95 % interval of the median by bootstrap, and what overlaps is a tie. Only strategies that the checker found valid in the same run have figures.',
    '',
    FAULTS_MEAN,
    '',
    DURABILITY_MEANS,
    '',
    ...studied.flatMap((each) => sectionOf(each, faults)),
    ...withoutAnswer(studied, failures),
    '## Which strategy, when',
    '',
    ...decisionMatrix(studied, faults),
    '',
    'Each with its cost, and with what would be faster:',
    '',
    ...decisionTable(studied, faults),
    '',
    '## Claims against measurements',
    '',
    ...claimRows(studied),
    '',
  ].join('\n')
}

/** What the page does not answer is said on it. */
function withoutAnswer(studied: readonly Studied[], failures: readonly Failure[]): readonly string[] {
  const open = experiments.filter(({ name }) => studied.every(({ experiment }) => experiment.name !== name))
  if (open.length === 0) return []
  const lines = open.map(({ name, question }) => {
    const failure = failures.find(({ experiment }) => experiment.name === name)
    return `- ${question} (${name}${failure === undefined ? '' : `: ${failure.why}`})`
  })
  return ['## Not measured', '', ...lines, '']
}

function sectionOf(
  { experiment, data, chartFile }: Studied,
  faults: readonly FaultCell[],
): readonly string[] {
  const factors = experiment.factors.map(({ name, levels }) => `${name} (${levels.join(', ')})`)
  const absent = data.withoutFigures.map(({ strategy, why }) => `${strategy} (${why})`)
  return [
    `## ${experiment.question}`,
    '',
    `*Predicted:* ${experiment.prediction}`,
    '',
    `*Varied:* the strategy${factors.length === 0 ? '' : `, ${listed(factors)}`}.`,
    '',
    `**${answerOf(experiment, data)}**`,
    '',
    ...(chartFile === undefined ? [] : [chartPicture(experiment.chart.title, chartFile), '']),
    ...figureTable(experiment, data, faults),
    '',
    ...(absent.length === 0 ? [] : [`Without figures: ${absent.join('; ')}.`, '']),
    ...runLines(data).map((line) => `<sub>${line}</sub><br>`),
    '',
  ]
}

function figureTable(
  experiment: Experiment,
  data: ExperimentData,
  faults: readonly FaultCell[],
): readonly string[] {
  const { conditions } = data
  const varied = (Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[]).filter(
    (key) => new Set(conditions.map((of) => of[key])).size > 1,
  )
  const shown = experiment.figures.filter((figure) =>
    conditions.some((of) => data.figure(figure, of) !== undefined),
  )
  const where = new Map(
    data.runs.flatMap(({ results }) =>
      results.trials.flatMap(({ strategy, criticalSectionAt }) =>
        criticalSectionAt === undefined ? [] : [[strategy, criticalSectionAt] as const],
      ),
    ),
  )
  const head = [
    'strategy',
    'safe against',
    'systems',
    ...(varied.includes('durability') ? [] : ['durability']),
    ...varied.map((key) => CONDITIONS[key]),
    ...(where.size > 0 ? ['work is done'] : []),
    ...shown.map((figure) => `${figureKinds[figure].title}${unitOf(figure)}`),
    'basis',
  ]
  const rows = conditions.map((of) => [
    of.strategy,
    ...strategyCells(of.strategy, data, { faults, isDurabilityVaried: varied.includes('durability') }),
    ...varied.map((key) => String(of[key])),
    ...(where.size > 0 ? [workOf(where.get(of.strategy))] : []),
    ...shown.map((figure) => cellOf(data, figure, of)),
    basisFor(experiment, data, of),
  ])
  return markdownTable(head, rows)
}

function unitOf(figure: FigureName): string {
  const unit = figureKinds[figure].unit.trim()
  return unit === '' ? '' : unit.startsWith('/') ? ` ${unit}` : `, ${unit}`
}

function workOf(at: 'within-hold' | 'after-hold' | undefined): string {
  return at === undefined ? '–' : at === 'within-hold' ? 'within the hold' : 'after the hold was answered'
}

function cellOf(data: ExperimentData, figure: FigureName, of: FullCondition): string {
  const found = data.figure(figure, of)
  if (found === undefined) return '–'
  const { median, interval, repeats } = found
  if (repeats === 1) return formatFigure(median)
  return `${formatFigure(median)} (${formatFigure(interval.low)}–${formatFigure(interval.high)})`
}

/** Of the most important figure that the condition has, with what must be said about it. */
function basisFor({ figures }: Experiment, data: ExperimentData, of: FullCondition): string {
  const [first] = figures.flatMap((figure) => data.figure(figure, of) ?? [])
  if (first === undefined) return '–'
  return [basisOf(first), ...remarksOn(first)].join('; ')
}

/** What must stand wherever a strategy is listed; dashes for one that is in no list. */
function strategyCells(
  strategy: string,
  data: ExperimentData,
  {
    faults,
    isDurabilityVaried,
  }: { readonly faults: readonly FaultCell[]; readonly isDurabilityVaried: boolean },
): readonly string[] {
  const entry = studiedEntry(strategy)
  const durability = isDurabilityVaried ? [] : [entry === undefined ? '–' : durabilityOf(entry, data)]
  if (entry === undefined) return ['–', '–', ...durability]
  return [safetyOf(entry, faults).words, systemsOf(entry), ...durability]
}

function runLines({ runs }: ExperimentData): readonly string[] {
  return runs.map(({ results, durability, setup = '' }) => {
    const { machine, engines, settings, seed, commit, startedAt } = results
    const versions = engines.map((each) => `${each.version} (${each.source}, ${each.durability})`)
    return `${durability}${setup === '' ? '' : `, ${setup}`}: ${versions.join(', ')} · pool of ${settings.poolSize} unless said otherwise · ${formatSpan(settings.warmupMs)} of warm-up · seed ${seed} · ${machine.cpu}, ${machine.cores} cores, Node ${machine.node} · ${commit ?? 'no commit'} · ${startedAt}${results.interrupted ? ' · ended early' : ''}`
  })
}
