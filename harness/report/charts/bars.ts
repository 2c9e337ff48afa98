/** A panel of horizontal bars, named on the left, with the value at the end. */
import { formatFigure } from '../format.ts'
import type { Panel } from './chart.ts'
import { draw, drawable, panelTitle, textWidth } from './draw.ts'
import { fromZero, isWide, linearScale, logScale } from './scale.ts'
import { FAINT, INK, QUIET } from './theme.ts'

export interface BarPart {
  readonly value: number
  readonly colour: string
  readonly decal?: object
}

export interface Bar {
  readonly name: string
  /** Stacked. */
  readonly parts: readonly BarPart[]
  readonly min?: number
  readonly max?: number
  /** Instead of the sum, at the end of the bar. */
  readonly label?: string
}

export interface BarPanel {
  readonly title: string
  readonly subtitle?: string
  readonly width: number
  readonly valuesName: string
  readonly bars: readonly Bar[]
  /** Allows a log scale if the values are far apart; never for stacked bars. */
  readonly mayBeLog?: boolean
  /** Names stand above their bars, in full, and not on the left of them. */
  readonly namesAbove?: boolean
  /** What the scale must have room for, where panels have one scale; by default only the bars. */
  readonly scaledTo?: readonly { readonly value: number; readonly max: number }[]
}

const ROW_HEIGHT = 21
/** Of a row with its name above the bar. */
const NAMED = { rowHeight: 36, barWidth: 14, rise: 15, left: 2, gap: 4 } as const
const MARGIN = { top: 26, subtitle: 16, bottom: 44, right: 10, gap: 8 } as const
const FONT_SIZE = 11.5
/** Names may fill about half of the panel, and are never cut to fewer letters. */
const WIDTH_PER_LETTER = 12
const NAME_LENGTH_MIN = 40
/** On a log scale the axis begins this far below the smallest value, so that its bar is visible. */
const LOG_BASE = 1.6

export function barPanel(id: string, panel: BarPanel): Panel {
  const { width, namesAbove = false } = panel
  const rowHeight = namesAbove ? NAMED.rowHeight : ROW_HEIGHT
  const widthPerLetter = namesAbove ? textWidth('a', FONT_SIZE) : WIDTH_PER_LETTER
  const nameLengthMax = Math.max(NAME_LENGTH_MIN, Math.floor(width / widthPerLetter))
  const bars = panel.bars.map((bar) => ({ ...bar, name: drawable(bar.name, nameLengthMax) }))
  const sums = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0))
  const left = namesAbove
    ? NAMED.left
    : Math.max(...bars.map(({ name }) => textWidth(name, FONT_SIZE)), 40) + MARGIN.gap
  const labels = bars.map(({ label }, row) => label ?? formatFigure(sums[row] ?? 0))
  const labelWidth = Math.max(...labels.map((text) => textWidth(text, FONT_SIZE)), 0) + MARGIN.gap
  const top = MARGIN.top + (panel.subtitle === undefined ? 0 : MARGIN.subtitle)
  const height = top + bars.length * rowHeight + MARGIN.bottom
  const most = bars.map(({ max }, row) => Math.max(max ?? 0, sums[row] ?? 0))
  const { scaledTo = [] } = panel
  const values = [...sums, ...scaledTo.map(({ value }) => value)]
  const mostOfAll = [...most, ...scaledTo.map(({ max }) => max)]
  const isLog = panel.mayBeLog === true && isWide(values)
  const plotWidth = Math.max(60, width - left - MARGIN.right - labelWidth)
  const scale = isLog
    ? fromZero(
        logScale(
          [...mostOfAll, ...values.map((value) => value / LOG_BASE)],
          Math.max(3, Math.floor(plotWidth / 45)),
        ),
      )
    : linearScale(mostOfAll, Math.max(2, Math.floor(plotWidth / 60)))
  const deepest = Math.max(1, ...bars.map(({ parts }) => parts.length))
  return draw(
    id,
    { width, height },
    {
      title: panelTitle(panel.title, width, panel.subtitle),
      grid: { left, top, width: plotWidth, height: bars.length * rowHeight },
      yAxis: {
        type: 'category',
        data: bars.map(({ name }) => name),
        inverse: true,
        axisLabel: { show: !namesAbove, color: INK, fontSize: FONT_SIZE, interval: 0 },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: QUIET } },
      },
      xAxis: {
        ...scale.axis,
        name: isLog ? `${panel.valuesName} (log)` : panel.valuesName,
        nameLocation: 'middle',
        nameGap: 26,
        nameTextStyle: { color: QUIET, fontSize: FONT_SIZE },
        splitLine: { lineStyle: { color: FAINT } },
      },
      series: [
        ...Array.from({ length: deepest }, (_, part) => ({
          type: 'bar',
          stack: 'all',
          silent: true,
          barWidth: namesAbove ? NAMED.barWidth : '66%',
          data: bars.map(({ parts }) => {
            const { value = 0, colour = INK, decal } = parts[part] ?? {}
            return {
              value: part === 0 ? scale.at(value) : value,
              itemStyle: { color: colour, ...(decal !== undefined && { decal }) },
            }
          }),
        })),
        whiskers(bars, scale.at),
        ...(namesAbove ? [namesOver(bars)] : []),
        valuesAfter(labels, most.map(scale.at)),
      ],
    },
  )
}

