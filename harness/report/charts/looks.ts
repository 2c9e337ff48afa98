/** How a strategy looks, wherever it is drawn: a colour for its family, a shape and a hatching for itself. */
import type { Results } from '../../results/results.ts'
import { type Colour, familyColour, singleColour } from './theme.ts'

export interface Look {
  readonly strategy: string
  readonly family: string
  /** Without the family's name, where that goes without saying. */
  readonly shortName: string
  readonly colour: Colour
  readonly symbol: string
  readonly dash: string
  readonly decal: object
}

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
/** Echarts' own decals, one per shape: what the symbol is to a line, the hatching is to a bar. */
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
 * The engine beside which the others only keep the books: of PostgreSQL and Redis, Redis. Where the results
 * do not say what a strategy needs, the first word of its name.
 */
function familyOf(results: Results, strategy: string): string {
  const engines = results.strategies?.find(({ name }) => name === strategy)?.engines
  return engines?.at(-1) ?? strategy.split('-', 1)[0] ?? strategy
}

/** In the order of the names; the same strategies look the same in every chart of a report. */
export function looksOf(results: Results, strategies: readonly string[]): readonly Look[] {
  const names = [...strategies].sort()
  const families = [...Map.groupBy(names, (name) => familyOf(results, name)).entries()].sort(
    ([, one], [, other]) => other.length - one.length,
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
      dash: DASHES[Math.floor(place / SYMBOLS.length) % DASHES.length] ?? 'solid',
      decal: { color: DECAL_COLOUR, ...DECALS[place % DECALS.length] },
    }
  })
}

/** Families in the order in which they are drawn, the largest first. */
export function byFamily(looks: readonly Look[]): readonly (readonly [string, readonly Look[]])[] {
  return [...Map.groupBy(looks, ({ family }) => family).entries()].sort(
    ([, one], [, other]) => other.length - one.length,
  )
}
