/** The fault of a run, in words: which, whether it struck, and when it was healed. */
import type { Results } from '../results/results.ts'
import type { Trial } from '../results/trial.ts'
import { counted, formatSpan } from './format.ts'

/** A clause to stand among other settings; empty if there was none. */
export function faultClause({ fault }: Results['settings']): string {
  return fault === undefined ? '' : `, struck by ${fault.name}`
}

/** One line for each trial. */
export function faultLines({ trials }: Results): readonly string[] {
  return trials.flatMap((trial) => {
    const told = toldFault(trial)
    if (told === undefined) return []
    const { strategy, workload, concurrency, repeat } = trial
    return [`${strategy} on ${workload} with ${counted(concurrency, 'caller')}, repeat ${repeat}: ${told}`]
  })
}

/** As a sentence without a full stop; undefined if none was inflicted on this trial. */
export function toldFault({ fault }: Pick<Trial, 'fault'>): string | undefined {
  if (fault === undefined) return undefined
  const { name, struck, struckAtMs, healedAtMs, recoveredMs } = fault
  if (struck === undefined) return `${name} did not strike: this trial proves nothing about it`
  const back = recoveredMs === undefined ? 'not seen as before' : `as before ${formatSpan(recoveredMs)} later`
  return `${name} struck at ${formatSpan(struckAtMs)} (${struck}), healed at ${formatSpan(healedAtMs)}, ${back}`
}
