/**
 * A panel of lines over a few places, such as numbers of callers: named at their ends, with
 * bands from least to most.
 */
import type { Panel } from './chart.ts'
import { draw, drawable, panelTitle, textWidth } from './draw.ts'
import type { Scale } from './scale.ts'
import { CONTEXT, FAINT, INK, MARK, QUIET } from './theme.ts'

interface Point {
  /** Where it stands: 0 for the first place. */
  readonly at: number
  readonly value: number
  readonly min?: number
  readonly max?: number
}

export interface ChartLine {
  readonly name: string
  readonly colour: string
  readonly points: readonly Point[]
  readonly symbol?: string
  readonly dash?: string
}

/** A limit across the panel, or a place along it. */
export type Mark =
  | { readonly kind: 'limit'; readonly value: number; readonly text: string }
  | { readonly kind: 'place'; readonly at: number; readonly text: string }

export interface LinePanel {
  readonly title: string
  readonly width: number
  readonly height: number
  readonly places: readonly string[]
  readonly placesName: string
  readonly valuesName: string
  readonly scale: Scale
  readonly lines: readonly ChartLine[]
  /** Lines of others, for comparison: faint and without a name. */
  readonly context?: readonly ChartLine[]
  /** Between the first and the last line, point by point. */
  readonly fan?: {
    readonly colour: string
    readonly lower: readonly Point[]
    readonly upper: readonly Point[]
  }
  readonly marks?: readonly Mark[]
}

const LABEL = { fontSize: 11.5, height: 14, gap: 18 } as const
/** More of them need to be smaller, to stand apart. */
const PLACES_FEW = 5
const MARGIN = { left: 50, top: 26, bottom: 42, right: 14, valuesName: 14 } as const

export function linePanel(id: string, panel: LinePanel): Panel {
  const { width, height, places, scale, context = [], fan, marks = [] } = panel
  const lines = panel.lines.map((line) => ({ ...line, name: drawable(line.name) }))
  const limits = marks.filter((mark) => mark.kind === 'limit')
  const labelled = [...lines.map(({ name }) => name), ...limits.map(({ text }) => text)]
  const labelWidth = Math.max(0, ...labelled.map((name) => textWidth(name, LABEL.fontSize)))
  const right = labelWidth === 0 ? MARGIN.right : labelWidth + LABEL.gap + 4
  const top = MARGIN.top + MARGIN.valuesName
  const box = {
    left: MARGIN.left,
    top,
    width: width - MARGIN.left - right,
    height: height - top - MARGIN.bottom,
  }
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
      graphic: [
        {
          type: 'text',
          left: 0,
          top: top - MARGIN.valuesName - 7,
          silent: true,
          style: { text: panel.valuesName, fill: QUIET, font: '11.5px sans-serif' },
        },
        ...marks.flatMap((mark) => markGraphics(mark, { box, x, y })),
        ...endLabels(lines, limits, { x, y, box }),
      ],
    },
  )
}

interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

interface Frame {
  readonly box: Box
  readonly x: (at: number) => number
  readonly y: (value: number) => number
}

function lineSeries(line: ChartLine, scale: Scale, { isContext }: { readonly isContext: boolean }): object {
  const colour = isContext ? CONTEXT : line.colour
  return {
    type: 'line',
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

/** Each line's name at its end, pushed apart where ends lie together, with a leader where it had to move. */
function endLabels(
  lines: readonly ChartLine[],
  limits: readonly Extract<Mark, { kind: 'limit' }>[],
  { x, y, box }: Frame,
): readonly object[] {
  const labels = [
    ...limits.map(({ value, text }) => ({
      name: text,
      colour: MARK,
      ink: MARK,
      fromX: box.left + box.width - 5,
      fromY: y(value),
    })),
    ...lines.flatMap(({ name, colour, points }) => {
      const last = points.at(-1)
      return name === '' || last === undefined
        ? []
        : [{ name, colour, ink: INK, fromX: x(last.at), fromY: y(last.value) }]
    }),
  ].sort((one, other) => one.fromY - other.fromY)
  const heights = spread(
    labels.map(({ fromY }) => fromY),
    {
      gap: LABEL.height,
      min: box.top - LABEL.height / 2,
      max: box.top + box.height + LABEL.height / 2,
    },
  )
  const edge = box.left + box.width
  return labels.flatMap(({ name, colour, ink, fromX, fromY }, order) => {
    const toY = heights[order] ?? fromY
    return [
      {
        type: 'polyline',
        silent: true,
        z: 2,
        shape: {
          points: [
            [fromX + 5, fromY],
            [edge, fromY],
            [edge + LABEL.gap - 4, toY],
          ].filter(([at = 0]) => at >= fromX),
        },
        style: { stroke: colour, lineWidth: 1, opacity: 0.55, fill: 'none' },
      },
      {
        type: 'text',
        silent: true,
        x: edge + LABEL.gap,
        y: toY,
        style: {
          text: name,
          fill: ink,
          font: `${LABEL.fontSize}px sans-serif`,
          verticalAlign: 'middle',
        },
      },
    ]
  })
}

/** The same heights, ascending, moved as little as keeps them `gap` apart and within bounds. */
function spread(
  heights: readonly number[],
  { gap, min, max }: { readonly gap: number; readonly min: number; readonly max: number },
): readonly number[] {
  const moved = [...heights]
  for (let at = 0; at < moved.length; at++) {
    moved[at] = Math.max(moved[at] ?? min, at === 0 ? min : (moved[at - 1] ?? min) + gap)
  }
  for (let at = moved.length - 1; at >= 0; at--) {
    const below = at === moved.length - 1 ? max : (moved[at + 1] ?? max) - gap
    moved[at] = Math.min(moved[at] ?? max, below)
  }
  return moved
}

/** A limit is named among the ends of the lines; a place above the panel. */
function markGraphics(mark: Mark, { box, x, y }: Frame): readonly object[] {
  const line = (x1: number, y1: number, x2: number, y2: number): object => ({
    type: 'line',
    silent: true,
    shape: { x1, y1, x2, y2 },
    style: { stroke: MARK, lineWidth: 1.25, lineDash: [5, 4] },
  })
  if (mark.kind === 'limit') {
    const at = y(mark.value)
    return [line(box.left, at, box.left + box.width, at)]
  }
  const at = x(mark.at)
  return [
    line(at, box.top - 3, at, box.top + box.height),
    {
      type: 'text',
      silent: true,
      x: Math.max(at, box.left + textWidth(mark.text, LABEL.fontSize) / 2 + PLACE_NAME_GAP),
      y: box.top - 5,
      style: {
        text: mark.text,
        fill: MARK,
        font: `bold ${LABEL.fontSize}px sans-serif`,
        align: 'center',
        verticalAlign: 'bottom',
      },
    },
  ]
}

/** Beside the name of the values, which stands at the same height. */
const PLACE_NAME_GAP = 12
