/** The chart of an experiment: one figure over one factor, a panel for each family of strategies. */
import { barPanel } from '../harness/report/charts/bars.ts'
import {
  absentChart,
  type Chart,
  type ChartForm,
  NARROW_WIDTH,
  type Panel,
} from '../harness/report/charts/chart.ts'
import { linePanel } from '../harness/report/charts/lines.ts'
import { isWide, linearScale, logScale } from '../harness/report/charts/scale.ts'
import {
  byFamily,
  conditionStyle,
  dashOf,
  type LineStyle,
  type SeriesStyle,
  seriesStylesOf,
  styledLine,
  styledPart,
} from '../harness/report/charts/series-styles.ts'
import { formatCount, formatFigure } from '../harness/report/format.ts'
import { conditionsOf, varied } from './conditions.ts'
import type { ExperimentData, Measured } from './data.ts'
import type { Along, ChartRequest, Experiment } from './experiment.ts'
import { figureKinds } from './figures.ts'

/**
 * Names stand at the ends of lines where one panel has the whole width; else below the lines, and above the
 * bars of a narrow form. In a drawing that is much wider than the column of a page, text is too small.
 */
const LINES = {
  alone: { width: 500, plotWidthMin: 240, height: 330 },
  wide: { width: 390, height: 300, namesBelow: true },
  narrow: { width: NARROW_WIDTH, height: 270, namesBelow: true },
} as const satisfies Readonly<Record<ChartForm | 'alone', object>>
const BARS = {
  wide: { width: 720 },
  split: { width: 390, namesAbove: true },
  narrow: { width: NARROW_WIDTH, namesAbove: true },
} as const satisfies Readonly<Record<ChartForm | 'split', object>>

const PLACES_NAMES: Readonly<Record<Along, string>> = {
  concurrency: 'callers at once',
  poolSize: 'connections in the pool',
  criticalSectionMs: 'ms of work between read or lock and commit',
  networkLatencyMs: 'ms of round-trip time added',
  arrivalsPerSecond: 'buyers who come each second',
  processes: 'processes',
}

/** Strategies that have no figures are not drawn; without any, the chart says why. */
export function experimentChart(
  { name, chart }: Experiment,
  data: ExperimentData,
  form: ChartForm = 'wide',
): Chart {
  const { title, unit } = figureKinds[chart.figure]
  const about = {
    id: name,
    title: chart.title,
    lead: `${title}${unit === '' ? '' : `,${unit.startsWith(' ') ? '' : ' '}${unit}`}. Bands are 95 % intervals of the median; what overlaps is a tie.`,
  }
  const { figures, places } = drawn(chart, data)
  const [run] = data.runs
  if (figures.length === 0 || run === undefined)
    return absentChart(about, 'No figure of this run is carried by its samples.')
  const isTold = varied(figures)
  const styles = seriesStylesOf(run.results, [...new Set(figures.map(({ of }) => of.strategy))])
  const { along, panels } = chart
  const drawing: Drawing = { name, form, along, panels, unit: unit.trim(), figures, places, styles, isTold }
  return {
    ...about,
    size: 'wide',
    // A line through one place is a point.
    panels: places.length === 1 ? barPanels(drawing) : lines(drawing),
    table: {
      head: ['strategy', PLACES_NAMES[chart.along], title],
      rows: figures.map(({ of, median }) => [
        of.strategy,
        formatCount(of[chart.along]),
        formatFigure(median),
      ]),
    },
  }
}

interface Drawing {
  readonly name: string
  readonly form: ChartForm
  readonly along: Along
  readonly panels: ChartRequest['panels']
  readonly unit: string
  readonly figures: readonly Measured[]
  readonly places: readonly number[]
  readonly styles: readonly SeriesStyle[]
  /** The conditions that tell two figures of a strategy apart. */
  readonly isTold: ReadonlySet<string>
}

function lines(drawing: Drawing): readonly Panel[] {
  const { name, form, along, unit, figures, places } = drawing
  const values = figures.flatMap(({ interval: { low, high } }) => [low, high])
  const isLog = isWide(figures.map(({ median }) => median))
  const scale = (isLog ? logScale : linearScale)(values)
  const panels = namedPanels(drawing)
  return panels.map(({ id, title, lines: named }) =>
    linePanel(`${name}-${id}`, {
      ...LINES[form === 'wide' && panels.length === 1 ? 'alone' : form],
      title,
      places: places.map(formatCount),
      placesName: PLACES_NAMES[along],
      valuesName: `${unit}${isLog ? ' (log)' : ''}`,
      scale,
      lines: named.map(({ name: line, style, figures: own }) =>
        styledLine(
          style,
          line,
          own.map(({ of, median, interval }) => ({
            at: places.indexOf(of[along]),
            value: median,
            min: interval.low,
            max: interval.high,
          })),
        ),
      ),
    }),
  )
}

