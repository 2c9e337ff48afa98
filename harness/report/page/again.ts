/** The command that repeats a trial. */
import type { Results } from '../../results/results.ts'
import type { Trial } from '../../results/trial.ts'
import { quoted } from '../format.ts'

/**
 * Makes the same requests again, with this strategy alone. Results do not record the file of a user's own
 * strategy, so it is named only by name.
 */
export function replayOf({ seed, settings }: Results, strategy: string, trial?: Trial): string {
  const what =
    trial === undefined
      ? ''
      : ` --workloads ${quoted(trial.workload)} --concurrency ${trial.concurrency} --repeats ${trial.repeat}`
  const work =
    trial === undefined || trial.criticalSectionMs === 0
      ? ''
      : ` --critical-section ${trial.criticalSectionMs}ms`
  const { networkLatencyMs: latency, fault, durationMs } = settings
  const network = latency === undefined ? '' : ` --network-latency ${latency}ms`
  const struck = fault === undefined ? '' : ` --fault ${quoted(fault.name)} --duration ${durationMs}ms`
  return `npm run holdfast -- compare --strategies ${quoted(strategy)}${what}${work}${network}${struck} --seed ${seed}`
}
