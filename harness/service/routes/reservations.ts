/** Holds: placed, and released early. */
import { randomUUID } from 'node:crypto'
import Type from 'typebox'
import type { HoldOutcome, HoldRequest, Line } from '../../../strategies/strategy.ts'
import { holdId } from '../../../strategies/validation.ts'
import { called } from '../call.ts'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import { HoldIdParams, ProblemAnswer, Reservation, ReservationRequest, TTL_S_DEFAULT } from '../schemas.ts'
import type { TypedApp } from './typed.ts'

type Body = Type.Static<typeof ReservationRequest>
type Refused = Exclude<HoldOutcome, { kind: 'held' }>

export function reservationRoutes(app: TypedApp, { strategy, metrics, catalogue }: RouteParts): void {
  app.post(
    '/reservations',
    {
      schema: {
        summary: 'Places a hold: all of its lines, or none',
        body: ReservationRequest,
        headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
        response: {
          201: Reservation,
          400: ProblemAnswer,
          404: ProblemAnswer,
          409: ProblemAnswer,
          422: ProblemAnswer,
          503: ProblemAnswer,
          504: ProblemAnswer,
        },
      },
    },
    async ({ body, headers }, reply) => {
      const request: HoldRequest = {
        holdId: holdId(body.hold_id ?? headers['idempotency-key'] ?? randomUUID()),
        lines: linesOf(body),
        ttlMs: (body.ttl ?? TTL_S_DEFAULT) * 1_000,
      }
      const outcome = await called(
        metrics,
        'hold',
        () => strategy.hold(request),
        ({ kind }) => kind,
      )
      if (outcome.kind !== 'held') throw refusal(outcome, request, body.event_id)
      const { deadlineMs, attempts, versions } = outcome
      const name = (line: Pick<Line, 'resourceId'>) => catalogue.nameOf(body.event_id, line.resourceId)
      return reply.code(201).send({
        hold_id: request.holdId,
        event_id: body.event_id,
        lines: request.lines.map((line) => ({ id: name(line), quantity: line.quantity })),
        deadline: new Date(deadlineMs).toISOString(),
        deadline_ms: deadlineMs,
        attempts,
        ...(versions && { versions: versions.map((each) => ({ id: name(each), version: each.version })) }),
      })
    },
  )

  app.delete(
    '/reservations/:id',
    {
      schema: {
        summary: 'Gives a hold back',
        params: HoldIdParams,
        response: { 204: Type.Null(), 409: ProblemAnswer, 410: ProblemAnswer, 504: ProblemAnswer },
      },
    },
    async ({ params }, reply) => {
      const id = holdId(params.id)
      const { kind } = await called(
        metrics,
        'release',
        () => strategy.release(id),
        (each) => each.kind,
      )
      switch (kind) {
        case 'released':
          return reply.code(204).send(null)
        case 'already-confirmed':
          throw new Problem('already-confirmed', 'the hold is booked, and a booking is not undone')
        case 'gone':
          throw new Problem('gone', 'no live hold has this id')
      }
    },
  )

  function linesOf({ event_id, seat_ids, lines }: Body): readonly Line[] {
    if ((seat_ids === undefined) === (lines === undefined)) {
      throw new Problem('invalid-request', 'a reservation names either seat_ids or lines')
    }
    const wanted = lines ?? (seat_ids ?? []).map((id) => ({ id, quantity: 1 }))
    return wanted.map(({ id, quantity }) => ({ resourceId: catalogue.resource(event_id, id), quantity }))
  }

  function refusal(outcome: Refused, request: HoldRequest, eventId: string): Problem {
    const hold_id = request.holdId
    switch (outcome.kind) {
      case 'sold-out': {
        const name = catalogue.nameOf(eventId, outcome.resourceId)
        const { attempts } = outcome
        return new Problem('sold-out', `${name} is sold out`, { hold_id, sold_out: [name], attempts })
      }
      case 'contended': {
        const { reason, attempts } = outcome
        const why = reason === 'queue-full' ? 'too many wait already' : 'too many want the same'
        return new Problem('contended', `${why}: try again`, { hold_id, reason, attempts })
      }
      case 'id-reused':
        return new Problem('id-reused', 'this hold id was used for something else', { hold_id })
    }
  }
}
