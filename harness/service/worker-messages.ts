/** What the process that owns a service and the workers that answer for it say to each other. */
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import type { MeterReading } from '../engines/engine.ts'
import type { StrategyReference } from '../entries/strategy-reference.ts'
import type { Attachment } from '../ground/ground.ts'
import type { BatchFigures } from './metrics.ts'
import type { SoldAnswer, StatusAnswer } from './store-reader.ts'
import type { Venue } from './venue.ts'

export interface WorkerJob {
  readonly strategy: StrategyReference
  readonly attachment: Attachment
  readonly venue: Venue
  readonly inFlightMax: number
  readonly mapAgeMsMax: number
  readonly workInsideMs: number
  readonly hasAudit: boolean
  readonly host: string
  readonly port: number
}

/** What one process has to tell of itself. */
export interface WorkerFigures extends MeterReading {
  readonly batches: BatchFigures
}

export type ToWorker =
  | { readonly kind: 'open'; readonly job: WorkerJob }
  | { readonly kind: 'figures' }
  | { readonly kind: 'close' }
  /** The answer to `sold` or `status`; `why` where there is none. */
  | {
      readonly kind: 'read'
      readonly ask: number
      readonly answer?: SoldAnswer | StatusAnswer
      readonly why?: string
    }

export type FromWorker =
  | { readonly kind: 'open'; readonly address: string }
  | { readonly kind: 'figures'; readonly figures: WorkerFigures }
  | { readonly kind: 'failed'; readonly why: string; readonly code?: string }
  | { readonly kind: 'sold'; readonly ask: number; readonly resources: readonly ResourceId[] }
  | { readonly kind: 'status'; readonly ask: number; readonly id: HoldId }
