/** Bookings: a hold that was paid for. */
import type { HoldId } from '../../../strategies/strategy.ts'
import { holdId } from '../../../strategies/validation.ts'
import { called } from '../call.ts'
import type { RouteParts } from '../parts.ts'
import { Problem } from '../problems.ts'
import { Booking, BookingRequest, HoldIdParams, ProblemAnswer } from '../schemas.ts'
import type { TypedApp } from './typed.ts'

export function bookingRoutes(app: TypedApp, { strategy, store, metrics }: RouteParts): void {
  app.post(
    '/bookings',
    {
      schema: {
        summary: 'Confirms a hold that was paid for; said again, it answers the same',
        body: BookingRequest,
        response: { 201: Booking, 400: ProblemAnswer, 410: ProblemAnswer, 504: ProblemAnswer },
      },
    },
    async ({ body }, reply) => {
      const id = holdId(body.hold_id)
      const { kind } = await called(
        metrics,
        'confirm',
        () => strategy.confirm(id),
        (each) => each.kind,
      )
      // The seat may be somebody else's by now: a payment that was taken has to be refunded.
      if (kind === 'gone') throw new Problem('gone', 'the hold is gone: it ended before it was paid for')
      return reply
        .code(201)
        .header('location', `/bookings/${encodeURIComponent(id)}`)
        .send(booking(id))
    },
  )

  app.get(
    '/bookings/:id',
    {
      schema: {
        summary: 'A booking, as the store has it',
        params: HoldIdParams,
        response: { 200: Booking, 404: ProblemAnswer, 501: ProblemAnswer, 504: ProblemAnswer },
      },
    },
    async ({ params }) => {
      const id = holdId(params.id)
      const status = await called(
        metrics,
        'lookup',
        () => store.status(id),
        () => 'read',
      )
      if (status === 'not-readable') {
        throw new Problem('not-audited', 'this strategy keeps its holds where the service cannot look')
      }
      if (status !== 'confirmed') throw new Problem('not-found', 'there is no such booking')
      return booking(id)
    },
  )
}

function booking(id: HoldId) {
  return { booking_id: id, hold_id: id, status: 'confirmed' as const }
}
