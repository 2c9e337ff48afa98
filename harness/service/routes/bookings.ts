/** Bookings: holds that were paid for. */
import type { HoldId } from '../../../strategies/strategy.ts'
import { holdId } from '../../../strategies/validation.ts'
import { statusOf } from '../lookup.ts'
import { requireOwner } from '../owner-secrets.ts'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import {
  Booking,
  BookingRequest,
  HoldIdParams,
  LOOKUP_PROBLEMS,
  OWNERS_PROBLEMS,
  OwnersHeaders,
  ProblemAnswer,
} from '../schemas.ts'
import type { TypedApp } from './typed.ts'

export function bookingRoutes(app: TypedApp, parts: RouteParts): void {
  const { strategy, caller, settings } = parts
  app.post(
    '/bookings',
    {
      schema: {
        summary: 'Confirms a hold that was paid for; repeated, it gives the same answer',
        description: 'The hold’s id is the credential: a client that has it may confirm the hold.',
        body: BookingRequest,
        headers: OwnersHeaders,
        response: { 201: Booking, ...OWNERS_PROBLEMS, 410: ProblemAnswer, 504: ProblemAnswer },
      },
    },
    async ({ body, headers, log }, reply) => {
      const id = holdId(body.hold_id)
      if (settings.hasOwnerSecrets) requireOwner(headers, id)
      const { kind } = await caller.called(
        log,
        'confirm',
        () => strategy.confirm(id),
        (each) => each.kind,
      )
      // The seat may belong to another buyer by now: the shop must refund the payment.
      if (kind === 'gone') throw new Problem('gone', 'the hold is gone: it ended before it was paid for')
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .header('location', `/bookings/${encodeURIComponent(id)}`)
        .send(booking(id))
    },
  )

  app.get(
    '/bookings/:id',
    {
      schema: {
        summary: 'A booking, as stored',
        params: HoldIdParams,
        headers: OwnersHeaders,
        response: { 200: Booking, ...LOOKUP_PROBLEMS },
      },
    },
    async ({ params, headers, log }, reply) => {
      const id = holdId(params.id)
      const status = await statusOf(id, { headers, log }, parts)
      if (status !== 'confirmed') throw new Problem('not-found', 'there is no such booking')
      reply.header('cache-control', 'no-store')
      return booking(id)
    },
  )
}

function booking(id: HoldId) {
  return { booking_id: id, hold_id: id, status: 'confirmed' as const }
}
