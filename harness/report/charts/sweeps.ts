/** Goodput and waits against the number of callers. */

import type { Cell, Group } from '../cells.ts'
import { engineTitle } from '../engine-title.ts'
import { counted, formatCount, formatFigure } from '../format.ts'
import { WAITS_MIN } from '../samples.ts'
import { absentChart, type Chart, type Panel } from './chart.ts'
import { type ChartData, callersOf, cellsAlong, sweptLevels } from './chart-data.ts'
import type { ChartLine } from './line.ts'
import { linePanel } from './lines.ts'
import { isWide, linearScale, logScale } from './scale.ts'
import { byFamily, type SeriesStyle, styledLine } from './series-styles.ts'

export const WIDE = { width: 500, height: 330 } as const
export const SMALL = { width: 250, height: 190 } as const
/** More would overlap on a short axis. */
const SMALL_TICKS_MAX = 5

const HOW_TO = 'Several numbers of callers are needed: holdfast compare --concurrency 1,8,32,128'

export function goodputChart(data: ChartData): Chart {
  const levels = sweptLevels(data)
  const workload = levels[0]?.workload ?? ''
  const about = {
    id: 'goodput',
    title: 'Goodput against callers',
    lead: `New holds granted per second${workload === '' ? '' : ` on ${workload}`}. Refusals are fast and are not counted, so that they cannot win. Bands extend from the slowest repeat to the fastest.`,
  }
  if (levels.length === 0) return absentChart(about, HOW_TO)
  const ranges = levels.flatMap(({ cells }) => cells.map(({ goodputPerSecond }) => goodputPerSecond))
  const isLog = isWide(ranges.map(({ median }) => median))
  const scale = (isLog ? logScale : linearScale)(ranges.flatMap(({ min, max }) => [min, max]))
  return {
    ...about,
    size: 'wide',
    panels: familyPanels(data, levels, {
      id: 'goodput',
      valuesName: `holds per second${isLog ? ' (log)' : ''}`,
      scale,
      of: ({ goodputPerSecond: { median, min, max } }) => ({ value: median, min, max }),
    }),
    table: {
      head: ['strategy', ...levels.map(({ concurrency }) => counted(concurrency, 'caller'))],
      rows: data.styles.flatMap(({ strategy }) => {
        const cells = cellsAlong(levels, strategy)
        if (cells.length === 0) return []
        return [
          [
            strategy,
            ...levels.map((_, at) => {
              const range = cells.find((each) => each.at === at)?.cell.goodputPerSecond
              if (range === undefined) return '–'
              const spread =
                range.max > range.min ? ` (${formatFigure(range.min)}–${formatFigure(range.max)})` : ''
              return `${formatFigure(range.median)}${spread}`
            }),
          ],
        ]
      }),
    },
  }
}

export function waitChart(data: ChartData): Chart {
  const levels = sweptLevels(data)
  const workload = levels[0]?.workload ?? ''
  const about = {
    id: 'waits',
    title: 'A buyer’s wait against callers',
    lead: `Milliseconds until an answer${workload === '' ? '' : ` on ${workload}`}, for every kind of answer: the 50th, 95th and 99th percentile, including the wait for a pooled connection; none is shown for fewer than ${WAITS_MIN.p50}, ${WAITS_MIN.p95} and ${formatCount(WAITS_MIN.p99)} waits. All panels share one axis.`,
  }
  if (levels.length === 0) return absentChart(about, HOW_TO)
  const scale = logScale(
    levels.flatMap(({ cells }) =>
      cells.flatMap(({ holdMs: { p50, p95, p99 } }) => [p50, p95, p99].filter((ms) => ms !== undefined)),
    ),
    SMALL_TICKS_MAX,
  )
  return {
    ...about,
    size: 'small',
    panels: data.styles.flatMap((style) => {
      const cells = cellsAlong(levels, style.strategy)
      return cells.length === 0 ? [] : [waitPanel(style, levels, { cells, scale })]
    }),
    table: {
      head: ['strategy', 'callers', 'p50 ms', 'p95 ms', 'p99 ms', 'others’ p95 ms'],
      rows: data.styles.flatMap(({ strategy }) =>
        cellsAlong(levels, strategy).map(({ cell }) => [
          strategy,
          cell.concurrency.toLocaleString('en-US'),
          formatFigure(cell.holdMs.p50),
          formatFigure(cell.holdMs.p95),
          formatFigure(cell.holdMs.p99),
          formatFigure(cell.bystanderMsP95),
        ]),
      ),
    },
  }
}

function waitPanel(
  style: SeriesStyle,
  levels: readonly Group[],
  {
    cells,
    scale,
  }: { readonly cells: ReturnType<typeof cellsAlong>; readonly scale: ReturnType<typeof logScale> },
): Panel {
  const points = (of: (cell: Cell) => number | undefined): ChartLine['points'] =>
    cells.flatMap(({ at, cell }) => {
      const value = of(cell)
      return value === undefined ? [] : [{ at, value }]
    })
  // A fan needs both of its edges.
  const edges = cells.flatMap(({ at, cell: { holdMs } }) => {
    const { p50, p99 } = holdMs
    return p50 === undefined || p99 === undefined ? [] : [{ at, p50, p99 }]
  })
  const line = (
    name: string,
    of: (cell: Cell) => number | undefined,
    dash: string,
    symbol: string,
  ): ChartLine => ({
    name,
    colour: style.colour.light,
    points: points(of),
    dash,
    symbol,
  })
  return linePanel(`waits-${style.strategy}`, {
    ...SMALL,
    title: style.strategy,
    places: callersOf(levels),
    placesName: 'callers',
    valuesName: 'ms (log)',
    scale,
    fan: {
      colour: style.colour.light,
      lower: edges.map(({ at, p50 }) => ({ at, value: p50 })),
      upper: edges.map(({ at, p99 }) => ({ at, value: p99 })),
    },
    lines: [
      line('p99', ({ holdMs }) => holdMs.p99, 'dotted', 'none'),
      line('p95', ({ holdMs }) => holdMs.p95, 'solid', 'circle'),
      line('p50', ({ holdMs }) => holdMs.p50, 'dashed', 'none'),
    ],
  })
}

/** One panel per family, with the lines of the other families in grey. */
function familyPanels(
  data: ChartData,
  levels: readonly Group[],
  panel: {
    readonly id: string
    readonly valuesName: string
    readonly scale: ReturnType<typeof logScale>
    readonly of: (cell: Cell) => { readonly value: number; readonly min?: number; readonly max?: number }
  },
): readonly Panel[] {
  const lineOf = (style: SeriesStyle): ChartLine =>
    styledLine(
      style,
      style.shortName,
      cellsAlong(levels, style.strategy).map(({ at, cell }) => ({ at, ...panel.of(cell) })),
    )
  const drawn = data.styles.filter(({ strategy }) => cellsAlong(levels, strategy).length > 0)
  return byFamily(drawn).map(([family, members]) =>
    linePanel(`${panel.id}-${family}`, {
      ...WIDE,
      title: engineTitle(data.results, family),
      places: callersOf(levels),
      placesName: 'callers at once',
      valuesName: panel.valuesName,
      scale: panel.scale,
      lines: members.map(lineOf),
      context: drawn.filter((style) => !members.includes(style)).map(lineOf),
    }),
  )
}