interface NamedLine {
  readonly name: string
  readonly style: LineStyle
  readonly figures: readonly Measured[]
}

interface NamedPanel {
  readonly id: string
  readonly title: string
  readonly lines: readonly NamedLine[]
}

/**
 * A panel for each family, or for each level of a condition. If each has a single strategy, the strategy is
 * in its title, and a colour is a condition.
 */
function namedPanels({ along, panels: split, figures, styles, isTold }: Drawing): readonly NamedPanel[] {
  const panels =
    split === undefined
      ? byFamily(styles).map(([id, members]) => ({
          id,
          figures: members.flatMap(({ strategy }) => ofStrategy(figures, strategy)),
        }))
      : [...Map.groupBy(figures, ({ of }) => of[split])].map(([id, own]) => ({ id, figures: own }))
  const ofLines = new Set([...isTold].filter((key) => key !== split))
  const groupsOf = (own: readonly Measured[]) => [
    ...Map.groupBy(own, ({ of }) => conditionsOf(of, ofLines, along)),
  ]
  const conditions = groupsOf(figures).map(([condition]) => condition)
  const strategies = panels.map((panel) => [...new Set(panel.figures.map(({ of }) => of.strategy))])
  const isAlone = conditions.length > 1 && strategies.every(({ length }) => length === 1)
  return panels.map(({ id, figures: own }, at): NamedPanel => {
    const [only = id] = strategies[at] ?? []
    return {
      id,
      title: !isAlone ? id : split === undefined ? only : `${only}, ${id}`,
      lines: isAlone
        ? groupsOf(own).map(([condition, line]) => ({
            name: condition,
            style: conditionStyle(conditions.indexOf(condition)),
            figures: line,
          }))
        : styles.flatMap((style) => linesOf(style, groupsOf(ofStrategy(own, style.strategy)))),
    }
  })
}

/** One strategy's lines: named by it, and by their conditions if there are several. */
function linesOf(
  style: SeriesStyle,
  groups: readonly (readonly [string, readonly Measured[]])[],
): readonly NamedLine[] {
  return groups.map(([condition, figures], at) => ({
    name: groups.length === 1 ? style.shortName : `${style.shortName} ${condition}`,
    style: groups.length === 1 ? style : { ...style, dash: dashOf(at) },
    figures,
  }))
}

/**
 * One place: a bar for each strategy under each condition, a strategy's bars together, the largest first. A
 * panel for each level of a condition, if the chart is split, all with one scale.
 */
function barPanels(drawing: Drawing): readonly Panel[] {
  const { name, form, panels: split, figures } = drawing
  if (split === undefined) return [bars(drawing, { id: name, level: '', layout: BARS[form], figures })]
  const isTold = new Set([...drawing.isTold].filter((key) => key !== split))
  const layout = BARS[form === 'wide' ? 'split' : form]
  return [...Map.groupBy(figures, ({ of }) => of[split])].map(([level, own]) =>
    bars({ ...drawing, isTold }, { id: `${name}-${level}`, level: `${level}, `, layout, figures: own }),
  )
}

function bars(
  { along, unit, figures: all, places, styles, isTold }: Drawing,
  panel: {
    readonly id: string
    /** Before the title. */
    readonly level: string
    readonly layout: (typeof BARS)[keyof typeof BARS]
    readonly figures: readonly Measured[]
  },
): Panel {
  const [place = 0] = places
  const largest = (of: SeriesStyle): number =>
    Math.max(...ofStrategy(all, of.strategy).map(({ median }) => median))
  return barPanel(panel.id, {
    title: `${panel.level}${formatCount(place)} ${PLACES_NAMES[along]}`,
    ...panel.layout,
    valuesName: unit,
    mayBeLog: true,
    scaledTo: all.map(({ median, interval }) => ({ value: median, max: interval.high })),
    bars: styles
      .toSorted((one, other) => largest(other) - largest(one))
      .flatMap((style) =>
        ofStrategy(panel.figures, style.strategy).map(({ of, median, interval }) => ({
          name: [style.strategy, conditionsOf(of, isTold, along)].filter((part) => part !== '').join(', '),
          parts: [styledPart(style, median)],
          min: interval.low,
          max: interval.high,
        })),
      ),
  })
}

function drawn(
  { figure, along, workload, concurrency }: ChartRequest,
  data: ExperimentData,
): { readonly figures: readonly Measured[]; readonly places: readonly number[] } {
  const figures = data.conditions
    .filter((of) => workload === undefined || of.workload === workload)
    .filter((of) => concurrency === undefined || of.concurrency === concurrency)
    .flatMap((of) => data.figure(figure, of) ?? [])
    .toSorted((one, other) => one.of[along] - other.of[along])
  return { figures, places: [...new Set(figures.map(({ of }) => of[along]))] }
}

function ofStrategy(figures: readonly Measured[], strategy: string): readonly Measured[] {
  return figures.filter(({ of }) => of.strategy === strategy)
}
