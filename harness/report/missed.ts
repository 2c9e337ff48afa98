/** What was not as predicted in a cell of the table of faults: in which of its runs, and why. */
import type { FaultCell } from '../results/faults.ts'
import { isSpared } from '../results/survives.ts'
import { counted, listed } from './format.ts'

const SEEDS_MAX = 5
const REASONS_MAX = 3

/** `cells`: all runs of one fault and one strategy. As a clause; empty if all came out as predicted. */
export function missedWords(cells: readonly FaultCell[]): string {
  const missed = cells.filter(({ asPredicted }) => !asPredicted)
  if (missed.length === 0) return ''
  const seeds = missed.slice(0, SEEDS_MAX).map(({ seed }) => String(seed))
  const more = missed.length > SEEDS_MAX ? [`${missed.length - SEEDS_MAX} more`] : []
  const noun = missed.length === 1 ? 'seed' : 'seeds'
  const which =
    cells.length === 1
      ? ''
      : `${missed.length} of ${counted(cells.length, 'run')} (${noun} ${listed([...seeds, ...more])}): `
  // Those of the judge are sentences.
  const all = missed.flatMap(({ reasons: own }) => own.map((each) => each.replace(/\.$/, '')))
  const reasons = [...new Set(all)].slice(0, REASONS_MAX)
  return `${which}${reasons.join('; ')}`
}

/**
 * The run that a cell is shown by: one that was not as predicted, or else any, and one that was convicted
 * before others.
 */
export function shownRun(cells: readonly FaultCell[]): FaultCell | undefined {
  const missed = cells.filter((cell) => !cell.asPredicted && !isSpared(cell))
  const shown = missed.length > 0 ? missed : cells
  return shown.find(({ conviction }) => conviction !== undefined) ?? shown[0]
}
