/**
 * Results as one picture: for a workload played with several numbers of callers, goodput and latency as lines; for one
 * played with a single number, goodput as bars; for strategies that batch, goodput over the size of their batches. Whiskers run from the slowest repeat to the fastest. Only strategies found
 * valid in the same run are drawn. The same results give the same bytes.
 */
import * as echarts from 'echarts'
import { hotSeat } from '../workloads/hot-seat.ts'
import { counted, formatCount, formatFigure, formatSpan, listed } from './format.ts'
import { batchMean, type Results } from './results.ts'
import { type Cell, type Group, groupsOf, type Range, standingOf, strategiesOf } from './standing.ts'

const WIDTH = 1200
const MARGIN = { left: 76, right: 28 } as const
const TITLE_HEIGHT = 92
/** More lines need more room to be told apart. */
const LINE_PANEL_HEIGHT = { few: 350, many: 440, manyFrom: 9 } as const
const BATCH_PANEL_HEIGHT = 300
const BAR_ROW_HEIGHT = 19
/** Title above and axis below the bars of one panel. */
const BAR_PANEL_FRAME = 96
const BAR_PANELS_PER_ROW = 3
/** Names of strategies left of the first bars of each row: at least so wide, and what the longest takes. */
const BAR_NAMES = { widthMin: 196, letterWidth: 6.7, gap: 20 } as const
const CAPTION_LINE_HEIGHT = 17
const EMPTY_HEIGHT = 150
const LEGEND = { columnsMax: 4, rowHeight: 24, letterWidth: 7.3, frame: 62 } as const
/** In parts of the distance between two numbers of callers: from one strategy to the next, and over all of them. */
const POINT_SPACING = 0.035
const POINTS_WIDTH_MAX = 0.62
/** Where the most is so many times the least, equal steps would press the small figures onto the axis. */
const LOG_RATIO_MIN = 25
const TICKS_MAX = 7
/** Where a decade has its ticks: as many as there is room for. */
const LOG_STEPS = [[1, 2, 5], [1, 3], [1]] as const
const LOG_TICKS_MAX = 10

const FONT = 'sans-serif'
const INK = '#1f2933'
const QUIET = '#5b6770'
const FAINT = '#e3e8ec'

/** Okabe and Ito's colours, told apart by nearly everybody; the shape says it again for the rest. For a single family. */
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
/**
 * Of several families each has a colour, from the darkest to the lightest over its members; shapes and hatchings tell those
 * apart. The largest family takes the first.
 */
const FAMILY_COLOURS = [
  { hue: [230, 200], saturation: 85, lightness: [22, 62] },
  { hue: [6, 34], saturation: 88, lightness: [28, 55] },
  { hue: [155, 140], saturation: 75, lightness: [20, 42] },
  { hue: [285, 325], saturation: 50, lightness: [32, 62] },
  { hue: [42, 48], saturation: 85, lightness: [24, 46] },
  { hue: [210, 210], saturation: 8, lightness: [25, 58] },
] as const
const SYMBOLS = [
  'circle',
  'triangle',
  'rect',
  'diamond',
  'emptyCircle',
  'emptyTriangle',
  'emptyRect',
  'emptyDiamond',
] as const
const DASHES = ['solid', 'dashed', 'dotted'] as const
/** Echarts' own decals, one per colour: what the symbol is to a line, the hatching is to a bar. */
const DECALS = [
  { symbol: 'none' },
  { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 6 },
  {
    symbol: 'circle',
    dashArrayX: [
      [8, 8],
      [0, 8, 8, 0],
    ],
    dashArrayY: [6, 0],
    symbolSize: 0.8,
  },
  { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [4, 3], rotation: -Math.PI / 4 },
  {
    symbol: 'triangle',
    dashArrayX: [
      [9, 9],
      [0, 9, 9, 0],
    ],
    dashArrayY: [7, 2],
    symbolSize: 0.75,
  },
  { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1, 3], rotation: Math.PI / 2 },
  {
    symbol: 'rect',
    dashArrayX: [
      [6, 6],
      [0, 6, 6, 0],
    ],
    dashArrayY: [6, 0],
  },
  { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: 0 },
] as const

type Option = echarts.EChartsCoreOption
interface Panels {
  readonly titles: object[]
  readonly grids: object[]
  readonly xAxes: object[]
  readonly yAxes: object[]
  readonly series: object[]
}

