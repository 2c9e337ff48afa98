/**
 * Errors as `application/problem+json` (RFC 9457): what happened, in one sentence, and what the client can
 * do.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { InvalidRequestError, UnknownResourceError } from '../../strategies/strategy.ts'

/** Short names that a client can branch on; each is the problem's `type`. */
export type ProblemKind =
  | 'invalid-request'
  | 'no-secret'
  | 'not-owner'
  | 'not-admitted'
  | 'not-found'
  | 'unknown-event'
  | 'unknown-seat'
  | 'method-not-allowed'
  | 'sold-out'
  | 'contended'
  | 'id-reused'
  | 'gone'
  | 'already-confirmed'
  | 'wrong-host'
  | 'too-many-requests'
  | 'overloaded'
  | 'unknown-outcome'
  | 'not-audited'
  | 'failed'

const STATUS: Readonly<Record<ProblemKind, number>> = {
  'invalid-request': 400,
  'no-secret': 401,
  'not-owner': 403,
  'not-admitted': 403,
  'not-found': 404,
  'unknown-event': 404,
  'unknown-seat': 404,
  'method-not-allowed': 405,
  'sold-out': 409,
  contended: 409,
  'already-confirmed': 409,
  gone: 410,
  'wrong-host': 421,
  'id-reused': 422,
  'too-many-requests': 429,
  failed: 500,
  'not-audited': 501,
  overloaded: 503,
  'unknown-outcome': 504,
}

/** Long enough for one buyer's lock to be released, short enough that the seat is not lost by waiting. */
export const RETRY_AFTER_S = 1

export const PROBLEM_TYPE = 'application/problem+json'

/**
 * An unsuccessful answer: thrown by routes, sent by the service. `more` are fields besides the standard ones.
 */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly status: number
  readonly more: Readonly<Record<string, unknown>>

  /** `status`: the HTTP status, if more specific than the kind's own. */
  constructor(
    kind: ProblemKind,
    sentence: string,
    { status = STATUS[kind], ...more }: Readonly<Record<string, unknown>> & { readonly status?: number } = {},
  ) {
    super(sentence)
    this.kind = kind
    this.status = status
    this.more = more
  }

  /** Whether the same request may succeed soon. */
  get mayBeRetried(): boolean {
    return this.kind === 'contended' || this.status === 503
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return { type: this.kind, status: this.status, title: this.message, ...this.more }
  }
}

/** Answers a request whose handler threw. Internals are not disclosed: no stack, no query. */
export function tellProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error)
  if (problem.mayBeRetried) reply.header('retry-after', RETRY_AFTER_S)
  if (problem.kind === 'failed') request.log.error({ err: error }, 'the request failed')
  reply.code(problem.status).type(PROBLEM_TYPE).send(problem.toJSON())
}

function problemOf(error: FastifyError): Problem {
  if (error instanceof Problem) return error
  if (error instanceof UnknownResourceError) {
    return new Problem('unknown-seat', error.message, { resource_id: error.resourceId })
  }
  if (error instanceof InvalidRequestError) return new Problem('invalid-request', error.message)
  // Fastify itself refuses malformed JSON, bodies that are too large, unknown content types and shapes.
  const { statusCode = 500, message } = error
  if (statusCode >= 400 && statusCode < 500) {
    return new Problem('invalid-request', message, { status: statusCode })
  }
  if (statusCode === 503) return new Problem('overloaded', 'the service is closing')
  return new Problem('failed', 'the request failed for a reason that is not the client’s fault')
}
