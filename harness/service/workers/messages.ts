/** Messages between the process that owns a service and its workers. */
import type { HoldId, ResourceId } from '../../../strategies/strategy.ts'
import type { MeterReading } from '../../engines/engine.ts'
import type { StrategyReference } from '../../entries/strategy-reference.ts'
import type { Attachment } from '../../ground/ground.ts'
import type { ServiceExtension } from '../extension.ts'
import type { LogLevel } from '../log.ts'
import type { BatchFigures, MetricsSnapshot } from '../metrics.ts'
import type { ServiceSettings } from '../parts.ts'
import type { SoldAnswer, StatusAnswer } from '../store-reader.ts'
import type { Venue } from '../venue.ts'

export interface WorkerJob {
  readonly strategy: StrategyReference
  readonly attachment: Attachment
  /** Like `attachment`, with one connection, for readiness checks. */
  readonly probeAttachment: Attachment
  readonly venue: Venue
  readonly settings: ServiceSettings
  readonly criticalSectionMs: number
  readonly logLevel: LogLevel
  readonly host: string
  readonly port: number
  readonly extension?: ServiceExtension
}

/** The figures of one process. */
export interface WorkerFigures extends MeterReading {
  readonly batches: BatchFigures
}

/** A worker's requests to its owner: what it has no connection for, or cannot know alone. */
export type WorkerQuestion =
  | { readonly kind: 'sold'; readonly resources: readonly ResourceId[] }
  | { readonly kind: 'status'; readonly id: HoldId }
  | { readonly kind: 'metrics' }

export type OwnersAnswer = SoldAnswer | StatusAnswer | string

export type ToWorker =
  | { readonly kind: 'open'; readonly job: WorkerJob }
  | { readonly kind: 'figures' }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'close' }
  /** The answer to a request; `why` if there is none. */
  | {
      readonly kind: 'answer'
      readonly ask: number
      readonly answer?: OwnersAnswer
      readonly why?: string
    }

export type FromWorker =
  | { readonly kind: 'open'; readonly address: string }
  | { readonly kind: 'figures'; readonly figures: WorkerFigures }
  | { readonly kind: 'snapshot'; readonly snapshot: MetricsSnapshot }
  | { readonly kind: 'failed'; readonly why: string; readonly code?: string }
  | { readonly kind: 'question'; readonly ask: number; readonly question: WorkerQuestion }
