/** What the service is made of, and what each of its routes is handed. */
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { Catalogue } from './catalogue.ts'
import type { ServiceMetrics } from './metrics.ts'
import type { StoreReader } from './store-reader.ts'
import type { Venue } from './venue.ts'

export interface ServiceOptions {
  /** The strategy's name, for whoever asks. */
  readonly name: string
  readonly strategy: ReservationStrategy
  /** Past the strategy: for reading a booking and for the audit. */
  readonly store: StoreReader
  readonly venue: Venue
  readonly metrics: ServiceMetrics
  /** Requests in flight past which others are answered 503 at once. */
  readonly inFlightMax: number
  /** How old a seat map may be; 0 reads the store each time. */
  readonly mapAgeMsMax: number
  /** Lets anybody who reaches the service read what the whole store has sold. */
  readonly hasAudit: boolean
  /** Lets anybody who reaches the service make resources and sweep: for test suites. */
  readonly hasSetup: boolean
}

/** What a route file is handed. */
export interface RouteParts extends ServiceOptions {
  readonly catalogue: Catalogue
}