/** An SVG document. */
export function renderChart(results: Results): string {
  const charted = strategiesOf(results).filter((name) => standingOf(results, name).kind === 'valid')
  const groups = groupsOf(results)
    .map((group) => ({ ...group, cells: group.cells.filter((cell) => charted.includes(cell.strategy)) }))
    .filter((group) => group.cells.length > 0)
  const caption = captionOf(results)
  const { option, height } =
    charted.length === 0 ? emptyOption(results, caption) : fullOption(results, groups, charted, caption)
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  try {
    chart.setOption(option)
    return accessible(
      centredText(stableIds(withoutHover(chart.renderToSVGString()))),
      results,
      groups,
      charted,
    )
  } finally {
    chart.dispose()
  }
}

function fullOption(
  results: Results,
  groups: readonly Group[],
  charted: readonly string[],
  caption: readonly string[],
): { readonly option: Option; readonly height: number } {
  const panels: Panels = { titles: [], grids: [], xAxes: [], yAxes: [], series: [] }
  const workloads = [...new Set(groups.map((group) => group.workload))]
  const levelsOf = (workload: string): readonly Group[] =>
    groups.filter((group) => group.workload === workload)
  const swept = workloads.filter((workload) => levelsOf(workload).length > 1)
  const single = workloads.filter((workload) => levelsOf(workload).length === 1).flatMap(levelsOf)

  const looks = looksOf(charted)
  const legend = legendOf(charted)
  let top = TITLE_HEIGHT + (swept.length === 0 ? 0 : legend.height)
  const half = (WIDTH - 2 * (MARGIN.left + MARGIN.right)) / 2
  const right = WIDTH - MARGIN.right - half
  const lineHeight =
    charted.length < LINE_PANEL_HEIGHT.manyFrom ? LINE_PANEL_HEIGHT.few : LINE_PANEL_HEIGHT.many
  for (const workload of swept) {
    linePanel(panels, looks, levelsOf(workload), {
      title: `${workload}: holds granted per second`,
      unit: 'holds per second',
      of: (cell) => cell.goodputPerSecond,
      box: { left: MARGIN.left, top, width: half, height: lineHeight },
    })
    linePanel(panels, looks, levelsOf(workload), {
      title: `${workload}: a buyer's wait, 95th percentile`,
      unit: 'milliseconds',
      isLog: true,
      of: (cell) => cell.holdMsP95,
      box: { left: right, top, width: half, height: lineHeight },
    })
    top += lineHeight
  }

  const batching = swept.flatMap((workload) => {
    // One seat is granted as fast as it is given back: larger batches carry more refusals there, and nothing else.
    if (workload === hotSeat.name) return []
    const batches = batchesOf(results, levelsOf(workload))
    return batches.length === 0 ? [] : [{ workload, batches }]
  })
  batching.forEach(({ workload, batches }, index) => {
    batchPanel(panels, looks, batches, {
      title: `${workload}: what batches bring`,
      box: {
        left: index % 2 === 0 ? MARGIN.left : right,
        top: top + Math.floor(index / 2) * BATCH_PANEL_HEIGHT,
        width: half,
        height: BATCH_PANEL_HEIGHT,
      },
    })
  })
  top += Math.ceil(batching.length / 2) * BATCH_PANEL_HEIGHT

  const barHeight = charted.length * BAR_ROW_HEIGHT + BAR_PANEL_FRAME
  const barGap = 36
  const barLeft = Math.max(BAR_NAMES.widthMin, longest(charted) * BAR_NAMES.letterWidth + BAR_NAMES.gap)
  const barWidth = (WIDTH - barLeft - MARGIN.right - barGap * (BAR_PANELS_PER_ROW - 1)) / BAR_PANELS_PER_ROW
  single.forEach((group, index) => {
    const column = index % BAR_PANELS_PER_ROW
    const row = Math.floor(index / BAR_PANELS_PER_ROW)
    barPanel(panels, looks, group, {
      named: column === 0,
      box: {
        left: barLeft + column * (barWidth + barGap),
        top: top + row * barHeight,
        width: barWidth,
        height: barHeight,
      },
    })
  })
  top += Math.ceil(single.length / BAR_PANELS_PER_ROW) * barHeight

  const height = top + 18 + caption.length * CAPTION_LINE_HEIGHT + 14
  return {
    height,
    option: {
      ...frame(),
      title: [...heading('What safety costs', subtitleOf(charted)), ...panels.titles],
      // Only lines need a legend: bars carry their names.
      legend: swept.length === 0 ? [] : legend.columns,
      grid: panels.grids,
      xAxis: panels.xAxes,
      yAxis: panels.yAxes,
      series: panels.series,
      graphic: captionGraphic(caption, top + 18),
    },
  }
}

