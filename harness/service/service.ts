/**
 * The HTTP API over any strategy, for k6 and browsers. It depends on the contract, not on any one strategy.
 */
import fastifyHelmet from '@fastify/helmet'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { Admission, admitThrough } from './admission.ts'
import { API_DESCRIPTION } from './api-description.ts'
import { strictJson } from './bodies.ts'
import { StrategyCaller } from './call.ts'
import { Catalogue } from './catalogue.ts'
import { closeInTime, closeUnusedConnections, refuseWhenClosing } from './drain.ts'
import { refuseOtherHosts } from './hosts.ts'
import { limitClients } from './limits.ts'
import type { RouteParts, ServiceOptions } from './parts.ts'
import { tellProblem } from './problems.ts'
import { answerAndEnd, parserProblem } from './raw-answers.ts'
import { tellRefusals } from './refusals.ts'
import { requestIds } from './request-ids.ts'
import { tellAnswers } from './request-log.ts'
import { bookingRoutes } from './routes/bookings.ts'
import { eventRoutes } from './routes/events.ts'
import { operatorRoutes } from './routes/operator.ts'
import { reservationRoutes } from './routes/reservations.ts'
import { setupRoutes } from './routes/setup.ts'
import { BulkReads } from './single-flight.ts'
import { resourcesOf, type Venue } from './venue.ts'

/** Twice the size of a hundred lines with the longest names. */
const BODY_BYTES_MAX = 65_536
/** A test suite creates a stadium in one request. */
const SETUP_BODY_BYTES_MAX = 33_554_432
/** A hold's id with every character escaped. */
const PARAM_LENGTH_MAX = 2_048
/** Time limit for a request to arrive completely; slow senders are disconnected. */
const REQUEST_MS_MAX = 15_000
/** How often slow senders are looked for. */
const LATE_CHECKED_EVERY_MS = 1_000
/** Longer than any answer takes to begin; an idle connection is closed after it. */
const SILENCE_MS_MAX = 30_000
/** Includes the URL. */
const HEADERS_BYTES_MAX = 16_384

export interface Service {
  /** Returns the address. */
  listen(host: string, port: number): Promise<string>
  /**
   * Stops accepting connections, answers requests in flight, and closes what is left after the time limit.
   */
  close(drainMsMax?: number): Promise<void>
}

/** Creates the service; it does not listen yet. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { settings, metrics } = options
  const app = bareApp(options)
  const admission = new Admission(settings.inFlightMax, metrics)
  app.addHook('onClose', async () => stopWatching())
  const stopWatching = metrics.watchEventLoop()
  tellAnswers(app, metrics)
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // The operator's TLS proxy in front of the service sets it.
    strictTransportSecurity: false,
  })
  tellRefusals(app)
  refuseWhenClosing(app)
  closeUnusedConnections(app)
  refuseOtherHosts(app, settings.allowedHosts)
  await limitClients(app, settings, metrics)
  admitThrough(app, admission)
  await options.before?.(app)
  await app.register(fastifySwagger, {
    openapi: { info: { title: 'Holdfast', version: '1', description: API_DESCRIPTION } },
  })
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true })

  const parts: RouteParts = {
    ...options,
    catalogue: new Catalogue(options.venue, { hasOpenEvent: settings.hasSetup }),
    caller: new StrategyCaller(metrics, admission),
    admission,
    bulkReads: new BulkReads(settings.bulkReadsMax, metrics),
  }
  const typed = app.withTypeProvider<TypeBoxTypeProvider>()
  eventRoutes(typed, parts)
  reservationRoutes(typed, parts)
  bookingRoutes(typed, parts)
  operatorRoutes(typed, parts)
  if (settings.hasSetup) setupRoutes(typed, parts)
  await app.ready()
  return {
    listen: (host, port) => app.listen({ host, port }),
    close: (drainMsMax) => closeInTime(app, admission, drainMsMax),
  }
}

function bareApp({ settings, log }: ServiceOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    // Requests are logged by route: `tellAnswers`.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    bodyLimit: settings.hasSetup ? SETUP_BODY_BYTES_MAX : BODY_BYTES_MAX,
    requestTimeout: settings.requestMsMax ?? REQUEST_MS_MAX,
    connectionTimeout: SILENCE_MS_MAX,
    http: {
      headersTimeout: settings.requestMsMax ?? REQUEST_MS_MAX,
      connectionsCheckingInterval: LATE_CHECKED_EVERY_MS,
      maxHeaderSize: HEADERS_BYTES_MAX,
      // Answered here, in the same form as all other refusals.
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      reply.header('x-content-type-options', 'nosniff')
      tellProblem(error, request, reply)
    },
    clientErrorHandler: (error, socket) => answerAndEnd(socket, parserProblem(error)),
    // Input is accepted as it is or refused: "3" is not a number, and an unknown field is an error.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true } },
  })
  strictJson(app)
  return app
}

/** Creates everything that the venue sells and that does not exist yet. */
export async function loadVenue(strategy: ReservationStrategy, venue: Venue): Promise<number> {
  let resources = 0
  for (const event of venue.events) {
    const own = resourcesOf(event)
    for (let from = 0; from < own.length; from += RESOURCES_AT_ONCE) {
      await strategy.createResources(own.slice(from, from + RESOURCES_AT_ONCE))
    }
    resources += own.length
  }
  return resources
}

/** Limits one statement to a few megabytes. */
const RESOURCES_AT_ONCE = 10_000
