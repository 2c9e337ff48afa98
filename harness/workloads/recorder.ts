/** Turns a call and its answer into a record. */
import type {
  Availability,
  ConfirmOutcome,
  HoldId,
  HoldOutcome,
  HoldRequest,
  LineVersion,
  ReleaseOutcome,
} from '../../strategies/strategy.ts'
import type {
  AvailabilityOperation,
  ConfirmOperation,
  HoldOperation,
  LineRecord,
  Operation,
  ReleaseOperation,
} from '../history/record.ts'

/** The process that called, and when. */
export interface Stamp {
  readonly process: number
  readonly invokedUs: number
  readonly returnedUs: number
}

/** The outcome of a call: an answer, or unknown. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly outcome: T }
  | { readonly kind: 'unknown'; readonly error: string }

/** `ttlMs`: as the strategy saw it, if that is not as requested. */
export function holdRecord(
  { process, invokedUs, returnedUs }: Stamp,
  request: HoldRequest,
  answer: Answer<HoldOutcome>,
  ttlMs: number = request.ttlMs,
): HoldOperation {
  const { holdId } = request
  const lines = request.lines.map(({ resourceId, quantity }): LineRecord => [resourceId, quantity])
  const [type, op] = ['operation', 'hold'] as const
  const asked = { type, op, process, invokedUs, returnedUs, holdId, lines, ttlMs } as const
  if (answer.kind === 'unknown') return { ...asked, result: 'info', error: answer.error }
  const { outcome } = answer
  switch (outcome.kind) {
    case 'held': {
      const { deadlineMs, attempts } = outcome
      const versions = inOrderOf(request, outcome.versions)
      const held = { ...asked, result: 'ok', deadlineMs, attempts } as const
      return versions === undefined ? held : { ...held, versions }
    }
    case 'sold-out': {
      const { resourceId, attempts } = outcome
      return { ...asked, result: 'fail', why: 'sold-out', resourceId, attempts }
    }
    case 'contended': {
      const { reason, attempts } = outcome
      return { ...asked, result: 'fail', why: 'contended', reason, attempts }
    }
    case 'id-reused':
      return { ...asked, result: 'fail', why: 'id-reused' }
    default:
      return never(outcome)
  }
}

export function confirmRecord(
  { process, invokedUs, returnedUs }: Stamp,
  holdId: HoldId,
  answer: Answer<ConfirmOutcome>,
): ConfirmOperation {
  const [type, op] = ['operation', 'confirm'] as const
  if (answer.kind === 'unknown') {
    return { type, op, process, invokedUs, returnedUs, holdId, result: 'info', error: answer.error }
  }
  switch (answer.outcome.kind) {
    case 'confirmed':
      return { type, op, process, invokedUs, returnedUs, holdId, result: 'ok' }
    case 'gone':
      return { type, op, process, invokedUs, returnedUs, holdId, result: 'fail', why: 'gone' }
    default:
      return never(answer.outcome)
  }
}

export function releaseRecord(
  { process, invokedUs, returnedUs }: Stamp,
  holdId: HoldId,
  answer: Answer<ReleaseOutcome>,
): ReleaseOperation {
  const [type, op] = ['operation', 'release'] as const
  if (answer.kind === 'unknown') {
    return { type, op, process, invokedUs, returnedUs, holdId, result: 'info', error: answer.error }
  }
  const { kind } = answer.outcome
  switch (kind) {
    case 'released':
      return { type, op, process, invokedUs, returnedUs, holdId, result: 'ok' }
    case 'already-confirmed':
    case 'gone':
      return { type, op, process, invokedUs, returnedUs, holdId, result: 'fail', why: kind }
    default:
      return never(answer.outcome)
  }
}

export function availabilityRecord(
  { process, invokedUs, returnedUs }: Stamp,
  answer: Answer<readonly Availability[]>,
): AvailabilityOperation {
  const [type, op] = ['operation', 'availability'] as const
  if (answer.kind === 'unknown') {
    return { type, op, process, invokedUs, returnedUs, result: 'info', error: answer.error }
  }
  const available = answer.outcome.map(({ resourceId, available }) => [resourceId, available] as const)
  return { type, op, process, invokedUs, returnedUs, result: 'ok', available }
}

/** How long the caller waited, microseconds. */
export function latencyUs(operation: Operation): number {
  return operation.returnedUs - operation.invokedUs
}

/** Versions are reported by resource and recorded by line. If one is missing, none is recorded. */
function inOrderOf(request: HoldRequest, versions: readonly LineVersion[] | undefined): number[] | undefined {
  if (versions === undefined) return undefined
  const ordered: number[] = []
  for (const line of request.lines) {
    const version = versions.find(({ resourceId }) => resourceId === line.resourceId)?.version
    if (version === undefined) return undefined
    ordered.push(version)
  }
  return ordered
}

function never(outcome: never): never {
  throw new TypeError(`the strategy answered ${JSON.stringify(outcome)}, which the contract does not know`)
}
