/** The number of calls behind the counts of a trial. */
import type { Trial } from './trial.ts'

export function callsIn({ counts }: Pick<Trial, 'counts'>): number {
  const { held, replayed, soldOut, contended, idReused, unknown, confirmed, confirmGone, released, reads } =
    counts
  const holds = held + replayed + soldOut + contended + idReused
  return holds + confirmed + confirmGone + released + reads + unknown
}
