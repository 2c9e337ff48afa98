/** Events, and which of their seats are available. */
import Type from 'typebox'
import type { Availability, ResourceId } from '../../../strategies/strategy.ts'
import { monotonicMs } from '../../clock.ts'
import type { ServiceLog } from '../log.ts'
import type { RouteParts } from '../parts.ts'
import {
  AvailabilityAnswer,
  AvailabilityRequest,
  EventDetails,
  EventIdParams,
  EventSummary,
  ProblemAnswer,
  SeatMap,
} from '../schemas.ts'
import { SeatMaps } from '../seat-map.ts'
import { seatCount } from '../venue.ts'
import type { TypedApp } from './typed.ts'

/** With more seats, a request counts as a large read. */
const BULK_READ_FROM = 200

type ReadSeats = (log: ServiceLog, ids: readonly ResourceId[]) => Promise<readonly Availability[]>

export function eventRoutes(app: TypedApp, parts: RouteParts): void {
  const { catalogue, strategy, caller, bulkReads } = parts
  const read: ReadSeats = (log, ids) =>
    caller.called(
      log,
      'availability',
      () => strategy.availability(ids),
      () => 'read',
    )
  // Shared by all requests during the read; it is logged once, for none of them in particular.
  const maps = new SeatMaps((ids) => bulkReads.run(() => read(parts.log, ids)), parts.settings.mapAgeMsMax)

  app.get(
    '/events',
    {
      schema: {
        summary: 'The events',
        response: { 200: Type.Object({ events: Type.Array(EventSummary) }) },
      },
    },
    () => ({
      events: catalogue.events.map((event) => ({
        id: event.id,
        name: event.name,
        seats: seatCount(event),
        classes: event.classes,
      })),
    }),
  )

  app.get(
    '/events/:id',
    {
      schema: {
        summary: 'One event',
        params: EventIdParams,
        response: { 200: EventDetails, 404: ProblemAnswer },
      },
    },
    ({ params }) => catalogue.event(params.id),
  )

  app.get(
    '/events/:id/seats',
    {
      schema: {
        summary: 'The seat map: one character per seat, from a short-lived copy that says how old it is',
        params: EventIdParams,
        response: {
          200: SeatMap,
          304: Type.Null(),
          404: ProblemAnswer,
          503: ProblemAnswer,
          504: ProblemAnswer,
        },
      },
    },
    async ({ params, headers }, reply) => {
      const { json, etag, readMs } = await maps.of(catalogue.event(params.id))
      const ageMs = Math.max(0, monotonicMs() - readMs)
      reply
        .header('etag', etag)
        .header('cache-control', 'no-cache')
        .header('age', Math.floor(ageMs / 1_000))
        .header('x-age-ms', Math.round(ageMs))
      if (isKnown(headers['if-none-match'], etag)) return reply.code(304).send(null)
      // The copy is text already: the cache exists to save serializing 80,000 seats for every request.
      return reply
        .type('application/json')
        .serializer(String)
        .send(json as never)
    },
  )

  availabilityRoute(app, parts, read)
}

function availabilityRoute(app: TypedApp, { catalogue, bulkReads }: RouteParts, read: ReadSeats): void {
  app.post(
    '/availability',
    {
      schema: {
        summary: 'How many units of some seats or tiers are available, read now',
        body: AvailabilityRequest,
        response: { 200: AvailabilityAnswer, 400: ProblemAnswer, 404: ProblemAnswer, 504: ProblemAnswer },
      },
    },
    async ({ body: { event_id, ids }, log }) => {
      const asked = ids.map((id) => catalogue.resource(event_id, id))
      const ask = () => read(log, asked)
      const answers = await (asked.length > BULK_READ_FROM ? bulkReads.run(ask) : ask())
      return {
        available: answers.map(({ resourceId, available }) => ({
          id: catalogue.nameOf(event_id, resourceId),
          available,
        })),
      }
    },
  )
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch === '*' || (ifNoneMatch ?? '').split(',').some((each) => each.trim() === etag)
}
