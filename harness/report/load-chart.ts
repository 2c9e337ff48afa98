/**
 * What a load found, as one picture: goodput and p99 against the rate that was offered; where several numbers of workers were
 * tried, goodput against them, with the mean size of batches. Only strategies found valid in the same run are drawn.
 */
import * as echarts from 'echarts'
import { formatCount, formatFigure } from './format.ts'
import type { Results, Trial } from './results.ts'

const WIDTH = 1_200
const PANEL_HEIGHT = 380
const LEGEND_ROW_HEIGHT = 24
const LETTER_WIDTH = 7.3
const LEGEND_COLUMNS = 4
const TITLE_HEIGHT = 60
const FONT = 'sans-serif'
const INK = '#1f2933'
const FAINT = '#e3e8ec'
/** Okabe and Ito's, told apart by nearly everybody; the shape says it again for the rest. */
const COLOURS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#b0578d',
  '#8a6d00',
  '#3a9bd9',
  '#4b4b4b',
  '#7a3e9d',
] as const
const SYMBOLS = [
  'circle',
  'triangle',
  'rect',
  'diamond',
  'emptyCircle',
  'emptyTriangle',
  'emptyRect',
] as const
const DASHES = ['solid', 'dashed', 'dotted'] as const

/** An SVG document; undefined where there is nothing to draw a line through. */
export function renderLoadChart({ trials }: Pick<Results, 'trials'>): string | undefined {
  const convicted = new Set(
    trials.filter(({ verdict }) => verdict !== 'valid').map(({ strategy }) => strategy),
  )
  const valid = trials.filter(({ strategy }) => !convicted.has(strategy))
  const has = (of: (trial: Trial) => number | undefined) =>
    new Set(valid.flatMap((trial) => of(trial) ?? [])).size > 1
  if (has(({ load }) => load?.workers)) return workersChart(valid)
  if (has(({ load }) => load?.offeredPerSecond)) return ratesChart(valid)
  return undefined
}

interface Panel {
  readonly title: string
  readonly xName: string
  readonly yName: string
  readonly x: (trial: Trial) => number | undefined
  readonly y: (trial: Trial) => number
  readonly isLog?: true
  readonly label?: (trial: Trial) => string
}

function ratesChart(trials: readonly Trial[]): string {
  const x = ({ load }: Trial) => load?.offeredPerSecond
  return chart(trials, [
    {
      title: 'Goodput against offered rate',
      xName: 'wishes offered per second',
      yName: 'holds granted per second',
      x,
      y: ({ goodputPerSecond }) => goodputPerSecond,
    },
    {
      title: 'p99 of a hold against offered rate',
      xName: 'wishes offered per second',
      yName: 'milliseconds',
      x,
      y: ({ latencyMs }) => Math.max(0.1, latencyMs.hold.p99),
      isLog: true,
    },
  ])
}

function workersChart(trials: readonly Trial[]): string {
  return chart(trials, [
    {
      title: 'Goodput against workers; beside a point, callers per batch',
      xName: 'processes of the service behind one port',
      yName: 'holds granted per second',
      x: ({ load }) => load?.workers,
      y: ({ goodputPerSecond }) => goodputPerSecond,
      label: ({ batches }) => (batches === undefined ? '' : formatFigure(batches.mean)),
    },
  ])
}

function chart(trials: readonly Trial[], panels: readonly Panel[]): string {
  const names = [...new Set(trials.map(({ strategy }) => strategy))]
  const legendHeight = Math.ceil(names.length / LEGEND_COLUMNS) * LEGEND_ROW_HEIGHT + 20
  const height = TITLE_HEIGHT + panels.length * PANEL_HEIGHT + legendHeight
  const top = (at: number) => TITLE_HEIGHT + at * PANEL_HEIGHT
  const instance = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  instance.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: FONT, color: INK },
    title: panels.map(({ title }, at) => ({
      text: title,
      left: 24,
      top: top(at) - 44,
      textStyle: { fontSize: 16, color: INK, fontFamily: FONT },
    })),
    grid: panels.map((_, at) => ({ left: 90, right: 40, top: top(at) + 14, height: PANEL_HEIGHT - 100 })),
    xAxis: panels.map(({ xName, x }, at) => ({
      gridIndex: at,
      type: 'category',
      name: xName,
      nameLocation: 'middle',
      nameGap: 30,
      data: [...new Set(trials.flatMap((trial) => x(trial) ?? []))].sort((a, b) => a - b).map(formatCount),
      axisLabel: { color: INK },
      nameTextStyle: { color: INK },
    })),
    yAxis: panels.map(({ yName, isLog }, at) => ({
      gridIndex: at,
      type: isLog ? 'log' : 'value',
      name: yName,
      nameLocation: 'middle',
      nameGap: 60,
      splitLine: { lineStyle: { color: FAINT } },
      axisLabel: { color: INK, formatter: (value: number) => formatFigure(value) },
      nameTextStyle: { color: INK },
    })),
    legend: {
      bottom: 8,
      left: 24,
      right: 24,
      data: names,
      // Without a measure of its own letters, a name would run into the next sign.
      textStyle: {
        color: INK,
        fontFamily: FONT,
        width: Math.max(...names.map((name) => name.length)) * LETTER_WIDTH,
      },
    },
    series: panels.flatMap(({ x, y, label }, at) =>
      names.map((name, index) => ({
        name,
        type: 'line',
        xAxisIndex: at,
        yAxisIndex: at,
        symbol: SYMBOLS[index % SYMBOLS.length],
        symbolSize: 8,
        lineStyle: { width: 2, type: DASHES[Math.floor(index / COLOURS.length) % DASHES.length] },
        itemStyle: { color: COLOURS[index % COLOURS.length] },
        labelLayout: { hideOverlap: true },
        data: trials
          .filter(({ strategy }) => strategy === name)
          .flatMap((trial) => {
            const place = x(trial)
            if (place === undefined) return []
            const text = label?.(trial) ?? ''
            return [
              {
                value: [formatCount(place), y(trial)],
                ...(text !== '' && { label: { show: true, position: 'top', formatter: text } }),
              },
            ]
          }),
      })),
    ),
  })
  const svg = instance.renderToSVGString()
  instance.dispose()
  const described = panels.map(({ title }) => title).join('; ')
  return svg.replace(/^(<svg[^>]*)>/, `$1 role="img"><title>${described}</title>`)
}
