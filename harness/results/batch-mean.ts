/** The mean number of callers per batch, over several repeats. */
import type { Results } from './results.ts'
import { isRepeatOf, type TrialKey } from './trial-key.ts'

/** Weighted by the number of batches; undefined if the strategy does not batch. */
export function batchMean({ trials }: Pick<Results, 'trials'>, of: TrialKey): number | undefined {
  const all = trials.flatMap((trial) => (isRepeatOf(trial, of) ? (trial.batches ?? []) : []))
  const count = all.reduce((sum, batches) => sum + batches.count, 0)
  return count === 0 ? undefined : all.reduce((sum, batches) => sum + batches.count * batches.mean, 0) / count
}
