/** Goodput on each workload. */
import { byGoodput, type Cell, mostContested } from '../cells.ts'
import { counted, formatFigure } from '../format.ts'
import { type Bar, barPanel } from './bars.ts'
import { absentChart, type Chart } from './chart.ts'
import { type ChartData, styleOf, sweptLevels } from './chart-data.ts'
import { styledPart } from './series-styles.ts'

const WIDTH = 440

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
        bars: byGoodput(level.cells).map((cell) => barOf(data, cell)),
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

function barOf(data: ChartData, { strategy, goodputPerSecond, repeats }: Cell): Bar {
  const { median, min, max } = goodputPerSecond
  return {
    name: strategy,
    parts: [styledPart(styleOf(data, strategy), median)],
    ...(repeats > 1 && { min, max }),
  }
}
