/** What an operation of a history must be. */
import type { ContendedReason } from '../../strategies/strategy.ts'
import {
  FieldError,
  type Fields,
  requireFinite,
  requireId,
  requireLines,
  requireList,
  requireResource,
  requireText,
  requireWhole,
  shown,
} from './fields.ts'

const REASONS: Readonly<Record<ContendedReason, true>> = {
  'lock-not-available': true,
  'version-changed': true,
  'serialization-failure': true,
  deadlock: true,
  'units-in-motion': true,
  'queue-full': true,
  'id-refused': true,
}

/** Throws a `FieldError` unless this is an operation on resources that the header names. */
export function checkOperation(operation: Fields, resources: ReadonlySet<string>): void {
  requireWhole(operation, 'process', 0)
  const { invokedUs, returnedUs } = operation
  // Tested here first: `requireWhole` reads a field whose name varies, which is slower, and most lines pass.
  if (!Number.isSafeInteger(invokedUs)) requireWhole(operation, 'invokedUs')
  if (!Number.isSafeInteger(returnedUs)) requireWhole(operation, 'returnedUs')
  if (Number(returnedUs) < Number(invokedUs)) {
    throw new FieldError(`returns at ${shown(returnedUs)}, before it is invoked at ${shown(invokedUs)}`)
  }
  switch (operation.op) {
    case 'hold':
      checkHold(operation, resources)
      break
    case 'confirm':
      requireId(operation, 'holdId')
      if (checkResult(operation) === 'fail' && operation.why !== 'gone') unknownWhy(operation)
      break
    case 'release':
      requireId(operation, 'holdId')
      if (
        checkResult(operation) === 'fail' &&
        operation.why !== 'gone' &&
        operation.why !== 'already-confirmed'
      ) {
        unknownWhy(operation)
      }
      break
    case 'availability':
      checkRead(operation, resources)
      break
    default:
      throw new FieldError(
        `has "op" ${shown(operation.op)}, not "hold", "confirm", "release" or "availability"`,
      )
  }
}

function checkHold(hold: Fields, resources: ReadonlySet<string>): void {
  requireId(hold, 'holdId')
  const lineCount = requireLines(hold, resources)
  if (lineCount === 0) throw new FieldError('asks for nothing: "lines" is empty')
  requireFinite(hold, 'ttlMs', 0)
  const result = checkResult(hold)
  if (result === 'ok') {
    requireFinite(hold, 'deadlineMs')
    requireWhole(hold, 'attempts', 1)
    const { versions } = hold
    if (versions === undefined) return
    if (!Array.isArray(versions) || versions.length !== lineCount || !versions.every(Number.isSafeInteger)) {
      throw new FieldError(`has "versions" ${shown(versions)}, not one whole number for each line`)
    }
  } else if (result === 'fail') {
    switch (hold.why) {
      case 'sold-out':
        requireWhole(hold, 'attempts', 1)
        requireResource(hold.resourceId, resources)
        break
      case 'contended': {
        requireWhole(hold, 'attempts', 1)
        const { reason } = hold
        if (typeof reason !== 'string' || !Object.hasOwn(REASONS, reason)) {
          throw new FieldError(`has "reason" ${shown(reason)}, not one of ${Object.keys(REASONS).join(', ')}`)
        }
        break
      }
      case 'id-reused':
        break
      default:
        unknownWhy(hold)
    }
  }
}

function checkRead(read: Fields, resources: ReadonlySet<string>): void {
  const result = checkResult(read)
  if (result === 'fail') throw new FieldError('is a read that failed: a read answers or is unknown')
  if (result !== 'ok') return
  for (const figure of requireList(read, 'available')) {
    if (!Array.isArray(figure) || figure.length !== 2 || !Number.isSafeInteger(figure[1])) {
      throw new FieldError(`has a figure ${shown(figure)}, not a resource and a whole number of units`)
    }
    requireResource(figure[0], resources)
  }
}

function checkResult(operation: Fields): 'ok' | 'fail' | 'info' {
  const { result } = operation
  if (result === 'info') requireText(operation, 'error')
  else if (result !== 'ok' && result !== 'fail') {
    throw new FieldError(`has no known result: it is ${shown(result)}, not "ok", "fail" or "info"`)
  }
  return result
}

function unknownWhy(operation: Fields): never {
  throw new FieldError(
    `is a ${shown(operation.op)} that failed for no known cause: "why" is ${shown(operation.why)}`,
  )
}
