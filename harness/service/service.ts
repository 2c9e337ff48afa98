/**
 * The HTTP API over any strategy: what k6 and a browser talk to. It knows the
 * contract, and no single strategy.
 */
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { admitAtMost } from './admission.ts'
import { Catalogue } from './catalogue.ts'
import { closeConnectionsWhenClosing } from './drain.ts'
import type { RouteParts, ServiceOptions } from './parts.ts'
import { Problem, tellProblem } from './problems.ts'
import { bookingRoutes } from './routes/bookings.ts'
import { eventRoutes } from './routes/events.ts'
import { operatorRoutes } from './routes/operator.ts'
import { reservationRoutes } from './routes/reservations.ts'
import { setupRoutes } from './routes/setup.ts'
import { resourcesOf, type Venue } from './venue.ts'

export type App = FastifyInstance

/** A hundred lines with the longest names take half of it. */
const BODY_BYTES_MAX = 65_536
/** A suite loads a stadium in one request. */
const SETUP_BODY_BYTES_MAX = 33_554_432
/** A hold's id, every character of it escaped. */
const PARAM_LENGTH_MAX = 2_048
/** A client that sends its request drop by drop holds a place that others could have. */
const REQUEST_MS_MAX = 30_000

/** Makes the service; nothing listens yet. `close` answers what is in flight first. */
export async function createService(options: ServiceOptions): Promise<App> {
  const catalogue = new Catalogue(options.venue, { hasOpenEvent: options.hasSetup })
  const app = Fastify({
    bodyLimit: options.hasSetup ? SETUP_BODY_BYTES_MAX : BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    forceCloseConnections: 'idle',
    // What a client sends is taken as it is or refused: "3" is no number, and a field that
    // nobody knows is a mistake.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true } },
  })
  // JSON is the only kind of body there is; anything else is told so (415).
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(tellProblem)
  app.setNotFoundHandler((request) => {
    throw new Problem(
      'not-found',
      `there is no ${request.method} ${request.url.split('?')[0]?.slice(0, 200)}`,
    )
  })
  closeConnectionsWhenClosing(app)
  admitAtMost(app, options.inFlightMax, options.metrics)
  await app.register(fastifySwagger, {
    openapi: {
      info: {
        title: 'Holdfast',
        version: '1',
        description:
          'Reserves seats and tickets: a hold until a deadline, then a booking. Errors are problem+json; `type` is what to branch on.',
      },
    },
  })
  await app.register(fastifySwaggerUi, { routePrefix: '/docs' })

  const parts: RouteParts = { ...options, catalogue }
  const typed = app.withTypeProvider<TypeBoxTypeProvider>()
  eventRoutes(typed, parts)
  reservationRoutes(typed, parts)
  bookingRoutes(typed, parts)
  operatorRoutes(typed, parts)
  if (options.hasSetup) setupRoutes(typed, parts)
  await app.ready()
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
