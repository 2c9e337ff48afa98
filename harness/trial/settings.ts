/** What one trial is to be, and who plays it. */
import type { Sample } from '../performance/sampler.ts'
import type { Workload } from '../workloads/workload.ts'

export interface TrialSettings {
  readonly workload: Workload
  readonly concurrency: number
  readonly durationMs: number
  /** Played first and not counted; 0 for none. */
  readonly warmupMs: number
  /** 1 for the first. */
  readonly repeat: number
  readonly seed: number
  readonly poolSize: number
  /** Operating-system processes that share the callers, who may be fewer; 1 by default, which is this one. */
  readonly processes?: number
  /** How long an application works between a strategy's read and its write. */
  readonly criticalSectionMs: number
  /** Ends the trial early; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Told a few times a second how it goes. */
  readonly onSample?: (sample: Sample) => void
  /** Instead of the player's own limit. */
  readonly callTimeoutMs?: number
  /** Instead of `SETTLE_MS_MAX`. */
  readonly settleMsMax?: number
}

/** For calls that were given up on: the strategies' own limits end them about then. */
export const SETTLE_MS_MAX = 10_000

export function processesOf({ processes = 1, concurrency }: TrialSettings): number {
  return Math.min(processes, concurrency)
}
