/**
 * What data put into the places of a lesson: figures of the published study, rows of the published table of
 * faults. A place asks by a word and its arguments; what it names must have been measured.
 *
 *     figure <experiment> <figure> <strategy> [condition=value …]
 *     times  <experiment> <figure> <strategy> [condition=value …] over <strategy> [condition=value …]
 *     answer <experiment>      chart <experiment>      basis <experiment>      claims <experiment>
 *     table  <experiment> <figure>,<figure>; <strategy> [condition=value …]; <strategy> …
 *     faults <fault>: <strategy>, <strategy>
 */

import { outcomeWords } from '../../experiments/claims.ts'
import type { Condition, Measured } from '../../experiments/data.ts'
import { SOURCES } from '../../experiments/experiment.ts'
import { type FigureName, figureKinds } from '../../experiments/figures.ts'
import { chartPicture } from '../../experiments/picture.ts'
import { basisOf, times, told } from '../../experiments/say.ts'
import { answerOf, type Studied } from '../../experiments/studied.ts'
import { faultNamed } from '../../harness/faults/fault-named.ts'
import { formatCount, formatFigure } from '../../harness/report/format.ts'
import { EVENTS_MIN, WAITS_MIN } from '../../harness/report/samples.ts'
import type { FaultCell } from '../../harness/results/faults.ts'
import { faultRows } from './fault-rows.ts'

export interface LessonData {
  readonly studied: readonly Studied[]
  readonly faults: readonly FaultCell[]
}

const CONDITIONS: Readonly<Record<Exclude<keyof Condition, 'strategy'>, (value: string) => string>> = {
  workload: (value) => value,
  concurrency: (value) => `${value} caller${value === '1' ? '' : 's'}`,
  poolSize: (value) => `a pool of ${value}`,
  criticalSectionMs: (value) => `${value} ms of work`,
  networkLatencyMs: (value) => `${value} ms of network`,
  processes: (value) => `${value} process${value === '1' ? '' : 'es'}`,
  durability: (value) => value,
  setup: (value) => value,
  arrivalsPerSecond: (value) => `${value} buyers a second`,
}

/** For what the samples do not carry. */
const DASH = '–'

/** Throws a `RangeError` for what is not known, or was not measured. */
export function fillFrom(data: LessonData): (asked: string) => string {
  return (asked) => {
    const [kind = '', ...words] = asked.trim().split(/\s+/)
    const rest = words.join(' ')
    switch (kind) {
      case 'figure':
        return told(figureOf(data, words))
      case 'times':
        return ratioOf(data, rest)
      case 'answer':
        return answerIn(data, rest)
      case 'chart':
        return chartOf(data, rest)
      case 'basis':
        return basisLine(data, rest)
      case 'claims':
        return claimTable(data, rest)
      case 'table':
        return tableOf(data, rest)
      case 'faults':
        return faultTable(data, rest)
      default:
        throw new RangeError(`a place asks for "${kind}", which is nothing that data give`)
    }
  }
}

function studiedNamed({ studied }: LessonData, name: string): Studied {
  const found = studied.find(({ experiment }) => experiment.name === name)
  if (found === undefined) throw new RangeError(`no published experiment is called "${name}"`)
  return found
}

function figureNamed(name: string): FigureName {
  if (!Object.hasOwn(figureKinds, name)) throw new RangeError(`no figure is called "${name}"`)
  return name as FigureName
}

/** `<strategy> condition=value …`; what is a number is one. */
/** A value may have spaces, which stand as underscores. */
function keyAndValue(pair: string): readonly [key: string, value: string] {
  const [key = '', value = ''] = pair.split('=')
  return [key, value.replaceAll('_', ' ')]
}

function conditionOf([strategy = '', ...pairs]: readonly string[]): Condition {
  const named = pairs.map((pair): readonly [string, string | number] => {
    const [key, value] = keyAndValue(pair)
    if (!Object.hasOwn(CONDITIONS, key)) throw new RangeError(`no condition is called "${key}"`)
    return [key, /^\d+$/.test(value) ? Number(value) : value]
  })
  return { strategy, ...Object.fromEntries(named) }
}

function figureOf(data: LessonData, words: readonly string[]): Measured | undefined {
  const [experiment = '', figure = '', ...condition] = words
  return measured(studiedNamed(data, experiment), figureNamed(figure), conditionOf(condition))
}

function measured({ data, experiment }: Studied, figure: FigureName, of: Condition): Measured | undefined {
  if (data.trials(of).length === 0)
    throw new RangeError(`${experiment.name} did not measure ${JSON.stringify(of)}`)
  return data.figure(figure, of)
}

function ratioOf(data: LessonData, rest: string): string {
  const [one = '', other = ''] = rest.split(' over ')
  const [experiment = '', figure = ''] = one.split(' ')
  return times(figureOf(data, one.split(' ')), figureOf(data, [experiment, figure, ...other.split(' ')]))
}

