/** Which cells of the table are to be run. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineKind } from '../engines/engine.ts'
import type { FaultCell, FaultPrediction } from '../results/faults.ts'
import type { FaultKind, FaultSubject } from './fault.ts'
import { predicted } from './predictions.ts'

/** One cell that is to be run. */
export interface PlannedCell {
  readonly fault: FaultKind
  readonly entry: StrategyEntry
  readonly subject: FaultSubject
  readonly prediction: FaultPrediction
  readonly seed: number
  /** Whether the run is for its outcome alone, and ends before goodput can be compared. */
  readonly isForOutcomeAlone?: boolean
}

/** In the order of the faults; those that apply. */
export function planOf(
  faults: readonly FaultKind[],
  entries: readonly StrategyEntry[],
  seeds: readonly number[],
  kinds: readonly EngineKind[],
): readonly PlannedCell[] {
  return faults.flatMap((fault) =>
    entries.flatMap((entry) => {
      const found = predicted(fault, entry, kinds)
      if (found.kind === 'not-applicable') return []
      return seeds.map((seed) => ({ fault, entry, seed, ...found }))
    }),
  )
}

function isSameCell(planned: PlannedCell, { fault, strategy, seed }: FaultCell): boolean {
  return planned.fault.name === fault && planned.entry.name === strategy && planned.seed === seed
}

/**
 * Planned cells that an earlier run does not have, or has with another prediction, or for the outcome alone
 * where more is asked.
 */
export function cellsLeft(
  cells: readonly PlannedCell[],
  kept: readonly FaultCell[],
  isAgain = false,
): readonly PlannedCell[] {
  return cells.filter(
    (each) =>
      isAgain ||
      !kept.some(
        (cell) =>
          isSameCell(each, cell) &&
          (each.isForOutcomeAlone === true || cell.isForOutcomeAlone !== true) &&
          JSON.stringify(cell.predicted) === JSON.stringify(each.prediction),
      ),
  )
}
