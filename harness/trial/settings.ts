/** The settings of one trial, and the processes that run it. */
import type { Ground } from '../ground/ground.ts'
import type { Sample } from '../performance/sampler.ts'
import type { OpenLoop } from '../workloads/open-loop.ts'
import type { Workload } from '../workloads/workload.ts'

export interface TrialSettings {
  readonly workload: Workload
  readonly concurrency: number
  readonly durationMs: number
  /** The warm-up, which is not counted; 0 for none. */
  readonly warmupMs: number
  /** 1 for the first. */
  readonly repeat: number
  readonly seed: number
  readonly poolSize: number
  /**
   * Operating-system processes that share the callers; there may be fewer callers. 1 by default, which is
   * this process.
   */
  readonly processes?: number
  /** How long the application takes between a strategy's read and its write. */
  readonly criticalSectionMs: number
  /**
   * The round-trip time added between the strategy and its engines; by default they are connected without
   * anything in between. 0 is a proxy without delay.
   */
  readonly networkLatencyMs?: number
  /** For a workload to which buyers come at their own times. */
  readonly arrivalsPerSecond?: number
  /** Ends the trial early; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Called a few times per second with the progress. */
  readonly onSample?: (sample: Sample) => void
  /**
   * Runs while the callers do: something that happens to the engines or to the network. The trial goes on
   * when both have ended; it rejects if this rejects, which must then also end the callers.
   */
  readonly meanwhile?: (ground: Ground) => Promise<void>
  /**
   * Called before the audit, when no call is in flight and due holds have expired. The trial rejects if this
   * rejects.
   */
  readonly atRest?: (ground: Ground) => Promise<void>
  /** Whether the clock that decides is stepped meanwhile: then no deadline proves anything. */
  readonly clockIsStepped?: boolean
  /** Buyers begin at its times. Only for one process. */
  readonly openLoop?: OpenLoop
  /** Replaces the player's own limit. */
  readonly callTimeoutMs?: number
  /** Replaces `SETTLE_MS_MAX`. */
  readonly settleMsMax?: number
}

/** Time limit for abandoned calls: the strategies' own limits end them by about then. */
export const SETTLE_MS_MAX = 10_000

export function processesOf({ processes = 1, concurrency }: TrialSettings): number {
  return Math.min(processes, concurrency)
}
