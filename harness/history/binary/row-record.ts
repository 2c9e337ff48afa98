/** Rows as the records that they hold. */
import type { StoredHold } from '../../../strategies/ledgers/ledger.ts'
import type { ContendedReason, HoldId, ResourceId } from '../../../strategies/strategy.ts'
import { AnswerCode, answersHold, STATUSES } from '../answer-code.ts'
import type { OperationRow, RowIds, StoredRow } from '../operation-row.ts'
import type { LineRecord, Operation } from '../record.ts'

/** The operation that a row holds. `resources`: the ids of the header's resources, in its order. */
export function operationOf(row: OperationRow, ids: RowIds, resources: readonly ResourceId[]): Operation {
  const { answer, process, invokedUs, returnedUs } = row
  const interval = { process, invokedUs, returnedUs }
  if (answersHold(answer)) return holdOf(row, interval, ids.text(row.hold) as HoldId, resources)
  if (answer === AnswerCode.read) {
    return {
      type: 'operation',
      op: 'availability',
      ...interval,
      result: 'ok',
      available: linesOf(row, resources),
    }
  }
  const unknown = { result: 'info', error: row.text } as const
  if (answer === AnswerCode.readUnknown)
    return { type: 'operation', op: 'availability', ...interval, ...unknown }
  const holdId = ids.text(row.hold) as HoldId
  switch (answer) {
    case AnswerCode.confirmed:
      return { type: 'operation', op: 'confirm', ...interval, holdId, result: 'ok' }
    case AnswerCode.confirmGone:
      return { type: 'operation', op: 'confirm', ...interval, holdId, result: 'fail', why: 'gone' }
    case AnswerCode.confirmUnknown:
      return { type: 'operation', op: 'confirm', ...interval, holdId, ...unknown }
    case AnswerCode.released:
      return { type: 'operation', op: 'release', ...interval, holdId, result: 'ok' }
    case AnswerCode.alreadyConfirmed:
      return {
        type: 'operation',
        op: 'release',
        ...interval,
        holdId,
        result: 'fail',
        why: 'already-confirmed',
      }
    case AnswerCode.releaseGone:
      return { type: 'operation', op: 'release', ...interval, holdId, result: 'fail', why: 'gone' }
    case AnswerCode.releaseUnknown:
      return { type: 'operation', op: 'release', ...interval, holdId, ...unknown }
    default:
      throw new Error(`no such answer code: ${answer}`)
  }
}

function holdOf(
  row: OperationRow,
  interval: Pick<Operation, 'process' | 'invokedUs' | 'returnedUs'>,
  holdId: HoldId,
  resources: readonly ResourceId[],
): Operation {
  const { ttlMs, attempts } = row
  const lines = linesOf(row, resources)
  const request = { type: 'operation', op: 'hold', ...interval, holdId, lines, ttlMs } as const
  switch (row.answer) {
    case AnswerCode.held: {
      const { deadlineMs } = row
      const granted = { ...request, result: 'ok', deadlineMs, attempts } as const
      if (!row.isVersioned) return granted
      return { ...granted, versions: [...row.lineVersion.subarray(0, row.lineCount)] }
    }
    case AnswerCode.soldOut: {
      const resourceId = resourceAt(row.resource, resources)
      return { ...request, result: 'fail', why: 'sold-out', resourceId, attempts }
    }
    case AnswerCode.contended:
      return { ...request, result: 'fail', why: 'contended', reason: row.text as ContendedReason, attempts }
    case AnswerCode.idReused:
      return { ...request, result: 'fail', why: 'id-reused' }
    default:
      return { ...request, result: 'info', error: row.text }
  }
}

/** The stored hold that a row holds. */
export function storedHoldOf(row: StoredRow, ids: RowIds, resources: readonly ResourceId[]): StoredHold {
  const status = STATUSES[row.status]
  if (status === undefined) throw new RangeError(`There is no status ${row.status}.`)
  return {
    id: ids.text(row.hold) as HoldId,
    status,
    lines: linesOf(row, resources),
    deadlineMs: row.deadlineMs,
  }
}

function linesOf(
  row: Pick<OperationRow, 'lineCount' | 'lineResource' | 'lineUnits'>,
  resources: readonly ResourceId[],
): LineRecord[] {
  const lines: LineRecord[] = []
  for (let line = 0; line < row.lineCount; line++) {
    lines.push([resourceAt(row.lineResource[line] ?? -1, resources), row.lineUnits[line] ?? Number.NaN])
  }
  return lines
}

function resourceAt(place: number, resources: readonly ResourceId[]): ResourceId {
  const id = resources[place]
  if (id === undefined) throw new RangeError(`The header names no resource ${place}.`)
  return id
}
