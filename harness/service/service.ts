/**
 * The HTTP API over any strategy: what k6 and a browser talk to. It knows the
 * contract, and no single strategy.
 */
import { randomUUID } from 'node:crypto'
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
import { tellAnswers } from './request-log.ts'
import { bookingRoutes } from './routes/bookings.ts'
import { eventRoutes } from './routes/events.ts'
import { operatorRoutes } from './routes/operator.ts'
import { reservationRoutes } from './routes/reservations.ts'
import { setupRoutes } from './routes/setup.ts'
import { BulkReads } from './single-flight.ts'
import { resourcesOf, type Venue } from './venue.ts'

/** A hundred lines with the longest names take half of it. */
const BODY_BYTES_MAX = 65_536
/** A suite loads a stadium in one request. */
const SETUP_BODY_BYTES_MAX = 33_554_432
/** A hold's id, every character of it escaped. */
const PARAM_LENGTH_MAX = 2_048
/** For all of a request to arrive: a client that sends it drop by drop is cut off. */
const REQUEST_MS_MAX = 15_000
/** How often it is looked who is too late. */
const LATE_CHECKED_EVERY_MS = 1_000
/** Longer than any answer takes to begin: a connection on which nothing moves is cut. */
const SILENCE_MS_MAX = 30_000
/** The URL is one of them. */
const HEADERS_BYTES_MAX = 16_384

export interface Service {
  /** Answers the address. */
  listen(host: string, port: number): Promise<string>
  /** Closes the door, answers what is in flight, and cuts what is left after so long. */
  close(drainMsMax?: number): Promise<void>
}

/** Makes the service; nothing listens yet. */
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
    // An operator with TLS in front of the service says so there.
    strictTransportSecurity: false,
  })
  tellRefusals(app)
  refuseWhenClosing(app)
  closeUnusedConnections(app)
  refuseOtherHosts(app, settings.allowedHosts)
  await limitClients(app, settings, metrics)
  admitThrough(app, admission)
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
    // Requests are told of by route: `tellAnswers`.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: settings.hasSetup ? SETUP_BODY_BYTES_MAX : BODY_BYTES_MAX,
    requestTimeout: settings.requestMsMax ?? REQUEST_MS_MAX,
    connectionTimeout: SILENCE_MS_MAX,
    http: {
      headersTimeout: settings.requestMsMax ?? REQUEST_MS_MAX,
      connectionsCheckingInterval: LATE_CHECKED_EVERY_MS,
      maxHeaderSize: HEADERS_BYTES_MAX,
      // Told by us, in the form of all other refusals.
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
    // What a client sends is taken as it is or refused: "3" is no number, and a field that
    // nobody knows is a mistake.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true } },
  })
  strictJson(app)
  return app
}

/** Makes everything that the venue sells, where it is not there yet. */
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

/** Keeps one statement to a few megabytes. */
const RESOURCES_AT_ONCE = 10_000
