/** The truth about a run, by layer, from trying every order of its events. */
import type { HistoryRecord } from '../../history/record.ts'
import { LAYERS, type Layer, recordsOf } from './layers.ts'
import { isOversell } from './oversell.ts'
import { problemOf } from './problem.ts'
import type { MeasuredRun } from './run.ts'
import { isLegal } from './search.ts'

export type Truth = 'legal' | 'illegal' | 'oversell'

/** A layer that shows more can only forbid more, which saves most of the searches. */
export function truthOf(run: MeasuredRun): Readonly<Record<Layer, Truth>> {
  const truth: Record<Layer, Truth> = { history: 'legal', audit: 'legal', versions: 'legal' }
  for (const layer of LAYERS.toReversed()) {
    const records = recordsOf(run, layer)
    if (isPossible(records)) break
    truth[layer] = isOversell(records) ? 'oversell' : 'illegal'
  }
  return truth
}

function isPossible(records: readonly HistoryRecord[]): boolean {
  const problem = problemOf(records)
  return typeof problem !== 'string' && isLegal(problem)
}
