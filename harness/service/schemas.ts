/** The shapes of requests and answers: one schema for types, validation and OpenAPI. */
import Type from 'typebox'
import { LINES_MAX, UNITS_MAX } from '../../strategies/validation.ts'

/**
 * Long enough to pay, short enough that an abandoned seat is sold to another buyer: between the 5 and 10
 * minutes of the design notes (002).
 */
export const TTL_S_DEFAULT = 480

const Id = Type.String({ minLength: 1, maxLength: 128 })

export const EventIdParams = Type.Object({ id: Id })
export const HoldIdParams = Type.Object({ id: Id })

/** The operator's limits are part of the schema. */
export interface ReservationMaxima {
  readonly ttlMsMax: number
  readonly unitsMax: number
}

const LineTold = Type.Object({ id: Type.String(), quantity: Type.Integer() })

export function reservationRequest({ ttlMsMax, unitsMax }: ReservationMaxima) {
  const ttlMax = ttlMsMax / 1_000
  const line = Type.Object(
    { id: Id, quantity: Type.Integer({ minimum: 1, maximum: Math.min(unitsMax, UNITS_MAX) }) },
    { additionalProperties: false },
  )
  return Type.Object(
    {
      event_id: Id,
      seat_ids: Type.Optional(
        Type.Array(Id, { minItems: 1, maxItems: LINES_MAX, description: 'Numbered seats, one unit each.' }),
      ),
      lines: Type.Optional(
        Type.Array(line, {
          minItems: 1,
          maxItems: LINES_MAX,
          description: `Units of tiers, or of seats; ${unitsMax} at most, all lines together.`,
        }),
      ),
      hold_id: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          description:
            'Chosen by the client. It is the idempotency key: sent again, it has one effect and one answer. It is also the only credential of the hold: use at least 128 random bits. If absent, the Idempotency-Key header is used, and otherwise a random id.',
        }),
      ),
      ttl: Type.Optional(
        Type.Number({
          exclusiveMinimum: 0,
          maximum: ttlMax,
          default: Math.min(TTL_S_DEFAULT, ttlMax),
          description: 'Seconds until the hold expires; rounded up to whole seconds.',
        }),
      ),
    },
    { additionalProperties: false },
  )
}

export const Reservation = Type.Object({
  hold_id: Type.String(),
  event_id: Type.String(),
  lines: Type.Array(LineTold),
  deadline: Type.String({ format: 'date-time' }),
  deadline_ms: Type.Number({ description: 'By the engine’s clock, milliseconds since 1970.' }),
  attempts: Type.Integer(),
  versions: Type.Optional(
    Type.Array(Type.Object({ id: Type.String(), version: Type.Integer() }), {
      description:
        'The position of this hold in the order of all changes of each line’s seat, if the engine numbers them.',
    }),
  ),
})

/** Required if the service asks for secrets. */
export const OwnersHeaders = Type.Object({
  'hold-secret': Type.Optional(
    Type.String({
      description: 'Under --owner-secrets: the secret from which the hold’s id follows. Else not looked at.',
    }),
  ),
})

export const ReservationState = Type.Object({
  hold_id: Type.String(),
  status: Type.Union(
    [Type.Literal('held'), Type.Literal('confirmed'), Type.Literal('released'), Type.Literal('expired')],
    { description: 'As stored. A hold whose deadline has just passed may still be reported as held.' },
  ),
})

/** No payment is made here: it stands for a payment provider's answer to the shop. */
const Payment = Type.Object(
  {
    method: Type.Union([Type.Literal('card'), Type.Literal('voucher'), Type.Literal('none')]),
    reference: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
)

export const BookingRequest = Type.Object({ hold_id: Id, payment: Payment }, { additionalProperties: false })

export const Booking = Type.Object({
  booking_id: Type.String({ description: 'The hold’s id, because a hold is booked once.' }),
  hold_id: Type.String(),
  status: Type.Literal('confirmed'),
})

export const AvailabilityRequest = Type.Object(
  { event_id: Id, ids: Type.Array(Id, { minItems: 1, maxItems: 100_000 }) },
  { additionalProperties: false },
)

export const AvailabilityAnswer = Type.Object({
  available: Type.Array(Type.Object({ id: Type.String(), available: Type.Integer() })),
})

const SectionOfMap = Type.Object({
  id: Type.String(),
  rows: Type.Integer(),
  seats_per_row: Type.Integer(),
  seats: Type.String({ description: 'One character per seat, row by row: "." is available, "x" is not.' }),
})

export const SeatMap = Type.Object({
  event_id: Type.String(),
  as_of: Type.String({ format: 'date-time', description: 'When the store was read.' }),
  sections: Type.Array(SectionOfMap),
  classes: Type.Array(
    Type.Object({ id: Type.String(), capacity: Type.Integer(), available: Type.Integer() }),
  ),
})

export const EventSummary = Type.Object({
  id: Type.String(),
  name: Type.String(),
  seats: Type.Integer(),
  classes: Type.Array(Type.Object({ id: Type.String(), capacity: Type.Integer() })),
})

export const EventDetails = Type.Object({
  id: Type.String(),
  name: Type.String(),
  sections: Type.Array(
    Type.Object({ id: Type.String(), rows: Type.Integer(), seats_per_row: Type.Integer() }),
  ),
  classes: Type.Array(Type.Object({ id: Type.String(), capacity: Type.Integer() })),
})

export const ProblemAnswer = Type.Object(
  { type: Type.String(), status: Type.Integer(), title: Type.String() },
  { additionalProperties: true },
)

/** The parameters of every route for one hold. */
export const OWNERS_PROBLEMS = { 400: ProblemAnswer, 401: ProblemAnswer, 403: ProblemAnswer } as const
/** Of every route that reads one hold from the store. */
export const LOOKUP_PROBLEMS = {
  ...OWNERS_PROBLEMS,
  404: ProblemAnswer,
  501: ProblemAnswer,
  504: ProblemAnswer,
} as const

export const ResourcesRequest = Type.Object(
  {
    resources: Type.Array(
      Type.Object({ id: Type.String(), capacity: Type.Number() }, { additionalProperties: false }),
      { maxItems: 100_000 },
    ),
  },
  { additionalProperties: false },
)

export const ExpireRequest = Type.Object({ limit: Type.Number() }, { additionalProperties: false })

export const StoreAudit = Type.Object({
  sold_units: Type.Integer({
    description: 'As stored, read by other code than the strategy’s.',
  }),
  oversold_units: Type.Integer(),
  oversold: Type.Array(Type.Object({ id: Type.String(), capacity: Type.Integer(), sold: Type.Integer() })),
  seats: Type.Array(
    Type.Object({
      id: Type.String({ description: 'The event, a colon, and the seat or tier.' }),
      capacity: Type.Integer(),
      sold: Type.Integer(),
      available: Type.Integer({ description: 'As the strategy reports to buyers.' }),
    }),
    { description: 'Everything that is sold in part, or not completely available.' },
  ),
  complaints: Type.Array(Type.String(), {
    description: 'Contradictions within the store; the first of them.',
  }),
})
