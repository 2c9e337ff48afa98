/** The effect of a critical section while a row is locked: the performance cliff of SELECT … FOR UPDATE. */

import type { Cell, Group } from '../cells.ts'
import { formatFigure, listed } from '../format.ts'
import { absentChart, type Chart } from './chart.ts'
import { type ChartData, callersOf, cellsAlong, styleOf } from './chart-data.ts'
import type { ChartLine } from './line.ts'
import type { Mark } from './line-labels.ts'
import { linePanel } from './lines.ts'
import { logScale, tick } from './scale.ts'
import { styledLine } from './series-styles.ts'
import { WIDE } from './sweeps.ts'

/** The strategy that the chart describes; without it, the chart shows the others. */
const FOR_UPDATE = 'postgres-select-for-update'

/** The workload run with a critical section at the most numbers of callers; empty if there is none. */
function cliffLevels({ results, otherCriticalSections, workloads }: ChartData): readonly Group[] {
  const all = [
    ...otherCriticalSections,
    ...(results.settings.criticalSectionMs > 0 ? workloads.values() : []),
  ]
  const hot = all.filter(([first]) => first !== undefined && first.criticalSectionMs > 0)
  return hot.sort((one, other) => other.length - one.length)[0] ?? []
}

export function cliffChart(data: ChartData): Chart {
  const levels = cliffLevels(data)
  const [first] = levels
  const about = aboutCliff(data, first)
  if (first === undefined) {
    return absentChart(
      about,
      'To measure it: holdfast compare --workloads hot-seat --concurrency 1,8,32,200 --critical-section 50ms',
    )
  }
  return {
    ...about,
    lead: `${about.lead}${storyOf(data, levels)}`,
    size: 'wide',
    panels: panelsOf(data, levels, 1000 / first.criticalSectionMs),
    table: tableOf(data, levels),
    note: notesOf(data, levels),
  }
}

function aboutCliff({ results }: ChartData, first: Group | undefined): Pick<Chart, 'id' | 'title' | 'lead'> {
  const about = { id: 'cliff', title: 'The cliff: work with the row locked' }
  if (first === undefined) {
    return {
      ...about,
      lead: 'What happens when an application has work between a strategy’s read and its write, for example a call to a payment service.',
    }
  }
  const workMs = first.criticalSectionMs
  return {
    ...about,
    lead: `The application works for ${workMs} ms between read and write. A lock held that long changes hands at most ${tick(1000 / workMs)} times a second, however many callers want it; each waiting caller occupies one of the pool’s ${results.settings.poolSize} connections, until none is left for others.`,
  }
}

/** `perSecond`: how often a lock held for the whole critical section can change hands. */
function panelsOf(data: ChartData, levels: readonly Group[], perSecond: number): Chart['panels'] {
  const { poolSize } = data.results.settings
  const panel = (
    id: string,
    title: string,
    valuesName: string,
    of: (cell: Cell) => number | undefined,
    marks: readonly Mark[],
  ) => {
    const drawn = linesOf(data, levels, of)
    const values = drawn.flatMap(({ points }) => points.map(({ value }) => value))
    return linePanel(id, {
      width: WIDE.width,
      height: 300,
      title,
      places: callersOf(levels),
      placesName: 'callers at once',
      valuesName,
      scale: logScale(marks.some(({ kind }) => kind === 'limit') ? [...values, perSecond] : values),
      lines: drawn,
      marks,
    })
  }
  const limit: Mark = { kind: 'limit', value: perSecond, text: `${tick(perSecond)} per second` }
  const full = poolIsFull(levels, poolSize)
  const poolMark: readonly Mark[] =
    full === undefined ? [] : [{ kind: 'place', at: full, text: `pool of ${poolSize} is full` }]
  return [
    panel(
      'cliff-answers',
      'Buyers answered, granted or refused',
      'answers per second (log)',
      (cell) => cell.answersPerSecond,
      [limit],
    ),
    panel(
      'cliff-goodput',
      'Of those, granted',
      'holds per second (log)',
      ({ goodputPerSecond }) => goodputPerSecond.median,
      [limit],
    ),
    panel('cliff-waits', 'A buyer’s wait, 95th percentile', 'ms (log)', ({ holdMs }) => holdMs.p95, poolMark),
    panel(
      'cliff-bystanders',
      'Waits of callers for other seats, 95th percentile',
      'ms (log)',
      ({ bystanderMsP95 }) => bystanderMsP95,
      poolMark,
    ),
  ]
}

/** One line for each strategy with at least one value. */
function linesOf(
  { styles }: ChartData,
  levels: readonly Group[],
  of: (cell: Cell) => number | undefined,
): readonly ChartLine[] {
  return styles.flatMap((style) => {
    const points = cellsAlong(levels, style.strategy).flatMap(({ at, cell }) => {
      const value = of(cell)
      return value === undefined ? [] : [{ at, value }]
    })
    return points.length === 0 ? [] : [styledLine(style, style.strategy, points)]
  })
}

function tableOf({ styles }: ChartData, levels: readonly Group[]): Chart['table'] {
  return {
    head: ['strategy', 'callers', 'answers/s', 'holds/s', 'p50 ms', 'p95 ms', 'p99 ms', 'others’ p95 ms'],
    rows: styles.flatMap(({ strategy }) =>
      cellsAlong(levels, strategy).map(({ cell }) => [
        strategy,
        cell.concurrency.toLocaleString('en-US'),
        formatFigure(cell.answersPerSecond),
        formatFigure(cell.goodputPerSecond.median),
        formatFigure(cell.holdMs.p50),
        formatFigure(cell.holdMs.p95),
        formatFigure(cell.holdMs.p99),
        formatFigure(cell.bystanderMsP95),
      ]),
    ),
  }
}

function poolIsFull(levels: readonly Group[], poolSize: number): number | undefined {
  const at = levels.findIndex(({ concurrency }) => concurrency > poolSize)
  return at === -1 ? undefined : at
}

function storyOf(data: ChartData, levels: readonly Group[]): string {
  const own = cellsAlong(levels, FOR_UPDATE)
  const first = own[0]?.cell
  const last = own.at(-1)?.cell
  if (styleOf(data, FOR_UPDATE) === undefined || first === undefined || last === undefined || first === last)
    return ''
  const waits =
    first.holdMs.p95 === undefined || last.holdMs.p95 === undefined
      ? ''
      : `: p95 went from ${formatFigure(first.holdMs.p95)} ms to ${formatFigure(last.holdMs.p95)} ms`
  const others =
    last.bystanderMsP95 === undefined
      ? ''
      : `, and callers for other seats wait ${formatFigure(last.bystanderMsP95)} ms too`
  return ` With SELECT … FOR UPDATE, ${last.concurrency} callers were answered ${formatFigure(last.answersPerSecond)} times a second, ${formatFigure(last.goodputPerSecond.median)} of them with a seat, since its holder must wait in the same line to release it${waits}${others}.`
}

/** A strategy whose holds take less time than the critical section does not have one. */
function notesOf(data: ChartData, levels: readonly Group[]): string {
  const idle = data.styles
    .map(({ strategy }) => strategy)
    .filter((strategy) =>
      cellsAlong(levels, strategy).some(
        ({ cell: { holdMs, criticalSectionMs } }) => (holdMs.p50 ?? criticalSectionMs) < criticalSectionMs,
      ),
    )
  return idle.length === 0
    ? ''
    : `${listed(idle)} ${idle.length === 1 ? 'has' : 'have'} no step between read and write, so the work is done outside ${idle.length === 1 ? 'its' : 'their'} hold and not measured here.`
}
