/** Goodput on each workload, and the same in units of a famous sale. */
import { sellOut } from '../../workloads/sell-out.ts'
import { byGoodput, type Cell, mostContested } from '../cells.ts'
import { counted, formatFigure } from '../format.ts'
import { type Bar, barPanel } from './bars.ts'
import { absentChart, type Chart } from './chart.ts'
import { type ChartData, comparedGroup, styleOf, sweptLevels } from './chart-data.ts'
import { styledPart } from './series-styles.ts'

const WIDTH = 440
/** The unit of the TigerFans talk (000): 1.4 million tickets in six hours. */
const OASIS_PER_SECOND = 1_400_000 / (6 * 60 * 60)

export function workloadsChart(data: ChartData): Chart {
  const about = {
    id: 'workloads',
    title: 'Goodput on every other workload',
    lead: 'Holds granted per second. Refusals are left out, and so are strategies that were not found valid.',
  }
  const names = data.styles.map(({ strategy }) => strategy)
  const swept = sweptLevels(data)
  const levels = [...data.workloads.values()].flatMap((each) =>
    each === swept ? [] : (mostContested(each, names) ?? []),
  )
  if (levels.length === 0) return absentChart(about, 'No other workload was run.')
  return {
    ...about,
    size: 'wide',
    panels: levels.map((level) =>
      barPanel(`workloads-${level.workload}`, {
        title: `${level.workload}, ${counted(level.concurrency, 'caller')}`,
        width: WIDTH,
        valuesName: 'holds per second',
        mayBeLog: true,
        bars: byGoodput(level.cells).map((cell) => barOf(data, cell, (value) => value)),
      }),
    ),
    table: {
      head: ['strategy', ...levels.map(({ workload }) => workload)],
      rows: names.flatMap((name) => {
        const cells = levels.map((level) => level.cells.find(({ strategy }) => strategy === name))
        return cells.every((cell) => cell === undefined)
          ? []
          : [
              [
                name,
                ...cells.map((cell) =>
                  cell === undefined ? '–' : formatFigure(cell.goodputPerSecond.median),
                ),
              ],
            ]
      }),
    },
  }
}

export function oasisChart(data: ChartData): Chart {
  const about = {
    id: 'oasis',
    title: 'In Oasis units',
    lead: `One Oasis is 1.4 million tickets in six hours, about ${Math.round(OASIS_PER_SECOND)} a second: the yardstick of the TigerFans talk (000). The figures are holds through sell-out, from one process, without HTTP and without a payment around them.`,
  }
  const level = comparedGroup(data, sellOut.name)
  if (level === undefined) return absentChart(about, `${sellOut.name} was not run.`)
  const cells = byGoodput(level.cells)
  return {
    ...about,
    size: 'wide',
    panels: [
      barPanel('oasis-all', {
        title: `${sellOut.name}, ${counted(level.concurrency, 'caller')}`,
        width: 500,
        valuesName: 'Oasis',
        mayBeLog: true,
        bars: cells.map((cell) => barOf(data, cell, (value) => value / OASIS_PER_SECOND)),
      }),
    ],
    table: {
      head: ['strategy', 'Oasis', 'holds/s'],
      rows: cells.map((cell) => [
        cell.strategy,
        formatFigure(cell.goodputPerSecond.median / OASIS_PER_SECOND),
        formatFigure(cell.goodputPerSecond.median),
      ]),
    },
    note: 'About one hold in seven is for two tickets; each counts as one here.',
  }
}

function barOf(
  data: ChartData,
  { strategy, goodputPerSecond, repeats }: Cell,
  unit: (value: number) => number,
): Bar {
  return {
    name: strategy,
    parts: [styledPart(styleOf(data, strategy), unit(goodputPerSecond.median))],
    ...(repeats > 1 && { min: unit(goodputPerSecond.min), max: unit(goodputPerSecond.max) }),
  }
}
