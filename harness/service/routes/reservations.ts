/** Holds: placed, read, and released early. */
import Type from 'typebox'
import type { HoldRequest, Line } from '../../../strategies/strategy.ts'
import { holdId } from '../../../strategies/validation.ts'
import type { Catalogue } from '../catalogue.ts'
import { heldId } from '../held-id.ts'
import { holdRefusal } from '../hold-refusal.ts'
import { statusOf } from '../lookup.ts'
import { requireOwner } from '../owner-secrets.ts'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import {
  HoldIdParams,
  LOOKUP_PROBLEMS,
  OWNERS_PROBLEMS,
  OwnersHeaders,
  ProblemAnswer,
  Reservation,
  ReservationState,
  reservationRequest,
  TTL_S_DEFAULT,
} from '../schemas.ts'
import type { TypedApp } from './typed.ts'

type Body = Type.Static<ReturnType<typeof reservationRequest>>

export function reservationRoutes(app: TypedApp, parts: RouteParts): void {
  placing(app, parts)
  reading(app, parts)
  releasing(app, parts)
}

function placing(app: TypedApp, { strategy, caller, catalogue, settings }: RouteParts): void {
  app.post(
    '/reservations',
    {
      schema: {
        summary: 'Places a hold: all of its lines, or none',
        description:
          'The hold’s id is the idempotency key and the only credential: a client that has it may confirm, release and read the hold.',
        body: reservationRequest(settings),
        headers: Type.Intersect([
          OwnersHeaders,
          Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
        ]),
        response: {
          201: Reservation,
          ...OWNERS_PROBLEMS,
          404: ProblemAnswer,
          409: ProblemAnswer,
          422: ProblemAnswer,
          503: ProblemAnswer,
          504: ProblemAnswer,
        },
      },
    },
    async ({ body, headers, log }, reply) => {
      const request: HoldRequest = {
        holdId: heldId(body.hold_id, headers, {
          ...settings,
          of: () => firstOf(linesOf(catalogue, body, settings.unitsMax)),
        }),
        lines: linesOf(catalogue, body, settings.unitsMax),
        ttlMs: (body.ttl ?? TTL_S_DEFAULT) * 1_000,
      }
      const outcome = await caller.called(
        log,
        'hold',
        () => strategy.hold(request),
        ({ kind }) => kind,
      )
      const { event_id } = body
      if (outcome.kind !== 'held') throw holdRefusal(catalogue, outcome, request.holdId, event_id)
      const { deadlineMs, attempts, versions } = outcome
      const name = (line: Pick<Line, 'resourceId'>) => catalogue.nameOf(event_id, line.resourceId)
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .header('location', `/reservations/${encodeURIComponent(request.holdId)}`)
        .send({
          hold_id: request.holdId,
          event_id,
          lines: request.lines.map((line) => ({ id: name(line), quantity: line.quantity })),
          deadline: new Date(deadlineMs).toISOString(),
          deadline_ms: deadlineMs,
          attempts,
          ...(versions && { versions: versions.map((each) => ({ id: name(each), version: each.version })) }),
        })
    },
  )
}

function reading(app: TypedApp, parts: RouteParts): void {
  app.get(
    '/reservations/:id',
    {
      schema: {
        summary: 'The state of a hold, as stored',
        params: HoldIdParams,
        headers: OwnersHeaders,
        response: { 200: ReservationState, ...LOOKUP_PROBLEMS },
      },
    },
    async ({ params, headers, log }, reply) => {
      const id = holdId(params.id)
      const status = await statusOf(id, { headers, log }, parts)
      if (status === 'none') throw new Problem('not-found', 'there is no such hold')
      reply.header('cache-control', 'no-store')
      return { hold_id: id, status }
    },
  )
}

function releasing(app: TypedApp, { strategy, caller, settings }: RouteParts): void {
  app.delete(
    '/reservations/:id',
    {
      schema: {
        summary: 'Releases a hold early',
        params: HoldIdParams,
        headers: OwnersHeaders,
        response: {
          204: Type.Null(),
          ...OWNERS_PROBLEMS,
          409: ProblemAnswer,
          410: ProblemAnswer,
          504: ProblemAnswer,
        },
      },
    },
    async ({ params, headers, log }, reply) => {
      const id = holdId(params.id)
      if (settings.hasOwnerSecrets) requireOwner(headers, id)
      const { kind } = await caller.called(
        log,
        'release',
        () => strategy.release(id),
        (each) => each.kind,
      )
      switch (kind) {
        case 'released':
          return reply.code(204).send(null)
        case 'already-confirmed':
          throw new Problem('already-confirmed', 'the hold is booked, and a booking cannot be undone')
        case 'gone':
          throw new Problem('gone', 'no live hold has this id')
      }
    },
  )
}

/** The operator's maximum may be lower than the library's. */
function linesOf(catalogue: Catalogue, body: Body, unitsMax: number): readonly Line[] {
  const { event_id, seat_ids, lines } = body
  if ((seat_ids === undefined) === (lines === undefined)) {
    throw new Problem('invalid-request', 'a reservation must have either seat_ids or lines')
  }
  const wanted = lines ?? (seat_ids ?? []).map((id) => ({ id, quantity: 1 }))
  const units = wanted.reduce((sum, { quantity }) => sum + quantity, 0)
  if (units > unitsMax) {
    throw new Problem('invalid-request', `one reservation may have at most ${unitsMax} units, not ${units}`)
  }
  return wanted.map(({ id, quantity }) => ({ resourceId: catalogue.resource(event_id, id), quantity }))
}

function firstOf([first]: readonly Line[]): Line['resourceId'] {
  if (first === undefined) throw new Problem('invalid-request', 'a reservation needs a line')
  return first.resourceId
}
