/** The study as a page of Markdown: each question with its prediction, its answer and its figures. */
import { formatFigure, formatSpan, listed } from '../harness/report/format.ts'
import { remarksOn } from '../harness/report/ranking.ts'
import { claimRows } from './claims.ts'
import type { ExperimentData, FullCondition } from './data.ts'
import { decisionTable } from './decision.ts'
import type { Experiment } from './experiment.ts'
import { type FigureName, figureKinds } from './figures.ts'
import { basisOf } from './say.ts'
import type { Studied } from './studied.ts'

/** Absent conditions of a table are the same in all its rows. */
const CONDITIONS: Readonly<Record<Exclude<keyof FullCondition, 'strategy'>, string>> = {
  workload: 'workload',
  concurrency: 'callers',
  poolSize: 'pool',
  criticalSectionMs: 'work, ms',
  networkLatencyMs: 'network, ms',
  processes: 'processes',
  durability: 'durability',
}

/** Of a quick try it says that its figures rank nothing. */
export function studyPage(studied: readonly Studied[], { isQuick }: { readonly isQuick: boolean }): string {
  return [
    '# The study',
    '',
    isQuick
      ? '**A quick try: too short to rank anything.** Run the whole study for answers.'
      : 'Questions that readers ask, answered by measurement. A percentile needs 30 (p50), 100 (p95) or 1,000 (p99) waits in every repeat, a rate or a mean 30 events, and a ranking at least five repeats of a second; otherwise there is a dash. `±` is the 95 % interval of the median by bootstrap, and what overlaps is a tie. Only strategies that the checker found valid in the same run have figures.',
    '',
    ...studied.flatMap(sectionOf),
    '## Which strategy, when',
    '',
    ...decisionTable(studied),
    '',
    '## Claims against measurements',
    '',
    ...claimRows(studied),
    '',
  ].join('\n')
}

function sectionOf({ experiment, data, chartFile }: Studied): readonly string[] {
  const factors = experiment.factors.map(({ name, levels }) => `${name} (${levels.join(', ')})`)
  const absent = data.withoutFigures.map(({ strategy, why }) => `${strategy} (${why})`)
  return [
    `## ${experiment.question}`,
    '',
    `*Predicted:* ${experiment.prediction}`,
    '',
    `*Varied:* the strategy${factors.length === 0 ? '' : `, ${listed(factors)}`}.`,
    '',
    `**${experiment.answer(data)}**`,
    '',
    ...(chartFile === undefined ? [] : [`![${experiment.chart.title}](${chartFile})`, '']),
    ...figureTable(experiment, data),
    '',
    ...(absent.length === 0 ? [] : [`Without figures: ${absent.join('; ')}.`, '']),
    ...runLines(data).map((line) => `<sub>${line}</sub><br>`),
    '',
  ]
}

function figureTable(experiment: Experiment, data: ExperimentData): readonly string[] {
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
    'safe',
    ...varied.map((key) => CONDITIONS[key]),
    ...(where.size > 0 ? ['work is done'] : []),
    ...shown.map((figure) => `${figureKinds[figure].title}${unitOf(figure)}`),
    'basis',
  ]
  const rows = conditions.map((of) => [
    of.strategy,
    safeOf(data, of.strategy),
    ...varied.map((key) => String(of[key])),
    ...(where.size > 0 ? [workOf(where.get(of.strategy))] : []),
    ...shown.map((figure) => cellOf(data, figure, of)),
    basisFor(experiment, data, of),
  ])
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
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

/** As the registry promises it; a strategy that is unsafe under faults never looks like one that is not. */
function safeOf({ runs }: ExperimentData, strategy: string): string {
  const promises = runs
    .flatMap(({ results }) => results.trials)
    .find((trial) => trial.strategy === strategy)?.promises
  if (promises === undefined) return '–'
  return promises.safe === 'without-faults' ? `unless ${promises.unsafeUnder.join(', ')}` : promises.safe
}

function runLines({ runs }: ExperimentData): readonly string[] {
  return runs.map(({ results, durability }) => {
    const { machine, engines, settings, seed, commit, startedAt } = results
    const versions = engines.map((each) => `${each.version} (${each.source}, ${each.durability})`)
    return `${durability}: ${versions.join(', ')} · pool of ${settings.poolSize} unless said otherwise · ${formatSpan(settings.warmupMs)} of warm-up · seed ${seed} · ${machine.cpu}, ${machine.cores} cores, Node ${machine.node} · ${commit ?? 'no commit'} · ${startedAt}${results.interrupted ? ' · ended early' : ''}`
  })
}
