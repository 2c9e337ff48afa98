/**
 * A strategy that calls the service over HTTP, so that the conformance suite can test the service. The
 * service must allow clients to set it up.
 */

import { OPEN_EVENT } from '../../harness/service/catalogue.ts'
import {
  type ConfirmOutcome,
  type ContendedReason,
  type HoldOutcome,
  InvalidRequestError,
  type ReleaseOutcome,
  type ReservationStrategy,
  type ResourceId,
  UnknownResourceError,
} from '../../strategies/strategy.ts'

/** Longer than the service's own deadline for a call. */
const REQUEST_DEADLINE_MS = 20_000

/** Every field that an answer can have; which ones are present depends on its kind. */
interface AnswerBody {
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

interface Answer {
  readonly status: number
  readonly body: AnswerBody
}

/** `close` does not end the service, which has other clients. */
export function strategyOverHttp(baseUrl: string): ReservationStrategy {
  async function ask(method: string, path: string, payload?: unknown): Promise<Answer> {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
      ...(payload !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(payload),
      }),
    })
    const text = await response.text()
    const body: AnswerBody = text === '' ? {} : JSON.parse(text)
    if (body.type === 'invalid-request') throw new InvalidRequestError(body.title)
    if (body.type === 'unknown-seat' && body.resource_id !== undefined) {
      throw new UnknownResourceError(body.resource_id)
    }
    return { status: response.status, body }
  }

  return {
    async createResources(resources) {
      expectStatus(await ask('PUT', '/setup/resources', { resources }), 204)
    },
    async hold(request): Promise<HoldOutcome> {
      const answer = await ask('POST', '/reservations', {
        event_id: OPEN_EVENT,
        hold_id: request.holdId,
        lines: request.lines.map(({ resourceId, quantity }) => ({ id: resourceId, quantity })),
        ttl: request.ttlMs / 1_000,
      })
      const { type, reason, sold_out, attempts = 1, deadline_ms, versions } = answer.body
      const [soldOut] = sold_out ?? []
      if (type === 'sold-out' && soldOut !== undefined) return { kind: type, resourceId: soldOut, attempts }
      if (type === 'contended' && reason !== undefined) return { kind: type, reason, attempts }
      if (type === 'id-reused') return { kind: type }
      expectStatus(answer, 201)
      if (deadline_ms === undefined) throw new Error('the service reported no deadline')
      return {
        kind: 'held',
        deadlineMs: deadline_ms,
        attempts,
        ...(versions && { versions: versions.map(({ id, version }) => ({ resourceId: id, version })) }),
      }
    },
    async confirm(id): Promise<ConfirmOutcome> {
      const answer = await ask('POST', '/bookings', { hold_id: id, payment: { method: 'none' } })
      if (answer.body.type === 'gone') return { kind: 'gone' }
      expectStatus(answer, 201)
      return { kind: 'confirmed' }
    },
    async release(id): Promise<ReleaseOutcome> {
      const answer = await ask('DELETE', `/reservations/${encodeURIComponent(id)}`)
      if (answer.body.type === 'gone') return { kind: 'gone' }
      if (answer.body.type === 'already-confirmed') return { kind: 'already-confirmed' }
      expectStatus(answer, 204)
      return { kind: 'released' }
    },
    async availability(ids) {
      const answer = await ask('POST', '/availability', { event_id: OPEN_EVENT, ids })
      expectStatus(answer, 200)
      return (answer.body.available ?? []).map(({ id, available }) => ({ resourceId: id, available }))
    },
    async expireDue(limit) {
      const answer = await ask('POST', '/setup/expire-due', { limit })
      expectStatus(answer, 200)
      return answer.body.expired ?? 0
    },
    async close() {},
  }
}

function expectStatus({ status, body }: Answer, expected: number): void {
  if (status !== expected) throw new Error(`the service answered ${status}: ${body.title ?? 'nothing'}`)
}