/** One legend per column: measured without a screen, names laid out by Echarts run into each other. */
function legendOf(charted: readonly string[]): {
  readonly columns: readonly object[]
  readonly height: number
} {
  const width = longest(charted) * LEGEND.letterWidth + LEGEND.frame
  const fit = Math.floor((WIDTH - MARGIN.left + LEGEND.frame / 2) / width)
  const columns = Math.max(1, Math.min(LEGEND.columnsMax, fit))
  const rows = Math.ceil(charted.length / columns)
  return {
    height: LEGEND.rowHeight * rows + 6,
    columns: Array.from({ length: columns }, (_, column) => ({
      data: charted.slice(column * rows, (column + 1) * rows).map((name) => ({ name })),
      orient: 'vertical',
      top: TITLE_HEIGHT - 12,
      left: MARGIN.left - 6 + column * ((WIDTH - MARGIN.left) / columns),
      itemGap: 10,
      itemWidth: 34,
      textStyle: { color: INK, fontSize: 13 },
    })).filter(({ data }) => data.length > 0),
  }
}

function longest(names: readonly string[]): number {
  return names.reduce((most, { length }) => Math.max(most, length), 0)
}

/** An axis that ends on round figures, and where a figure stands on it. */
interface Scale {
  readonly axis: object
  at(value: number): number
}

/** From 0 in equal steps, with room beyond the most. `room`: in parts of the most. */
function linearScale(values: readonly number[], room = 0): Scale {
  const most = Math.max(...values, 0) * (1 + room)
  const step = roundStep(most / TICKS_MAX)
  const max = Math.max(1, Math.ceil(most / step - 1e-9)) * step
  return {
    axis: {
      type: 'value',
      min: 0,
      max,
      interval: step,
      axisLabel: { color: INK, fontSize: 12, formatter: tick },
    },
    at: (value) => value,
  }
}

/** 1, 2 or 5 and noughts: the least such that is no less. */
function roundStep(least: number): number {
  if (!(least > 0)) return 1
  const decade = 10 ** Math.floor(Math.log10(least) + 1e-9)
  return decade * ([1, 2, 5, 10].find((factor) => factor * decade >= least * (1 - 1e-9)) ?? 10)
}

/**
 * Ends on a tick at either side, where Echarts' own begins and ends just anywhere. `room`: beyond the outermost ticks, in
 * parts of the axis.
 */
function logScale(values: readonly number[], room = 0): Scale {
  const positive = values.filter((value) => value > 0)
  const least = positive.length === 0 ? 1 : Math.min(...positive)
  const most = Math.max(...positive, least)
  const first = Math.floor(Math.log10(least))
  const decades = Array.from(
    { length: Math.ceil(Math.log10(most)) - first + 2 },
    (_, at) => 10 ** (first + at),
  )
  const within = (ticks: readonly number[]): readonly number[] => {
    const from = ticks.findLast((each) => each <= least) ?? least
    const to = ticks.find((each) => each >= most && each > from) ?? most
    return ticks.filter((each) => each >= from && each <= to)
  }
  const choices = LOG_STEPS.map((steps) =>
    within(decades.flatMap((decade) => steps.map((step) => step * decade))),
  )
  const ticks = choices.find(({ length }) => length <= LOG_TICKS_MAX) ?? within(decades)
  const customValues = ticks.map(Math.log10)
  const [min = 0] = customValues
  const max = customValues.at(-1) ?? 1
  return {
    axis: {
      type: 'value',
      min: min - room * (max - min),
      max: max + room * (max - min),
      axisLabel: { color: INK, fontSize: 12, customValues, formatter: (value: number) => tick(10 ** value) },
      axisTick: { show: false, customValues },
    },
    at: (value) => Math.max(min, Math.log10(value)),
  }
}

/** Goodput has a natural 0; where that would hide who is slow, it is drawn in powers. */
function isWide(values: readonly number[]): boolean {
  const positive = values.filter((value) => value > 0)
  return positive.length > 0 && Math.max(...positive) / Math.min(...positive) >= LOG_RATIO_MIN
}

interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

