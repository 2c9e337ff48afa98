/** What the service is made of, and what each of its routes is handed. */
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { Admission } from './admission.ts'
import type { StrategyCaller } from './call.ts'
import type { Catalogue } from './catalogue.ts'
import type { ServiceLog } from './log.ts'
import type { ServiceMetrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'
import type { BulkReads } from './single-flight.ts'
import type { StoreReader } from './store-reader.ts'
import type { Venue } from './venue.ts'

/** What an operator decides; plain data, so that workers can be told. */
export interface ServiceSettings {
  /** Requests in work past which others are answered 503 at once. */
  readonly inFlightMax: number
  /** How old a seat map may be; 0 reads the store each time. */
  readonly mapAgeMsMax: number
  /** Seat maps, and questions for very many seats, that are read from the store at once; 0 for any number. */
  readonly bulkReadsMax: number
  /** 0 for any number. */
  readonly connectionsMax: number
  /** Connections of one address; 0 for any number. */
  readonly clientConnectionsMax: number
  /** 0 for any number. */
  readonly clientRequestsPerSecond: number
  /** Turns requests away while the event loop is late. */
  readonly shedsLoad: boolean
  /** The longest that one request may have a hold live. */
  readonly ttlMsMax: number
  /** The most units that one request may hold, all lines together. */
  readonly unitsMax: number
  /** Names of this service beside localhost and bare addresses; `*` for any. */
  readonly allowedHosts: readonly string[]
  /** A hold's id follows from a secret that its client sends with each request. */
  readonly hasOwnerSecrets: boolean
  /** Lets anybody who reaches the service read what the whole store has sold. */
  readonly hasAudit: boolean
  /** Lets anybody who reaches the service make resources and sweep: for test suites. */
  readonly hasSetup: boolean
  /** For an answer to be taken by its reader; the default where absent. */
  readonly writeMsMax?: number
  /** For a request to arrive whole; the default where absent. */
  readonly requestMsMax?: number
}

export interface ServiceOptions {
  /** The strategy's name. */
  readonly name: string
  readonly strategy: ReservationStrategy
  /** Past the strategy: for reading a booking and for the audit. */
  readonly store: StoreReader
  readonly venue: Venue
  readonly readiness: Readiness
  readonly metrics: ServiceMetrics
  /** Of all processes that serve, as text; this process's own where absent. */
  readonly allMetrics?: () => Promise<string>
  readonly log: ServiceLog
  readonly settings: ServiceSettings
}

/** What a route file is handed. */
export interface RouteParts extends ServiceOptions {
  readonly catalogue: Catalogue
  readonly caller: StrategyCaller
  readonly admission: Admission
  readonly bulkReads: BulkReads
}
