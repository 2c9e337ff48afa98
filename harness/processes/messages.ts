/** Messages between a run and its worker processes. Operations use another pipe: `operation-stream.ts`. */
import type { StrategyReference } from '../entries/strategy-reference.ts'
import type { Attachment } from '../ground/ground.ts'
import type { Performance } from '../performance/performance.ts'
import type { Share } from '../workloads/play.ts'
import type { PlanSettings } from '../workloads/workload.ts'

/** Everything that a worker process needs. */
export interface Job {
  readonly strategy: StrategyReference
  readonly workload: string
  readonly planSettings: PlanSettings
  readonly share: Share
  readonly attachment: Attachment
  readonly criticalSectionMs: number
  readonly warmupMs: number
  readonly settleMsMax: number
  readonly clock: { readonly offsetMs: number }
  readonly callTimeoutMs?: number
}

export type Order =
  | { readonly kind: 'open'; readonly job: Job }
  /** Requests a reading of the monotonic clock. */
  | { readonly kind: 'clock' }
  | { readonly kind: 'warm-up' }
  | { readonly kind: 'play' }
  | { readonly kind: 'abort' }
  | { readonly kind: 'close' }

export type Report =
  | { readonly kind: 'opened' }
  /** Milliseconds. */
  | { readonly kind: 'clock'; readonly nowMs: number }
  | { readonly kind: 'warm' }
  | ({ readonly kind: 'played' } & PlayedHere)
  /** The order failed; `why` is one sentence. */
  | { readonly kind: 'failed'; readonly why: string }

export interface PlayedHere extends Omit<Performance, 'played' | 'lost' | 'settle'> {
  readonly unsettled: number
  /** The bytes of operations written so far, which may arrive later than this report. */
  readonly streamBytes: number
}

/** The file descriptor to which a worker process writes its operations. */
export const OPERATIONS_FD = 4