function linePanel(
  panels: Panels,
  looks: readonly Look[],
  levels: readonly Group[],
  panel: {
    readonly title: string
    readonly unit: string
    readonly isLog?: boolean
    readonly of: (cell: Cell) => Range
    readonly box: Box
  },
): void {
  const { box, of, unit } = panel
  const index = panels.grids.length
  const ranges = levels.flatMap(({ cells }) => cells.map(of))
  const isLog = panel.isLog ?? isWide(ranges.map(({ median }) => median))
  const scale = (isLog ? logScale : linearScale)(ranges.flatMap(({ min, max }) => [min, max]))
  panels.titles.push(panelTitle(panel.title, box))
  panels.grids.push({ left: box.left, top: box.top + 44, width: box.width, height: box.height - 110 })
  panels.xAxes.push({
    ...xAxisOf(index, 'callers at once'),
    type: 'value',
    min: -0.5,
    max: levels.length - 0.5,
    axisLabel: {
      color: INK,
      fontSize: 12,
      customValues: levels.map((_, level) => level),
      formatter: (value: number) => formatCount(levels[value]?.concurrency ?? 0),
    },
    axisTick: { show: true, customValues: levels.map((_, level) => level) },
    splitLine: { show: false },
  })
  panels.yAxes.push({ ...yAxisOf(index, isLog ? `${unit} (log)` : unit), ...scale.axis })
  const spacing = Math.min(POINT_SPACING, POINTS_WIDTH_MAX / looks.length)
  looks.forEach((look, order) => {
    // Side by side, or the whiskers of one number of callers would cover each other.
    const aside = (order - (looks.length - 1) / 2) * spacing
    const points = levels.map((group, level) => {
      const cell = group.cells.find((each) => each.strategy === look.strategy)
      return cell === undefined ? undefined : { x: level + aside, ...of(cell) }
    })
    panels.series.push({
      type: 'line',
      name: look.strategy,
      xAxisIndex: index,
      yAxisIndex: index,
      data: points.map((point, level) =>
        point === undefined ? [level, null] : [point.x, scale.at(point.median)],
      ),
      ...look.line,
    })
    const spans = points.flatMap((point) =>
      point === undefined ? [] : [[point.x, scale.at(point.min), scale.at(point.max)]],
    )
    panels.series.push(whiskers(spans, { index, colour: look.colour, horizontal: false }))
  })
}

function xAxisOf(gridIndex: number, name: string): object {
  return {
    gridIndex,
    name,
    nameLocation: 'middle',
    nameGap: 30,
    nameTextStyle: { color: QUIET, fontSize: 12 },
    axisLine: { show: true, lineStyle: { color: QUIET }, onZero: false },
  }
}

function yAxisOf(gridIndex: number, name: string): object {
  return {
    gridIndex,
    name,
    nameLocation: 'middle',
    nameGap: 52,
    nameTextStyle: { color: QUIET, fontSize: 12 },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: FAINT } },
  }
}

/** One number of callers of a strategy that batches. */
interface BatchPoint {
  readonly strategy: string
  readonly concurrency: number
  readonly callers: number
  readonly goodput: number
}

function batchesOf(results: Results, levels: readonly Group[]): readonly BatchPoint[] {
  return levels.flatMap(({ cells, concurrency }) =>
    cells.flatMap((cell) => {
      const callers = batchMean(results, cell)
      if (callers === undefined) return []
      return [{ strategy: cell.strategy, concurrency, callers, goodput: cell.goodputPerSecond.median }]
    }),
  )
}

/** Goodput over the size of a batch, one point per number of callers. */
function batchPanel(
  panels: Panels,
  looks: readonly Look[],
  points: readonly BatchPoint[],
  { title, box }: { readonly title: string; readonly box: Box },
): void {
  const index = panels.grids.length
  const sizes = logScale(
    points.map(({ callers }) => callers),
    0.04,
  )
  const goodput = linearScale(
    points.map((each) => each.goodput),
    0.12,
  )
  panels.titles.push(panelTitle(title, box, 'each point: so many callers at once'))
  panels.grids.push({ left: box.left, top: box.top + 58, width: box.width, height: box.height - 124 })
  panels.xAxes.push({
    ...xAxisOf(index, 'callers per batch, on average (log)'),
    splitLine: { show: false },
    ...sizes.axis,
  })
  panels.yAxes.push({ ...yAxisOf(index, 'holds per second'), ...goodput.axis })
  for (const { strategy, line } of looks) {
    const own = points.filter((each) => each.strategy === strategy)
    if (own.length === 0) continue
    panels.series.push({
      type: 'line',
      name: strategy,
      xAxisIndex: index,
      yAxisIndex: index,
      data: own.map(({ callers, goodput: value }) => [sizes.at(callers), value]),
      label: {
        show: true,
        position: 'top',
        distance: 6,
        color: INK,
        fontSize: 11,
        formatter: ({ dataIndex }: { readonly dataIndex: number }) =>
          formatCount(own[dataIndex]?.concurrency ?? 0),
      },
      labelLayout: { hideOverlap: true },
      ...line,
    })
  }
}

