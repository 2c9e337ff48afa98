/** The distribution of waits, from the median to the maximum. */
import type { Percentiles } from '../../results/figures.ts'
import { rangeOf } from '../cells.ts'
import { engineTitle } from '../engine-title.ts'
import { counted, formatFigure } from '../format.ts'
import { absentChart, type Chart } from './chart.ts'
import { type ChartData, comparedGroup, styleOf, trialsOf } from './chart-data.ts'
import type { ChartLine } from './line.ts'
import { linePanel } from './lines.ts'
import { logScale } from './scale.ts'
import { byFamily, type SeriesStyle, styledLine } from './series-styles.ts'
import { WIDE } from './sweeps.ts'

const PLACES = ['p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const
/** With fewer waits than this, p99.9 would be the maximum. */
const WAITS_FOR_P999 = 1_000

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
    note: `Medians of the repeats; p99.9 only where at least ${WAITS_FOR_P999.toLocaleString('en-US')} waits were measured.`,
  }
}

function curveOf(all: readonly Percentiles[]): readonly (number | undefined)[] {
  const middle = (of: (each: Percentiles) => number | undefined): number | undefined => {
    const values = all.flatMap((each) => of(each) ?? [])
    return values.length < all.length ? undefined : rangeOf(values).median
  }
  return [
    middle(({ p50 }) => p50),
    middle(({ p75 }) => p75),
    middle(({ p90 }) => p90),
    middle(({ p95 }) => p95),
    middle(({ p99 }) => p99),
    middle(({ p999, count }) => (count >= WAITS_FOR_P999 ? p999 : undefined)),
    middle(({ max }) => max),
  ]
}
