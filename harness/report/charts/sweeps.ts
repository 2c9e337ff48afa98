/** Goodput and waits against the number of callers. */
import { engineTitle } from '../engine-title.ts'
import { counted, formatFigure } from '../format.ts'
import type { Cell, Group } from '../standing.ts'
import { absentChart, type Chart, type Panel } from './chart.ts'
import { type ChartLine, linePanel } from './lines.ts'
import { byFamily, type Look } from './looks.ts'
import { isWide, linearScale, logScale } from './scale.ts'
import { along, callersOf, type Scene } from './scene.ts'

export const WIDE = { width: 500, height: 330 } as const
export const SMALL = { width: 250, height: 190 } as const
/** As many as stand apart on an axis so short. */
const SMALL_TICKS_MAX = 5

const HOW_TO = 'Several numbers of callers are needed: holdfast compare --concurrency 1,8,32,128'

/** The workload that was played with the most numbers of callers by the most strategies. */
export function sweptLevels({ workloads }: Scene): readonly Group[] {
  let best: readonly Group[] = []
  const size = (levels: readonly Group[]): number => levels.reduce((sum, { cells }) => sum + cells.length, 0)
  for (const levels of workloads.values()) {
    if (levels.length > 1 && size(levels) > size(best)) best = levels
  }
  return best
}

export function goodputChart(scene: Scene): Chart {
  const levels = sweptLevels(scene)
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
    panels: familyPanels(scene, levels, {
      id: 'goodput',
      valuesName: `holds per second${isLog ? ' (log)' : ''}`,
      scale,
      of: ({ goodputPerSecond: { median, min, max } }) => ({ value: median, min, max }),
    }),
    table: {
      head: ['strategy', ...levels.map(({ concurrency }) => counted(concurrency, 'caller'))],
      rows: scene.looks.flatMap(({ strategy }) => {
        const cells = along(levels, strategy)
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

export function waitChart(scene: Scene): Chart {
  const levels = sweptLevels(scene)
  const workload = levels[0]?.workload ?? ''
  const about = {
    id: 'waits',
    title: 'A buyer’s wait against callers',
    lead: `Milliseconds until an answer${workload === '' ? '' : ` on ${workload}`}, for every kind of answer: the 50th, 95th and 99th percentile, including the wait for a pooled connection. All panels share one axis.`,
  }
  if (levels.length === 0) return absentChart(about, HOW_TO)
  const scale = logScale(
    levels.flatMap(({ cells }) => cells.flatMap(({ holdMs }) => [holdMs.p50, holdMs.p99])),
    0,
    SMALL_TICKS_MAX,
  )
  return {
    ...about,
    size: 'small',
    panels: scene.looks.flatMap((look) => {
      const cells = along(levels, look.strategy)
      return cells.length === 0 ? [] : [waitPanel(look, levels, { cells, scale })]
    }),
    table: {
      head: ['strategy', 'callers', 'p50 ms', 'p95 ms', 'p99 ms', 'others’ p95 ms'],
      rows: scene.looks.flatMap(({ strategy }) =>
        along(levels, strategy).map(({ cell }) => [
          strategy,
          cell.concurrency.toLocaleString('en-US'),
          formatFigure(cell.holdMs.p50),
          formatFigure(cell.holdMs.p95),
          formatFigure(cell.holdMs.p99),
          cell.bystanderMsP95 === undefined ? '–' : formatFigure(cell.bystanderMsP95),
        ]),
      ),
    },
  }
}

function waitPanel(
  look: Look,
  levels: readonly Group[],
  { cells, scale }: { readonly cells: ReturnType<typeof along>; readonly scale: ReturnType<typeof logScale> },
): Panel {
  const points = (of: (cell: Cell) => number): ChartLine['points'] =>
    cells.map(({ at, cell }) => ({ at, value: of(cell) }))
  const line = (name: string, of: (cell: Cell) => number, dash: string, symbol: string): ChartLine => ({
    name,
    colour: look.colour.light,
    points: points(of),
    dash,
    symbol,
  })
  return linePanel(`waits-${look.strategy}`, {
    ...SMALL,
    title: look.strategy,
    places: callersOf(levels),
    placesName: 'callers',
    valuesName: 'ms (log)',
    scale,
    fan: {
      colour: look.colour.light,
      lower: points(({ holdMs }) => holdMs.p50),
      upper: points(({ holdMs }) => holdMs.p99),
    },
    lines: [
      line('p99', ({ holdMs }) => holdMs.p99, 'dotted', 'none'),
      line('p95', ({ holdMs }) => holdMs.p95, 'solid', 'circle'),
      line('p50', ({ holdMs }) => holdMs.p50, 'dashed', 'none'),
    ],
  })
}

/** One panel per family, the lines of the others faint behind it. */
function familyPanels(
  scene: Scene,
  levels: readonly Group[],
  panel: {
    readonly id: string
    readonly valuesName: string
    readonly scale: ReturnType<typeof logScale>
    readonly of: (cell: Cell) => { readonly value: number; readonly min?: number; readonly max?: number }
  },
): readonly Panel[] {
  const lineOf = ({ strategy, shortName, colour, symbol, dash }: Look): ChartLine => ({
    name: shortName,
    colour: colour.light,
    symbol,
    dash,
    points: along(levels, strategy).map(({ at, cell }) => ({ at, ...panel.of(cell) })),
  })
  const played = scene.looks.filter(({ strategy }) => along(levels, strategy).length > 0)
  return byFamily(played).map(([family, members]) =>
    linePanel(`${panel.id}-${family}`, {
      ...WIDE,
      title: engineTitle(scene.results, family),
      places: callersOf(levels),
      placesName: 'callers at once',
      valuesName: panel.valuesName,
      scale: panel.scale,
      lines: members.map(lineOf),
      context: played.filter((look) => !members.includes(look)).map(lineOf),
    }),
  )
}
