/** What a load found, as a table for a terminal. */
import Table from 'cli-table3'
import { formatCount, formatFigure } from '../report/format.ts'
import { BORDERLESS, type Paint, rendered } from '../report/table.ts'
import type { Trial } from '../results/trial.ts'

export function renderLoadTable(trials: readonly Trial[], paint: Paint): string {
  const hasMaps = trials.some(({ latencyMs }) => latencyMs.read !== undefined)
  const table = new Table({
    ...BORDERLESS,
    head: [
      'strategy',
      'workers',
      'offered/s',
      'held/s',
      'unknown',
      'dropped',
      'p50 ms',
      'p95 ms',
      'p99 ms',
      ...(hasMaps ? ['map p95 ms'] : []),
      'batch',
      'verdict',
      'oversold',
    ],
    colAligns: ['left', ...Array.from({ length: hasMaps ? 10 : 9 }, () => 'right' as const), 'left', 'right'],
  })
  for (const {
    strategy,
    load,
    goodputPerSecond,
    counts,
    latencyMs,
    batches,
    verdict,
    oversoldUnits,
  } of trials) {
    table.push([
      strategy,
      load?.workers ?? 1,
      load?.offeredPerSecond === undefined ? 'closed loop' : formatCount(load.offeredPerSecond),
      formatFigure(goodputPerSecond),
      formatCount(counts.unknown),
      formatCount(load?.droppedIterations ?? 0),
      ...[latencyMs.hold.p50, latencyMs.hold.p95, latencyMs.hold.p99].map(formatFigure),
      ...(hasMaps ? [latencyMs.read === undefined ? '–' : formatFigure(latencyMs.read.p95)] : []),
      batches === undefined ? '–' : formatFigure(batches.mean),
      told(verdict, paint),
      formatCount(oversoldUnits),
    ])
  }
  return rendered(table)
}

function told(verdict: Trial['verdict'], paint: Paint): string {
  switch (verdict) {
    case 'valid':
      return paint('good', 'valid ✓')
    case 'invalid':
      return paint('bad', 'CONVICTED')
    case 'unknown':
      return paint('doubtful', 'unknown')
  }
}
