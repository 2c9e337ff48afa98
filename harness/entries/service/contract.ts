/**
 * A strategy that asks a service over HTTP: the API of `holdfast serve`, in whatever language the service is
 * written. docs/service.md says what a service must answer.
 */
import {
  type Availability,
  type ConfirmOutcome,
  type ContendedReason,
  type HoldOutcome,
  InvalidRequestError,
  type ReleaseOutcome,
  type ReservationStrategy,
  type ResourceId,
  UnknownResourceError,
} from '../../../strategies/strategy.ts'
import {
  type AskService,
  type ServiceAnswer,
  ServiceAnswerError,
  type ServiceRequest,
} from './service-client.ts'

/** The event in which a service under test has the resources that it was told to create. */
const OPEN_EVENT = 'open'

/** Resources in one request: a body of the longest names stays within what services usually accept. */
const CREATED_AT_ONCE = 50

/** Why a service cannot be judged that answers the set-up route with 404. */
export const NO_SETUP =
  'the service has no PUT /setup/resources (holdfast serve has it with --setup-routes; another API needs an --adapter)'

/** Every field that an answer can have; which ones are present depends on its kind. */
interface Fields {
  readonly type?: string
  readonly title?: string
  readonly resource_id?: ResourceId
  readonly sold_out?: readonly ResourceId[]
  readonly reason?: ContendedReason
  readonly attempts?: number
  readonly deadline_ms?: number
  readonly versions?: readonly { readonly id: ResourceId; readonly version: number }[]
  readonly available?: readonly { readonly id: ResourceId; readonly available: number }[]
  readonly expired?: number
}

interface Told {
  readonly status: number
  readonly fields: Fields
}

export function contractStrategy(askService: AskService): ReservationStrategy {
  const ask = async (request: ServiceRequest): Promise<Told> => told(await askService(request))
  return {
    async createResources(resources) {
      for (let from = 0; from < resources.length; from += CREATED_AT_ONCE) {
        const some = resources.slice(from, from + CREATED_AT_ONCE)
        const answer = await ask({ method: 'PUT', path: '/setup/resources', json: { resources: some } })
        if (answer.status === 404) throw new ServiceAnswerError(NO_SETUP)
        expectStatus(answer, 204)
      }
    },
    async hold({ holdId, lines, ttlMs }): Promise<HoldOutcome> {
      const json = {
        event_id: OPEN_EVENT,
        hold_id: holdId,
        lines: lines.map(({ resourceId, quantity }) => ({ id: resourceId, quantity })),
        ttl: ttlMs / 1_000,
      }
      return holdOutcome(await ask({ method: 'POST', path: '/reservations', json }))
    },
    async confirm(id): Promise<ConfirmOutcome> {
      const json = { hold_id: id, payment: { method: 'none' } }
      const answer = await ask({ method: 'POST', path: '/bookings', json })
      if (answer.fields.type === 'gone') return { kind: 'gone' }
      expectStatus(answer, 201)
      return { kind: 'confirmed' }
    },
    async release(id): Promise<ReleaseOutcome> {
      const answer = await ask({ method: 'DELETE', path: `/reservations/${encodeURIComponent(id)}` })
      if (answer.fields.type === 'gone') return { kind: 'gone' }
      if (answer.fields.type === 'already-confirmed') return { kind: 'already-confirmed' }
      expectStatus(answer, 204)
      return { kind: 'released' }
    },
    async availability(ids): Promise<readonly Availability[]> {
      const json = { event_id: OPEN_EVENT, ids }
      const answer = await ask({ method: 'POST', path: '/availability', json })
      expectStatus(answer, 200)
      return (answer.fields.available ?? []).map(({ id, available }) => ({ resourceId: id, available }))
    },
    async expireDue(limit) {
      const answer = await ask({ method: 'POST', path: '/setup/expire-due', json: { limit } })
      // A service whose holds expire by themselves has nothing to sweep.
      if (answer.status === 404) return 0
      expectStatus(answer, 200)
      return answer.fields.expired ?? 0
    },
    async close() {},
  }
}

function holdOutcome(answer: Told): HoldOutcome {
  const { type, reason, sold_out, attempts = 1, deadline_ms, versions } = answer.fields
  const [soldOut] = sold_out ?? []
  if (type === 'sold-out' && soldOut !== undefined) return { kind: type, resourceId: soldOut, attempts }
  if (type === 'contended' && reason !== undefined) return { kind: type, reason, attempts }
  if (type === 'id-reused') return { kind: type }
  expectStatus(answer, 201)
  if (typeof deadline_ms !== 'number') throw new ServiceAnswerError('the service reported no deadline_ms')
  return {
    kind: 'held',
    deadlineMs: deadline_ms,
    attempts,
    ...(versions && { versions: versions.map(({ id, version }) => ({ resourceId: id, version })) }),
  }
}

function told({ status, body }: ServiceAnswer): Told {
  const fields: Fields = typeof body === 'object' && body !== null ? body : {}
  if (fields.type === 'invalid-request') throw new InvalidRequestError(fields.title)
  if (fields.type === 'unknown-seat' && fields.resource_id !== undefined) {
    throw new UnknownResourceError(fields.resource_id)
  }
  return { status, fields }
}

function expectStatus({ status, fields }: Told, expected: number): void {
  if (status === expected) return
  throw new ServiceAnswerError(
    `the service answered ${status}, not ${expected}: ${fields.title ?? 'no title'}`,
  )
}
