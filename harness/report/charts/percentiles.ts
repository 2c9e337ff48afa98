/** The distribution of waits, from the median to the maximum. */
import type { Percentiles } from '../../results/figures.ts'
import { engineTitle } from '../engine-title.ts'
import { counted, formatCount, formatFigure } from '../format.ts'
import { rangeOf } from '../range.ts'
import { percentileOver, WAITS_MIN } from '../samples.ts'
import { absentChart, type Chart } from './chart.ts'
import { type ChartData, comparedGroup, styleOf, trialsOf } from './chart-data.ts'
import type { ChartLine } from './line.ts'
import { linePanel } from './lines.ts'
import { logScale } from './scale.ts'
import { byFamily, type SeriesStyle, styledLine } from './series-styles.ts'
import { WIDE } from './sweeps.ts'

const PLACES = ['p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const

export function percentilesChart(data: ChartData): Chart {
  const level = comparedGroup(data)
  const about = {
    id: 'percentiles',
    title: 'Percentile curves',
    lead: `How long the faster half waited, and how long the slowest${level === undefined ? '' : `, on ${level.workload} with ${counted(level.concurrency, 'caller')}`}. A flat curve treats all callers alike; with a steep one, a few wait much longer than the rest.`,
  }
  const curves = (level?.cells ?? []).flatMap((cell) => {
    const trials = trialsOf(data, cell)
    const own = trials.map(({ latencyMs }) => latencyMs.hold)
    const style = styleOf(data, cell.strategy)
    if (style === undefined || own.length === 0 || own.some(({ p75 }) => p75 === undefined)) return []
    return [{ style, values: curveOf(own) }]
  })
  if (curves.length === 0)
    return absentChart(about, 'These results contain no percentiles beyond those in the table of waits.')
  const scale = logScale(curves.flatMap(({ values }) => values.flatMap((value) => value ?? [])))
  const lineOf = (style: SeriesStyle): ChartLine => {
    const values = curves.find((each) => each.style === style)?.values ?? []
    return styledLine(
      style,
      style.shortName,
      values.flatMap((value, at) => (value === undefined ? [] : [{ at, value }])),
    )
  }
  const styles = curves.map(({ style }) => style)
  return {
    ...about,
    size: 'wide',
    panels: byFamily(styles).map(([family, members]) =>
      linePanel(`percentiles-${family}`, {
        ...WIDE,
        title: engineTitle(data.results, family),
        places: PLACES,
        placesName: 'percentile of buyers’ waits',
        valuesName: 'ms (log)',
        scale,
        lines: members.map(lineOf),
        context: styles.filter((style) => !members.includes(style)).map(lineOf),
      }),
    ),
    table: {
      head: ['strategy', ...PLACES.map((place) => `${place} ms`)],
      rows: curves.map(({ style, values }) => [
        style.strategy,
        ...values.map((value) => (value === undefined ? '–' : formatFigure(value))),
      ]),
    },
    note: `Medians of the repeats; p50 and p75 only for at least ${WAITS_MIN.p50} waits in each, p90 and p95 for ${WAITS_MIN.p95}, p99 for ${formatCount(WAITS_MIN.p99)}, p99.9 for ${formatCount(WAITS_MIN.p999)}.`,
  }
}

function curveOf(all: readonly Percentiles[]): readonly (number | undefined)[] {
  return [
    ...(['p50', 'p75', 'p90', 'p95', 'p99', 'p999'] as const).map(
      (place) => percentileOver(all, place)?.median,
    ),
    rangeOf(all.map(({ max }) => max)).median,
  ]
}
