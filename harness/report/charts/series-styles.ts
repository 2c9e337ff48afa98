/** The style of a strategy in every chart: a colour for its family, a symbol and a hatching of its own. */
import type { Results } from '../../results/results.ts'
import type { BarPart } from './bars.ts'
import type { ChartLine } from './line.ts'
import { type Colour, familyColour, QUIET, singleColour } from './theme.ts'

export interface SeriesStyle {
  readonly strategy: string
  readonly family: string
  /** Without the family's name, for panels of one family. */
  readonly shortName: string
  readonly colour: Colour
  readonly symbol: string
  readonly dash: string
  readonly decal: object
}

export type LineStyle = Pick<SeriesStyle, 'colour' | 'symbol' | 'dash'>

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
/** Echarts' decals: hatchings distinguish bars as symbols distinguish lines. */
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
const DECAL_COLOUR = 'rgba(255, 255, 255, 0.42)'

/**
 * A strategy's last engine, which is the one that decides: Redis, of PostgreSQL and Redis. If the results do
 * not name its engines, the first word of its name.
 */
function familyOf(results: Results, strategy: string): string {
  const engines = results.strategies?.find(({ name }) => name === strategy)?.engines
  return engines?.at(-1) ?? strategy.split('-', 1)[0] ?? strategy
}

/** By name; a strategy has the same style in every chart of a report. */
export function seriesStylesOf(results: Results, strategies: readonly string[]): readonly SeriesStyle[] {
  const names = [...strategies].sort()
  // By name, so that a family keeps its colour from chart to chart, however many of it are shown.
  const families = [...Map.groupBy(names, (name) => familyOf(results, name))].sort(([one], [other]) =>
    one < other ? -1 : 1,
  )
  return names.map((strategy, order) => {
    const at = families.findIndex(([, members]) => members.includes(strategy))
    const [family = strategy, members = []] = families[at] ?? []
    const place = members.indexOf(strategy)
    const isShared = members.length > 1 && strategy.startsWith(`${family}-`)
    return {
      strategy,
      family,
      shortName: isShared ? strategy.slice(family.length + 1) : strategy,
      colour:
        families.length === 1
          ? singleColour(order)
          : familyColour(at, members.length === 1 ? 0.5 : place / (members.length - 1)),
      symbol: SYMBOLS[place % SYMBOLS.length] ?? 'circle',
      dash: dashOf(Math.floor(place / SYMBOLS.length)),
      decal: { color: DECAL_COLOUR, ...DECALS[place % DECALS.length] },
    }
  })
}

export function dashOf(place: number): string {
  return DASHES[place % DASHES.length] ?? 'solid'
}

/** The style of a line that differs from others by its condition, and not by its strategy; by its place. */
export function conditionStyle(place: number): LineStyle {
  return {
    colour: singleColour(place),
    symbol: SYMBOLS[place % SYMBOLS.length] ?? 'circle',
    dash: 'solid',
  }
}

/** The families, largest first. */
export function byFamily(
  styles: readonly SeriesStyle[],
): readonly (readonly [string, readonly SeriesStyle[]])[] {
  return largestFirst(Map.groupBy(styles, ({ family }) => family))
}

function largestFirst<Item>(
  groups: ReadonlyMap<string, readonly Item[]>,
): readonly (readonly [string, readonly Item[]])[] {
  return [...groups].sort(([, one], [, other]) => other.length - one.length)
}

/** A line in the strategy's style. */
export function styledLine(
  { colour, symbol, dash }: LineStyle,
  name: string,
  points: ChartLine['points'],
): ChartLine {
  return { name, colour: colour.light, symbol, dash, points }
}

/** A bar of one part in the strategy's style. */
export function styledPart(style: SeriesStyle | undefined, value: number): BarPart {
  return { value, colour: style?.colour.light ?? QUIET, ...(style && { decal: style.decal }) }
}