function answerIn(data: LessonData, name: string): string {
  const { experiment, data: measuredData } = studiedNamed(data, name)
  return `> **${experiment.question}** ${answerOf(experiment, measuredData)}`
}

function chartOf(data: LessonData, name: string): string {
  return chartPicture(studiedNamed(data, name).experiment.chart.title, `../results/study/${name}.svg`)
}

function basisLine(data: LessonData, name: string): string {
  const [run] = studiedNamed(data, name).data.runs
  if (run === undefined) throw new RangeError(`${name} has no run`)
  const { engines, machine, commit, startedAt } = run.results
  const versions = engines.map(({ version }) => version).join(', ')
  return `<sub>The study of ${startedAt.slice(0, 10)}, commit ${commit ?? 'unknown'}: ${versions}; ${machine.cpu}, ${machine.cores} cores. All of its figures: [${name}](../results/study/README.md).</sub>`
}

function claimTable(data: LessonData, name: string): string {
  const { experiment, data: measuredData } = studiedNamed(data, name)
  const rows = experiment.claims.map(({ claim, source, lacks, judge }) => {
    const { outcome, measured: found } = judge(measuredData)
    return `| ${claim} | ${SOURCES[source]} | ${outcomeWords(outcome, lacks)} | ${found} |`
  })
  return ['| what is claimed | by | outcome | measured |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function tableOf(data: LessonData, rest: string): string {
  const [head = '', ...rows] = rest.split(';').map((each) => each.trim())
  const [name = '', names = ''] = head.split(' ')
  const studied = studiedNamed(data, name)
  const figures = names.split(',').map(figureNamed)
  const titles = figures.map((figure) => `${figureKinds[figure].title}${unitOf(figure)}`)
  const lines = rows.map((row) => {
    const words = row.split(' ')
    const cells = figures.map((figure) => cellOf(measured(studied, figure, conditionOf(words))))
    const [first] = figures.flatMap((figure) => measured(studied, figure, conditionOf(words)) ?? [])
    return [words[0], labelOf(words.slice(1)), ...cells, first === undefined ? DASH : basisOf(first)]
  })
  const all = [
    ['strategy', 'with', ...titles, 'basis'],
    ['---', '---', ...titles.map(() => '---:'), '---'],
    ...lines,
  ]
  // Without conditions to tell the rows apart there is no such column.
  const shown = lines.some(([, label]) => label !== '') ? all : all.map((cells) => cells.toSpliced(1, 1))
  const hasDash = lines.some((cells) => cells.includes(DASH))
  return [
    ...shown.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    `<sub>${tableNotes(figures, hasDash).join(' ')}</sub>`,
  ].join('\n')
}

/** What a reader of one table alone has to know. */
function tableNotes(figures: readonly FigureName[], hasDash: boolean): readonly string[] {
  const { p50, p95, p99 } = WAITS_MIN
  const isWait = figures.some((figure) => /p\d\d\b/.test(figureKinds[figure].title))
  return [
    'Each figure is the median of the repeats, with its 95 % interval; what overlaps is a tie. Basis: repeats × the duration of each, and the samples of the repeat with the fewest.',
    ...(isWait ? ['p50, p95: the waits that 50 and 95 % of the callers do not exceed.'] : []),
    ...(figures.includes('truthfulAnswers') ? ['Truthful answers: granted, or refused rightly.'] : []),
    ...(hasDash
      ? [
          `A dash: too few samples for this figure (p50 needs ${p50}, p95 ${p95}, p99 ${formatCount(p99)}, a rate or a mean ${EVENTS_MIN}, in every repeat).`,
        ]
      : []),
  ]
}

function unitOf(figure: FigureName): string {
  const unit = figureKinds[figure].unit.trim()
  return unit === '' ? '' : unit.startsWith('/') ? ` ${unit}` : `, ${unit}`
}

function labelOf(pairs: readonly string[]): string {
  const labels = pairs.map((pair) => {
    const [key, value] = keyAndValue(pair)
    return CONDITIONS[key as keyof typeof CONDITIONS](value)
  })
  return labels.join(', ')
}

/** The median with its interval. */
function cellOf(found: Measured | undefined): string {
  if (found === undefined) return DASH
  const { median, interval } = found
  return `${formatFigure(median)} (${formatFigure(interval.low)}–${formatFigure(interval.high)})`
}

function faultTable({ faults }: LessonData, rest: string): string {
  const [fault = '', names = ''] = rest.split(':')
  const rows = faultRows(
    fault.trim(),
    names.split(',').map((each) => each.trim()),
    faults,
  )
  return [
    `| ${fault.trim()}: ${faultNamed(fault.trim()).title} | predicted | measured |`,
    '| --- | --- | --- |',
    ...rows.map(({ strategy, predicted, found }) => `| ${strategy} | ${predicted} | ${found} |`),
  ].join('\n')
}
