/**
 * Errors as `application/problem+json` (RFC 9457): what happened, in one sentence, and
 * what may be done about it.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { InvalidRequestError, UnknownResourceError } from '../../strategies/strategy.ts'

/** Short names that a client can branch on; each is the problem's `type`. */
export type ProblemKind =
  | 'invalid-request'
  | 'not-found'
  | 'unknown-event'
  | 'unknown-seat'
  | 'sold-out'
  | 'contended'
  | 'id-reused'
  | 'gone'
  | 'already-confirmed'
  | 'overloaded'
  | 'unknown-outcome'
  | 'not-audited'
  | 'failed'

const STATUS: Readonly<Record<ProblemKind, number>> = {
  'invalid-request': 400,
  'not-found': 404,
  'unknown-event': 404,
  'unknown-seat': 404,
  'sold-out': 409,
  contended: 409,
  'already-confirmed': 409,
  gone: 410,
  'id-reused': 422,
  failed: 500,
  'not-audited': 501,
  overloaded: 503,
  'unknown-outcome': 504,
}

/** Long enough for the lock of one buyer to be gone, short enough that nobody loses a seat by waiting. */
const RETRY_AFTER_S = 1

/**
 * An answer that is no success; thrown by routes, told by the service. `more` are fields
 * beside the standard ones.
 */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly status: number
  readonly more: Readonly<Record<string, unknown>>

  constructor(kind: ProblemKind, sentence: string, more: Readonly<Record<string, unknown>> = {}) {
    super(sentence)
    this.kind = kind
    this.status = STATUS[kind]
    this.more = more
  }
}

/**
 * Told whatever was thrown while a request was answered. Nothing of the inside is told: no stack, no query.
 */
export function tellProblem(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error)
  if (problem.kind === 'contended' || problem.kind === 'overloaded')
    reply.header('retry-after', RETRY_AFTER_S)
  reply
    .code(problem.status)
    .type('application/problem+json')
    .send({ type: problem.kind, status: problem.status, title: problem.message, ...problem.more })
}

function problemOf(error: FastifyError): Problem {
  if (error instanceof Problem) return error
  if (error instanceof UnknownResourceError) {
    return new Problem('unknown-seat', error.message, { resource_id: error.resourceId })
  }
  if (error instanceof InvalidRequestError) return new Problem('invalid-request', error.message)
  // What fastify itself refuses: JSON that is none, a body that is too large, a type that is not there,
  // a shape that is not ours.
  const { statusCode = 500 } = error
  if (statusCode >= 400 && statusCode < 500) {
    const refused = new Problem('invalid-request', error.message)
    return Object.assign(refused, { status: statusCode })
  }
  if (statusCode === 503) return new Problem('overloaded', 'the service is closing')
  return new Problem('failed', 'the request failed for a reason that is not the client’s')
}
