/**
 * What stands before the routes of a service and may add routes of its own, such as a waiting room. It is a
 * module named by its URL, with options that are plain data, so that each worker can load it.
 */
import type { FastifyInstance } from 'fastify'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import type { ServiceLog } from './log.ts'
import type { ServiceSettings } from './parts.ts'
import type { Venue } from './venue.ts'

export interface ServiceExtension {
  /** It exports `extend`, an `Extend`. */
  readonly module: string
  readonly options: unknown
}

export interface ExtensionContext {
  readonly strategy: Pick<ReservationStrategy, 'availability'>
  readonly venue: Venue
  readonly settings: Pick<ServiceSettings, 'ttlMsMax'>
  readonly log: ServiceLog
}

/** Disposed after the service was closed. */
export interface OpenExtension extends AsyncDisposable {
  /** Called before any route is registered. */
  before(app: FastifyInstance): Promise<void>
}

export type Extend = (options: unknown, context: ExtensionContext) => Promise<OpenExtension>

export async function openExtension(
  { module, options }: ServiceExtension,
  context: ExtensionContext,
): Promise<OpenExtension> {
  const { extend } = (await import(module)) as { readonly extend: Extend }
  return await extend(options, context)
}
