/** What to type to see the same again. */
import type { Results } from '../../results/results.ts'
import type { Trial } from '../../results/trial.ts'
import { quoted } from '../format.ts'

/**
 * Plays the same requests again, with this strategy alone; one of the user's own is named by its file,
 * which results do not tell.
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
  const { networkLatencyMs: latency } = settings
  const network = latency === undefined ? '' : ` --network-latency ${latency}ms`
  return `npm run holdfast -- compare --strategies ${quoted(strategy)}${what}${work}${network} --seed ${seed}`
}
