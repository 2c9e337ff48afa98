/** A panel of lines over a few places, such as numbers of callers, with bands from minimum to maximum. */
import type { Panel } from './chart.ts'
import { draw, drawable, panelTitle, textWidth } from './draw.ts'
import type { ChartLine, Point } from './line.ts'
import { endLabels, LABEL, type Mark, markGraphics } from './line-labels.ts'
import type { Scale } from './scale.ts'
import { CONTEXT, FAINT, INK, QUIET } from './theme.ts'

export interface LinePanel {
  readonly title: string
  readonly width: number
  /** The panel is wider where its labels would leave its lines less than this; absent: never. */
  readonly plotWidthMin?: number
  readonly height: number
  readonly places: readonly string[]
  readonly placesName: string
  readonly valuesName: string
  readonly scale: Scale
  readonly lines: readonly ChartLine[]
  /** Unnamed grey lines, for comparison. */
  readonly context?: readonly ChartLine[]
  /** A filled area between two lines. */
  readonly fan?: {
    readonly colour: string
    readonly lower: readonly Point[]
    readonly upper: readonly Point[]
  }
  readonly marks?: readonly Mark[]
  /** The names of lines stand in a list below, and not at their ends, where they need room. */
  readonly namesBelow?: boolean
}

/** With more places, labels are smaller. */
const PLACES_FEW = 5
/** The list of names below a panel. */
const NAMES = { rowHeight: 18, top: 6, mark: 28, gap: 6 } as const
const MARGIN = { left: 50, top: 26, bottom: 42, right: 14, valuesName: 14 } as const

export function linePanel(id: string, panel: LinePanel): Panel {
  const { places, scale, context = [], fan, marks = [], plotWidthMin = 0, namesBelow = false } = panel
  const lines = panel.lines.map((line) => ({ ...line, name: drawable(line.name) }))
  const limits = marks.filter((mark) => mark.kind === 'limit')
  const labelled = [...(namesBelow ? [] : lines.map(({ name }) => name)), ...limits.map(({ text }) => text)]
  const labelWidth = Math.max(0, ...labelled.map((name) => textWidth(name, LABEL.fontSize)))
  const right = labelWidth === 0 ? MARGIN.right : labelWidth + LABEL.gap + 4
  const width = Math.ceil(Math.max(panel.width, MARGIN.left + plotWidthMin + right))
  const top = MARGIN.top + MARGIN.valuesName
  const box = {
    left: MARGIN.left,
    top,
    width: width - MARGIN.left - right,
    height: panel.height - top - MARGIN.bottom,
  }
  const height = panel.height + (namesBelow ? NAMES.top + lines.length * NAMES.rowHeight : 0)
  const x = (at: number): number => box.left + ((at + 0.25) / (places.length - 0.5)) * box.width
  const y = (value: number): number =>
    box.top + box.height * (1 - (scale.at(value) - scale.min) / (scale.max - scale.min))

  const series: object[] = context.map((line) => lineSeries(line, scale, { isContext: true }))
  for (const line of lines) {
    const band = line.points.filter(({ min, max }) => min !== undefined && max !== undefined && max > min)
    if (band.length > 1) {
      series.push(
        area(
          line.colour,
          line.points.map((point) => ({ ...point, value: point.min ?? point.value })),
          line.points.map((point) => ({ ...point, value: point.max ?? point.value })),
          scale,
        ),
      )
    }
  }
  if (fan !== undefined) series.push(area(fan.colour, fan.lower, fan.upper, scale))
  series.push(...lines.map((line) => lineSeries(line, scale, { isContext: false })))
  return draw(
    id,
    { width, height },
    {
      title: panelTitle(panel.title, width),
      grid: box,
      xAxis: {
        type: 'value',
        min: -0.25,
        max: places.length - 0.75,
        name: panel.placesName,
        nameLocation: 'middle',
        nameGap: 26,
        nameTextStyle: { color: QUIET, fontSize: 11.5 },
        axisLine: { show: true, lineStyle: { color: QUIET }, onZero: false },
        axisLabel: {
          color: INK,
          fontSize: places.length > PLACES_FEW ? 11 : 12,
          customValues: places.map((_, at) => at),
          formatter: (at: number) => places[at] ?? '',
        },
        axisTick: { show: true, customValues: places.map((_, at) => at) },
        splitLine: { show: false },
      },
      yAxis: {
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { lineStyle: { color: FAINT } },
        ...scale.axis,
      },
      series,
      ...(namesBelow && { legend: listOfNames(lines, panel.height + NAMES.top) }),
      graphic: [
        {
          type: 'text',
          left: 0,
          top: top - MARGIN.valuesName - 7,
          silent: true,
          style: { text: panel.valuesName, fill: QUIET, font: '11.5px sans-serif' },
        },
        ...marks.flatMap((mark) => markGraphics(mark, { box, x, y })),
        ...endLabels(namesBelow ? [] : lines, limits, { x, y, box }),
      ],
    },
  )
}

function listOfNames(lines: readonly ChartLine[], top: number): object {
  return {
    data: lines.map(({ name }) => name),
    orient: 'vertical',
    left: 0,
    top,
    padding: 0,
    itemWidth: NAMES.mark,
    itemHeight: 8,
    itemGap: NAMES.gap,
    selectedMode: false,
    textStyle: { color: INK, fontSize: LABEL.fontSize },
  }
}

function lineSeries(line: ChartLine, scale: Scale, { isContext }: { readonly isContext: boolean }): object {
  const colour = isContext ? CONTEXT : line.colour
  return {
    type: 'line',
    name: line.name,
    silent: true,
    data: line.points.map(({ at, value }) => [at, scale.at(value)]),
    symbol: isContext ? 'none' : (line.symbol ?? 'circle'),
    symbolSize: 8,
    showAllSymbol: true,
    lineStyle: { color: colour, width: isContext ? 1 : 2, type: line.dash ?? 'solid' },
    itemStyle: { color: colour },
    z: isContext ? 1 : 3,
  }
}

function area(colour: string, lower: readonly Point[], upper: readonly Point[], scale: Scale): object {
  const outline = [...lower, ...upper.toReversed()]
  return {
    type: 'custom',
    silent: true,
    z: 2,
    data: [[0, 0]],
    renderItem: (_params: unknown, api: { coord(point: readonly number[]): readonly number[] }) => ({
      type: 'polygon',
      shape: { points: outline.map(({ at, value }) => api.coord([at, scale.at(value)])) },
      style: { fill: colour, opacity: 0.13 },
    }),
  }
}