function barPanel(
  panels: Panels,
  looks: readonly Look[],
  group: Group,
  { named, box }: { readonly named: boolean; readonly box: Box },
): void {
  const index = panels.grids.length
  const cells = looks.map(({ strategy }) => group.cells.find((cell) => cell.strategy === strategy))
  // Room for the figure at the end of the longest bar.
  const { axis } = linearScale(
    cells.map((cell) => cell?.goodputPerSecond.max ?? 0),
    0.16,
  )
  panels.titles.push(panelTitle(`${group.workload}, ${counted(group.concurrency, 'caller')}`, box))
  panels.grids.push({
    left: box.left,
    top: box.top + 42,
    width: box.width,
    height: box.height - BAR_PANEL_FRAME,
  })
  panels.yAxes.push({
    type: 'category',
    gridIndex: index,
    data: looks.map(({ strategy }) => strategy),
    inverse: true,
    axisLabel: { show: named, color: INK, fontSize: 12 },
    axisTick: { show: false },
    axisLine: { lineStyle: { color: QUIET } },
  })
  panels.xAxes.push({
    ...axis,
    gridIndex: index,
    name: 'holds per second',
    nameLocation: 'middle',
    nameGap: 24,
    nameTextStyle: { color: QUIET, fontSize: 11 },
    axisLabel: { color: INK, fontSize: 11, formatter: tick, hideOverlap: true },
    splitLine: { lineStyle: { color: FAINT } },
  })
  panels.series.push({
    type: 'bar',
    xAxisIndex: index,
    yAxisIndex: index,
    barWidth: '68%',
    label: {
      show: true,
      position: 'right',
      distance: 6,
      color: INK,
      fontSize: 11,
      formatter: ({ dataIndex }: { readonly dataIndex: number }) => {
        const figure = cells[dataIndex]?.goodputPerSecond.median
        return figure === undefined ? 'not tried' : formatFigure(figure)
      },
    },
    data: cells.map((cell, order) => ({
      value: cell?.goodputPerSecond.median ?? 0,
      itemStyle: looks[order]?.bar ?? {},
    })),
  })
  const ranges = cells.flatMap((cell, row) =>
    cell === undefined || cell.repeats < 2
      ? []
      : [[row, cell.goodputPerSecond.min, cell.goodputPerSecond.max]],
  )
  if (ranges.length > 0) panels.series.push(whiskers(ranges, { index, colour: INK, horizontal: true }))
}

/** A line from the least to the most, with a short cap at either end. `ranges`: [category, least, most]. */
function whiskers(
  ranges: readonly (readonly number[])[],
  of: { readonly index: number; readonly colour: string; readonly horizontal: boolean },
): object {
  const CAP = 3
  const style = { stroke: of.colour, lineWidth: 1.3, fill: 'none', opacity: 0.8 }
  return {
    type: 'custom',
    xAxisIndex: of.index,
    yAxisIndex: of.index,
    silent: true,
    z: 1,
    encode: of.horizontal ? { y: 0, x: [1, 2] } : { x: 0, y: [1, 2] },
    data: ranges,
    renderItem(
      _params: unknown,
      api: { value(i: number): number; coord(point: readonly number[]): readonly number[] },
    ) {
      const at = (value: number): readonly number[] =>
        api.coord(of.horizontal ? [value, api.value(0)] : [api.value(0), value])
      const [x1 = 0, y1 = 0] = at(api.value(1))
      const [x2 = 0, y2 = 0] = at(api.value(2))
      const line = (fromX: number, fromY: number, toX: number, toY: number): object => ({
        type: 'line',
        shape: { x1: fromX, y1: fromY, x2: toX, y2: toY },
        style,
      })
      const [capX, capY] = of.horizontal ? [0, CAP] : [CAP, 0]
      return {
        type: 'group',
        children: [
          line(x1, y1, x2, y2),
          line(x1 - capX, y1 - capY, x1 + capX, y1 + capY),
          line(x2 - capX, y2 - capY, x2 + capX, y2 + capY),
        ],
      }
    },
  }
}

