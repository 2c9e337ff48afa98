/** What batches bring: goodput against the number of callers who travel together. */
import { batchMean } from '../../results/batch-mean.ts'
import { hotSeat } from '../../workloads/hot-seat.ts'
import { counted, formatFigure } from '../format.ts'
import { absentChart, type Chart, type Panel } from './chart.ts'
import { linePanel } from './lines.ts'
import { isWide, linearScale, logScale } from './scale.ts'
import { along, callersOf, lookOf, type Scene } from './scene.ts'
import { WIDE } from './sweeps.ts'

export function batchesChart(scene: Scene): Chart {
  const about = {
    id: 'batches',
    title: 'Batch size against throughput',
    lead: 'Callers whose requests are sent together, and the effect; each beside its twin that sends every request separately.',
  }
  const panels: Panel[] = []
  const rows: string[][] = []
  for (const [workload, levels] of scene.workloads) {
    // One seat is granted as fast as it is released: larger batches carry more refusals
    // there, and nothing else.
    if (workload === hotSeat.name || levels.length < 2) continue
    const drawn = scene.looks.flatMap((look) => {
      const cells = along(levels, look.strategy)
      if (cells.length < 2) return []
      return [
        { look, cells: cells.map(({ at, cell }) => ({ at, cell, batch: batchMean(scene.results, cell) })) },
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
        lines: drawn.map(({ look, cells }) => ({
          name: look.strategy,
          colour: look.colour.light,
          symbol: look.symbol,
          dash: look.dash,
          points: cells.map(({ at, cell }) => ({ at, value: cell.goodputPerSecond.median })),
        })),
      }),
      linePanel(`batches-size-${workload}`, {
        ...WIDE,
        title: `${workload}: size of a batch`,
        places: callersOf(levels),
        placesName: 'callers at once',
        valuesName: 'callers per batch, on average (log)',
        scale: logScale(drawn.flatMap(({ cells }) => cells.flatMap(({ batch }) => batch ?? []))),
        lines: drawn.flatMap(({ look, cells }) => {
          const points = cells.flatMap(({ at, batch }) => (batch === undefined ? [] : [{ at, value: batch }]))
          return points.length === 0
            ? []
            : [
                {
                  name: look.strategy,
                  colour: look.colour.light,
                  symbol: look.symbol,
                  dash: look.dash,
                  points,
                },
              ]
        }),
      }),
    )
    for (const { look, cells } of drawn) {
      for (const { cell, batch } of cells) {
        rows.push([
          look.strategy,
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

/** The batcher and its twin at the level where batches were largest; none where nobody batched. */
export function largestBatch(
  scene: Scene,
  batched: string,
  single: string,
): { readonly callers: number; readonly mean: number; readonly factor: number } | undefined {
  let best: { readonly callers: number; readonly mean: number; readonly factor: number } | undefined
  for (const [workload, levels] of scene.workloads) {
    if (workload === hotSeat.name || lookOf(scene, batched) === undefined) continue
    for (const { cells, concurrency } of levels) {
      const one = cells.find(({ strategy }) => strategy === batched)
      const other = cells.find(({ strategy }) => strategy === single)
      if (one === undefined || other === undefined || other.goodputPerSecond.median === 0) continue
      const mean = batchMean(scene.results, one)
      if (mean === undefined || mean <= (best?.mean ?? 0)) continue
      best = {
        callers: concurrency,
        mean,
        factor: one.goodputPerSecond.median / other.goodputPerSecond.median,
      }
    }
  }
  return best
}
