/** What the repeats of a trial have in common. */
import type { Trial } from './trial.ts'

export type TrialKey = Pick<Trial, 'strategy' | 'workload' | 'concurrency' | 'criticalSectionMs'>

export function isRepeatOf(trial: TrialKey, of: TrialKey): boolean {
  return (
    trial.strategy === of.strategy &&
    trial.workload === of.workload &&
    trial.concurrency === of.concurrency &&
    trial.criticalSectionMs === of.criticalSectionMs
  )
}