function emptyOption(
  results: Results,
  caption: readonly string[],
): { readonly option: Option; readonly height: number } {
  const top = TITLE_HEIGHT + EMPTY_HEIGHT
  return {
    height: top + caption.length * CAPTION_LINE_HEIGHT + 32,
    option: {
      ...frame(),
      title: [
        ...heading('Nothing to compare', 'Only strategies found valid in the same run are charted.'),
        {
          text: emptyReason(results),
          left: 'center',
          top: TITLE_HEIGHT + 40,
          textStyle: {
            color: INK,
            fontSize: 18,
            fontWeight: 'normal',
            width: WIDTH - 200,
            overflow: 'break',
            lineHeight: 26,
          },
        },
      ],
      graphic: captionGraphic(caption, top + 18),
    },
  }
}

function emptyReason(results: Results): string {
  if (results.trials.length === 0) return 'No trial was finished.'
  if (!results.control.caught) return 'The control was not caught, so this run proves nothing.'
  return 'No strategy of this run was found valid.'
}

function frame(): Option {
  return {
    backgroundColor: '#ffffff',
    animation: false,
    textStyle: { fontFamily: FONT },
    color: [...COLOURS],
  }
}

function heading(text: string, subtext: string): readonly object[] {
  return [
    {
      text,
      subtext,
      left: MARGIN.left - 52,
      top: 14,
      itemGap: 8,
      textStyle: { color: INK, fontSize: 22, fontWeight: 'bold' },
      subtextStyle: { color: QUIET, fontSize: 13 },
    },
  ]
}

function panelTitle(text: string, box: Box, subtext = ''): object {
  return {
    text,
    subtext,
    left: box.left - 6,
    top: box.top + 10,
    itemGap: 4,
    textStyle: { color: INK, fontSize: 14, fontWeight: 'bold' },
    subtextStyle: { color: QUIET, fontSize: 11.5 },
  }
}

function subtitleOf(charted: readonly string[]): string {
  return `${counted(charted.length, 'strategy').replace(/strategys$/, 'strategies')} found valid in this run. Lines and bars: median of the repeats; whiskers: slowest to fastest.`
}

/** How one strategy looks, wherever it is drawn. */
interface Look {
  readonly strategy: string
  readonly colour: string
  readonly line: object
  readonly bar: object
}

/** The first word of a name is its family. */
function looksOf(charted: readonly string[]): readonly Look[] {
  const families = [...Map.groupBy(charted, (name) => name.split('-', 1)[0] ?? name).values()].sort(
    (one, other) => other.length - one.length,
  )
  return charted.map((strategy, order) => {
    const family = families.findIndex((members) => members.includes(strategy))
    const members = families[family] ?? []
    const at = members.indexOf(strategy)
    const colour =
      families.length === 1
        ? (COLOURS[order % COLOURS.length] ?? INK)
        : familyColour(family, members.length === 1 ? 0.5 : at / (members.length - 1))
    return {
      strategy,
      colour,
      line: {
        symbol: SYMBOLS[at % SYMBOLS.length],
        symbolSize: 9,
        lineStyle: { color: colour, width: 2, type: DASHES[Math.floor(at / SYMBOLS.length) % DASHES.length] },
        itemStyle: { color: colour },
        z: 2,
      },
      bar: {
        color: colour,
        decal: { color: 'rgba(255, 255, 255, 0.45)', ...DECALS[at % DECALS.length] },
      },
    }
  })
}

/** `share`: 0 for the first member, 1 for the last. */
function familyColour(family: number, share: number): string {
  const { hue, saturation, lightness } = FAMILY_COLOURS[family % FAMILY_COLOURS.length] ?? FAMILY_COLOURS[0]
  const between = ([from, to]: readonly [number, number]): number => from + share * (to - from)
  return hex(between(hue), saturation, between(lightness))
}

