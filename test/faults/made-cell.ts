/** A cell made by hand, as a run of faults saves it. */
import type { FaultCell } from '../../harness/results/faults.ts'

export function madeCell(outcome: FaultCell['outcome'], more: Partial<FaultCell> = {}): FaultCell {
  return {
    fault: 'a-fault',
    title: 'a fault',
    strategy: 'a-strategy',
    seed: 1,
    predicted: { outcome: 'safe', recovers: true },
    struck: 'something',
    ...(outcome !== undefined && { outcome }),
    recoveredMs: 300,
    lastedMs: 1_000,
    elapsedMs: 5_000,
    goodputPerSecond: { before: 100, during: 0, after: 100 },
    unknown: 0,
    ghosts: 0,
    lostSales: 0,
    oversoldUnits: 0,
    overReservedUnits: 0,
    leftBehind: [],
    asPredicted: outcome === 'safe',
    reasons: outcome === 'safe' ? [] : [`predicted: safe; found: ${outcome ?? 'unknown'}`],
    ...more,
  }
}
