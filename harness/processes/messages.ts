/**
 * What a run and the processes that play for it say to each other. Operations travel apart:
 * see `operation-stream.ts`.
 */
import type { MeterReading } from '../engines/engine.ts'
import type { StrategyReference } from '../entries/strategy-reference.ts'
import type { Attachment } from '../ground/ground.ts'
import type { PlayOutcome, Share } from '../workloads/play.ts'
import type { PlanSettings } from '../workloads/workload.ts'

/** All that a process needs to know. */
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
  /** Asks for the time of the monotonic clock. */
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
  /** It could not do what it was told, in one sentence. */
  | { readonly kind: 'failed'; readonly why: string }

export interface PlayedHere extends MeterReading {
  readonly elapsedMs: number
  readonly ended: PlayOutcome['ended']
  readonly unsettled: number
  readonly batched: readonly number[]
  readonly sessions: readonly number[]
  /** Of operations that it has written: they come another way than this report, and may come later. */
  readonly streamBytes: number
}

/** The file descriptor of a playing process on which its operations leave it. */
export const OPERATIONS_FD = 4
