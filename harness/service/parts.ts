/** The parts of the service, which each route receives. */
import type { FastifyInstance } from 'fastify'
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

/** The operator's settings: plain data, because they are sent to workers. */
export interface ServiceSettings {
  /** Concurrent requests; beyond that, answers are 503. */
  readonly inFlightMax: number
  /** How old a seat map may be; 0: the store is read each time. */
  readonly mapAgeMsMax: number
  /** Concurrent reads of the store for seat maps and other large reads; 0: no limit. */
  readonly bulkReadsMax: number
  /** 0 for any number. */
  readonly connectionsMax: number
  /** Connections from one address; 0: no limit. */
  readonly clientConnectionsMax: number
  /** 0 for any number. */
  readonly clientRequestsPerSecond: number
  /** Refuses requests while the event loop is late. */
  readonly shedsLoad: boolean
  /** The longest TTL of a hold. */
  readonly ttlMsMax: number
  /** The most units of one hold, all lines together. */
  readonly unitsMax: number
  /** Names of this service besides localhost and IP addresses; `*` for any. */
  readonly allowedHosts: readonly string[]
  /** A hold's id is derived from a secret that its client sends with each request. */
  readonly hasOwnerSecrets: boolean
  /** Allows every client to read everything that was sold. */
  readonly hasAudit: boolean
  /** Allows every client to create resources and to sweep: for test suites. */
  readonly hasSetup: boolean
  /** Time limit for a client to receive an answer; a default if absent. */
  readonly writeMsMax?: number
  /** Time limit for a request to arrive completely; a default if absent. */
  readonly requestMsMax?: number
}

export interface ServiceOptions {
  /** The strategy's name. */
  readonly name: string
  readonly strategy: ReservationStrategy
  /** Reads the store without the strategy: for bookings and the audit. */
  readonly store: StoreReader
  readonly venue: Venue
  readonly readiness: Readiness
  readonly metrics: ServiceMetrics
  /** The metrics of all workers, as text; those of this process if absent. */
  readonly allMetrics?: () => Promise<string>
  readonly log: ServiceLog
  readonly settings: ServiceSettings
  /** Called before any route is registered. */
  readonly before?: (app: FastifyInstance) => Promise<void>
}

/** What every route module receives. */
export interface RouteParts extends ServiceOptions {
  readonly catalogue: Catalogue
  readonly caller: StrategyCaller
  readonly admission: Admission
  readonly bulkReads: BulkReads
}
