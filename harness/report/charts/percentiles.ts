/** The whole distribution of waits, from the median to the longest. */

import type { Percentiles } from '../../results/figures.ts'
import { mostContested } from '../answer.ts'
import { engineTitle } from '../engine-title.ts'
import { counted, formatFigure } from '../format.ts'
import { rangeOf } from '../standing.ts'
import { absentChart, type Chart } from './chart.ts'
import { type ChartLine, linePanel } from './lines.ts'
import { byFamily, type Look } from './looks.ts'
import { logScale } from './scale.ts'
import { type Scene, trialsOf } from './scene.ts'
import { sweptLevels, WIDE } from './sweeps.ts'

const PLACES = ['p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const
/** With fewer waits than this, one in a thousand is the longest of all, and says nothing of its own. */
const WAITS_FOR_P999 = 1_000

export function percentilesChart(scene: Scene): Chart {
  const names = scene.looks.map(({ strategy }) => strategy)
  const swept = sweptLevels(scene)
  const level = mostContested(swept.length > 0 ? swept : [...scene.workloads.values()].flat(), names)
  const about = {
    id: 'percentiles',
    title: 'Percentile curves',
    lead: `How long the faster half waited, and how long the slowest${level === undefined ? '' : `, on ${level.workload} with ${counted(level.concurrency, 'caller')}`}. A flat curve treats all callers alike; with a steep one, a few wait much longer than the rest.`,
  }
  const curves = (level?.cells ?? []).flatMap((cell) => {
    const trials = trialsOf(scene, cell)
    const own = trials.map(({ latencyMs }) => latencyMs.hold)
    const look = scene.looks.find(({ strategy }) => strategy === cell.strategy)
    if (look === undefined || own.length === 0 || own.some(({ p75 }) => p75 === undefined)) return []
    return [{ look, values: curveOf(own) }]
  })
  if (curves.length === 0)
    return absentChart(about, 'These results contain no percentiles beyond those in the table of waits.')
  const scale = logScale(curves.flatMap(({ values }) => values.flatMap((value) => value ?? [])))
  const lineOf = (look: Look): ChartLine => ({
    name: look.shortName,
    colour: look.colour.light,
    symbol: look.symbol,
    dash: look.dash,
    points: (curves.find((each) => each.look === look)?.values ?? []).flatMap((value, at) =>
      value === undefined ? [] : [{ at, value }],
    ),
  })
  const looks = curves.map(({ look }) => look)
  return {
    ...about,
    size: 'wide',
    panels: byFamily(looks).map(([family, members]) =>
      linePanel(`percentiles-${family}`, {
        ...WIDE,
        title: engineTitle(scene.results, family),
        places: PLACES,
        placesName: 'percentile of buyers’ waits',
        valuesName: 'ms (log)',
        scale,
        lines: members.map(lineOf),
        context: looks.filter((look) => !members.includes(look)).map(lineOf),
      }),
    ),
    table: {
      head: ['strategy', ...PLACES.map((place) => `${place} ms`)],
      rows: curves.map(({ look, values }) => [
        look.strategy,
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