/** `ends`: of the bars, on the axis. */
function valuesAfter(labels: readonly string[], ends: readonly number[]): object {
  return {
    type: 'custom',
    silent: true,
    z: 4,
    data: labels.map((_, row) => [row, ends[row] ?? 0]),
    encode: { y: 0, x: 1 },
    renderItem(
      params: { readonly dataIndex: number },
      api: { value(i: number): number; coord(point: readonly number[]): readonly number[] },
    ) {
      const [x = 0, y = 0] = api.coord([api.value(1), api.value(0)])
      const text = labels[params.dataIndex] ?? ''
      return {
        type: 'text',
        x: x + 6,
        y,
        style: { text, fill: INK, font: `${FONT_SIZE}px sans-serif`, verticalAlign: 'middle' },
      }
    },
  }
}

function namesOver(bars: readonly Bar[]): object {
  return {
    type: 'custom',
    silent: true,
    z: 4,
    data: bars.map((_, row) => [row, 0]),
    encode: { y: 0, x: 1 },
    renderItem(
      params: { readonly dataIndex: number; readonly coordSys: { readonly x: number } },
      api: { value(i: number): number; coord(point: readonly number[]): readonly number[] },
    ) {
      const [, y = 0] = api.coord([0, api.value(0)])
      return {
        type: 'text',
        x: params.coordSys.x + NAMED.gap,
        y: y - NAMED.rise,
        style: {
          text: bars[params.dataIndex]?.name ?? '',
          fill: INK,
          font: `${FONT_SIZE}px sans-serif`,
          verticalAlign: 'middle',
        },
      }
    },
  }
}

/** The range of the repeats, from minimum to maximum. */
function whiskers(bars: readonly Bar[], at: (value: number) => number): object {
  const CAP = 3
  const style = { stroke: INK, lineWidth: 1.2, fill: 'none' }
  return {
    type: 'custom',
    silent: true,
    z: 3,
    encode: { y: 0, x: [1, 2] },
    data: bars.flatMap(({ min, max }, row) =>
      min === undefined || max === undefined || max <= min ? [] : [[row, at(min), at(max)]],
    ),
    renderItem(
      _params: unknown,
      api: { value(i: number): number; coord(point: readonly number[]): readonly number[] },
    ) {
      const [x1 = 0, y = 0] = api.coord([api.value(1), api.value(0)])
      const [x2 = 0] = api.coord([api.value(2), api.value(0)])
      const line = (fromX: number, fromY: number, toX: number, toY: number): object => ({
        type: 'line',
        shape: { x1: fromX, y1: fromY, x2: toX, y2: toY },
        style,
      })
      return {
        type: 'group',
        children: [line(x1, y, x2, y), line(x1, y - CAP, x1, y + CAP), line(x2, y - CAP, x2, y + CAP)],
      }
    },
  }
}
