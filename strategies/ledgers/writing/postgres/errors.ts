/** PostgreSQL's errors by SQLSTATE, never by driver class or message. */
import type { ContendedReason } from '../../../strategy.ts'

/**
 * Why the engine aborted the transaction, if the abort itself is certain: with these states nothing was
 * committed, even when they are raised by COMMIT. Anything else is unexpected and stays an exception.
 */
export function contendedBy(error: unknown): ContendedReason | undefined {
  switch (sqlState(error)) {
    case '55P03':
      return 'lock-not-available'
    case '40001':
      return 'serialization-failure'
    case '40P01':
      return 'deadlock'
    default:
      return undefined
  }
}

/** Whether an insert failed on an existing row with the same key. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === '23505'
}

/** Whether the insert of a hold and its lines failed on an existing hold with the same id. */
export function isHoldIdTaken(error: unknown): boolean {
  return isUniqueViolation(error) && HOLD_KEYS.has((error as { constraint?: unknown }).constraint)
}

/** A statement that writes both may fail on either one first. */
const HOLD_KEYS: ReadonlySet<unknown> = new Set(['hold_pkey', 'hold_line_pkey'])

function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
