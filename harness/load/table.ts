/** The results of a load, as a table for a terminal. */
import Table from 'cli-table3'
import { formatCount, formatFigure } from '../report/format.ts'
import { percentileOf } from '../report/samples.ts'
import { BORDERLESS, rendered } from '../report/table.ts'
import type { Paint } from '../report/tone.ts'
import type { Trial } from '../results/trial.ts'

/** Reservations about a verdict. */
export interface LoadReservations {
  /** Whether the control was convicted: if not, nothing is proven. */
  readonly caught: boolean
  /** Strategies with a failed threshold. */
  readonly breached: ReadonlySet<string>
}

/** The table says "valid ✓" only if the exit code is 0. */
export function renderLoadTable(
  trials: readonly Trial[],
  { caught, breached }: LoadReservations,
  paint: Paint,
): string {
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
      offeredBy(load),
      formatFigure(goodputPerSecond),
      formatCount(counts.unknown),
      formatCount(load?.droppedIterations ?? 0),
      ...(['p50', 'p95', 'p99'] as const).map((place) => formatFigure(percentileOf(latencyMs.hold, place))),
      ...(hasMaps ? [formatFigure(latencyMs.read && percentileOf(latencyMs.read, 'p95'))] : []),
      batches === undefined ? '–' : formatFigure(batches.mean),
      told(verdict, caught ? breached.has(strategy) : 'unproven', paint),
      formatCount(oversoldUnits),
    ])
  }
  return rendered(table)
}

function offeredBy(load: Trial['load']): string {
  if (load?.spike !== undefined) return 'at once'
  return load?.offeredPerSecond === undefined ? 'closed loop' : formatCount(load.offeredPerSecond)
}

function told(verdict: Trial['verdict'], reservation: boolean | 'unproven', paint: Paint): string {
  switch (verdict) {
    case 'valid':
      if (reservation === 'unproven') return paint('doubtful', 'not proven')
      return reservation ? paint('doubtful', 'valid, threshold breached') : paint('good', 'valid ✓')
    case 'invalid':
      return paint('bad', 'CONVICTED')
    case 'unknown':
      return paint('doubtful', 'unknown')
  }
}
