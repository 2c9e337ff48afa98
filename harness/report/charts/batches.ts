/** The effect of batching: goodput against the number of callers per batch. */
import { batchMean } from '../../results/batch-mean.ts'
import { hotSeat } from '../../workloads/hot-seat.ts'
import { counted, formatFigure } from '../format.ts'
import { absentChart, type Chart, type Panel } from './chart.ts'
import { type ChartData, callersOf, cellsAlong } from './chart-data.ts'
import { linePanel } from './lines.ts'
import { isWide, linearScale, logScale } from './scale.ts'
import { styledLine } from './series-styles.ts'
import { WIDE } from './sweeps.ts'

export function batchesChart(data: ChartData): Chart {
  const about = {
    id: 'batches',
    title: 'Batch size against throughput',
    lead: 'Callers whose requests are sent together, and the effect; each beside its twin that sends every request separately.',
  }
  const panels: Panel[] = []
  const rows: string[][] = []
  for (const [workload, levels] of data.workloads) {
    // On one seat, larger batches only contain more refusals.
    if (workload === hotSeat.name || levels.length < 2) continue
    const drawn = data.styles.flatMap((style) => {
      const cells = cellsAlong(levels, style.strategy)
      if (cells.length < 2) return []
      return [
        { style, cells: cells.map(({ at, cell }) => ({ at, cell, batch: batchMean(data.results, cell) })) },
      ]
    })
    if (!drawn.some(({ cells }) => cells.some(({ batch }) => batch !== undefined))) continue
    const values = drawn.flatMap(({ cells }) => cells.map(({ cell }) => cell.goodputPerSecond.median))
    const isLog = isWide(values)
    panels.push(
      linePanel(`batches-throughput-${workload}`, {
        ...WIDE,
        title: `${workload}: throughput`,
        places: callersOf(levels),
        placesName: 'callers at once',
        valuesName: `holds per second${isLog ? ' (log)' : ''}`,
        scale: (isLog ? logScale : linearScale)(values),
        lines: drawn.map(({ style, cells }) =>
          styledLine(
            style,
            style.strategy,
            cells.map(({ at, cell }) => ({ at, value: cell.goodputPerSecond.median })),
          ),
        ),
      }),
      linePanel(`batches-size-${workload}`, {
        ...WIDE,
        title: `${workload}: size of a batch`,
        places: callersOf(levels),
        placesName: 'callers at once',
        valuesName: 'callers per batch, on average (log)',
        scale: logScale(drawn.flatMap(({ cells }) => cells.flatMap(({ batch }) => batch ?? []))),
        lines: drawn.flatMap(({ style, cells }) => {
          const points = cells.flatMap(({ at, batch }) => (batch === undefined ? [] : [{ at, value: batch }]))
          return points.length === 0 ? [] : [styledLine(style, style.strategy, points)]
        }),
      }),
    )
    for (const { style, cells } of drawn) {
      for (const { cell, batch } of cells) {
        rows.push([
          style.strategy,
          `${workload}, ${counted(cell.concurrency, 'caller')}`,
          batch === undefined ? 'one by one' : formatFigure(batch),
          formatFigure(cell.goodputPerSecond.median),
        ])
      }
    }
  }
  if (panels.length === 0) {
    return absentChart(
      about,
      'To measure it: holdfast compare --workloads sell-out --concurrency 4,32,128 --strategies tigerbeetle-pending-transfer,tigerbeetle-pending-transfer-batched',
    )
  }
  return {
    ...about,
    size: 'wide',
    panels,
    table: { head: ['strategy', 'run', 'callers per batch', 'holds/s'], rows },
  }
}
