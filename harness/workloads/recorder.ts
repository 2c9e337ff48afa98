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

export function holdRecord(stamp: Stamp, request: HoldRequest, answer: Answer<HoldOutcome>): HoldOperation {
  const { holdId, ttlMs } = request
  const lines = request.lines.map(({ resourceId, quantity }): LineRecord => [resourceId, quantity])
  const base = { type: 'operation', op: 'hold', ...stamp, holdId, lines, ttlMs } as const
  if (answer.kind === 'unknown') return { ...base, result: 'info', error: answer.error }
  const { outcome } = answer
  switch (outcome.kind) {
    case 'held': {
      const { deadlineMs, attempts } = outcome
      const versions = inOrderOf(request, outcome.versions)
      return { ...base, result: 'ok', deadlineMs, attempts, ...(versions === undefined ? {} : { versions }) }
    }
    case 'sold-out': {
      const { resourceId, attempts } = outcome
      return { ...base, result: 'fail', why: 'sold-out', resourceId, attempts }
    }
    case 'contended': {
      const { reason, attempts } = outcome
      return { ...base, result: 'fail', why: 'contended', reason, attempts }
    }
    case 'id-reused':
      return { ...base, result: 'fail', why: 'id-reused' }
    default:
      return never(outcome)
  }
}

export function confirmRecord(
  stamp: Stamp,
  holdId: HoldId,
  answer: Answer<ConfirmOutcome>,
): ConfirmOperation {
  const base = { type: 'operation', op: 'confirm', ...stamp, holdId } as const
  if (answer.kind === 'unknown') return { ...base, result: 'info', error: answer.error }
  switch (answer.outcome.kind) {
    case 'confirmed':
      return { ...base, result: 'ok' }
    case 'gone':
      return { ...base, result: 'fail', why: 'gone' }
    default:
      return never(answer.outcome)
  }
}

export function releaseRecord(
  stamp: Stamp,
  holdId: HoldId,
  answer: Answer<ReleaseOutcome>,
): ReleaseOperation {
  const base = { type: 'operation', op: 'release', ...stamp, holdId } as const
  if (answer.kind === 'unknown') return { ...base, result: 'info', error: answer.error }
  switch (answer.outcome.kind) {
    case 'released':
      return { ...base, result: 'ok' }
    case 'already-confirmed':
    case 'gone':
      return { ...base, result: 'fail', why: answer.outcome.kind }
    default:
      return never(answer.outcome)
  }
}

export function availabilityRecord(
  stamp: Stamp,
  answer: Answer<readonly Availability[]>,
): AvailabilityOperation {
  const base = { type: 'operation', op: 'availability', ...stamp } as const
  if (answer.kind === 'unknown') return { ...base, result: 'info', error: answer.error }
  const available = answer.outcome.map(({ resourceId, available }) => [resourceId, available] as const)
  return { ...base, result: 'ok', available }
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
