/** How many callers shared a batch, over several repeats. */
import type { Results } from './results.ts'
import type { Trial } from './trial.ts'

/** Callers per batch, over all batches of these repeats; absent where the strategy does not batch. */
export function batchMean(
  { trials }: Pick<Results, 'trials'>,
  of: Pick<Trial, 'strategy' | 'workload' | 'concurrency' | 'criticalSectionMs'>,
): number | undefined {
  let count = 0
  let callers = 0
  for (const { strategy, workload, concurrency, criticalSectionMs, batches } of trials) {
    const isMeant =
      strategy === of.strategy &&
      workload === of.workload &&
      concurrency === of.concurrency &&
      criticalSectionMs === of.criticalSectionMs
    if (!isMeant || batches === undefined) continue
    count += batches.count
    callers += batches.count * batches.mean
  }
  return count === 0 ? undefined : callers / count
}