/** `#rrggbb`: not every viewer of SVG knows other ways to name a colour. */
function hex(hue: number, saturation: number, lightness: number): string {
  const spread = (saturation / 100) * Math.min(lightness / 100, 1 - lightness / 100)
  const channel = (offset: number): string => {
    const turn = (offset + hue / 30) % 12
    const share = lightness / 100 - spread * Math.max(-1, Math.min(turn - 3, 9 - turn, 1))
    return Math.round(share * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${channel(0)}${channel(8)}${channel(4)}`
}

/** An axis has round figures: `0`, `0.5`, `1,500`. */
function tick(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}

/** Everything a figure depends on, so that the picture can travel alone. */
function captionOf(results: Results): readonly string[] {
  const { machine, settings } = results
  const engines = results.engines.map(
    (engine) => `${engine.version} (${engine.source}, ${engine.durability})`,
  )
  const excluded = strategiesOf(results).filter((name) => standingOf(results, name).kind !== 'valid')
  const work = settings.workInsideMs > 0 ? `, ${settings.workInsideMs} ms of work inside` : ''
  return [
    `${engines.length === 0 ? 'no engine' : engines.join(', ')} · pool of ${settings.poolSize}${work} · ${settings.repeats === 1 ? 'once' : `up to ${settings.repeats} repeats`}, up to ${formatSpan(settings.durationMs)} each after ${settings.warmupMs} ms of warm-up · seed ${results.seed}`,
    `${machine.cpu}, ${counted(machine.cores, 'core')}, ${machine.memoryGib} GiB · ${machine.os} · Node ${machine.node} · ${results.commit === undefined ? 'no commit' : `commit ${results.commit}`} · ${results.startedAt}${results.interrupted ? ' · ended early' : ''}`,
    ...(excluded.length === 0
      ? []
      : [`Not charted: ${excluded.map((name) => `${name} (${reasonOf(results, name)})`).join(', ')}`]),
  ]
}

function reasonOf(results: Results, strategy: string): string {
  const standing = standingOf(results, strategy)
  switch (standing.kind) {
    case 'convicted':
      return 'convicted'
    case 'not-tempted':
      return 'declared unsafe'
    case 'not-proven':
      return 'not proven'
    case 'valid':
      return 'valid'
    default:
      return standing satisfies never
  }
}

function captionGraphic(lines: readonly string[], top: number): readonly object[] {
  return lines.map((text, line) => ({
    type: 'text',
    left: MARGIN.left - 52,
    top: top + line * CAPTION_LINE_HEIGHT,
    style: { text, fill: QUIET, font: `11.5px ${FONT}`, width: WIDTH - 48, overflow: 'truncate' },
  }))
}

/** What Echarts adds for a mouse: this picture is for looking at. */
function withoutHover(svg: string): string {
  return svg.replace(/<style\s*>.*?<\/style>\s*/s, '').replaceAll(/ (?:class|cursor|ecmeta_\w+)="[^"]*"/g, '')
}

/** Not every viewer knows where the middle of a line of text is; all of them know an offset. */
function centredText(svg: string): string {
  return svg.replaceAll('dominant-baseline="central"', 'dy="0.35em"')
}

/** Echarts numbers its elements over the life of the process; here they are numbered within the document. */
function stableIds(svg: string): string {
  const numbers = new Map<string, string>()
  return svg.replace(/\bzr\d+-[a-z]+-?\d+/g, (id) => {
    const known = numbers.get(id) ?? `e${numbers.size}`
    numbers.set(id, known)
    return known
  })
}

/** Names the picture and tells it in words, for whoever does not see it. */
function accessible(
  svg: string,
  results: Results,
  groups: readonly Group[],
  charted: readonly string[],
): string {
  const title =
    charted.length === 0
      ? `Holdfast: nothing to compare. ${emptyReason(results)}`
      : `Holdfast: goodput and latency of ${listed(charted)}`
  const figures = groups.map((group) => {
    const cells = group.cells.map(
      (cell) =>
        `${cell.strategy} ${formatFigure(cell.goodputPerSecond.median)} holds per second, p95 ${formatFigure(cell.holdMs.p95)} ms`,
    )
    return `${group.workload} with ${counted(group.concurrency, 'caller')}: ${cells.join('; ')}.`
  })
  const description = [...figures, ...captionOf(results)].join('\n')
  const text = `<title id="title">${escaped(title)}</title>\n<desc id="desc">${escaped(description)}</desc>\n`
  return `${svg.replace(/<svg ([^>]*)>/, (_whole, attributes: string) => `<svg role="img" aria-labelledby="title desc" ${attributes}>\n${text}`)}\n`
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
