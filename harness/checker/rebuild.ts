/** Turns columns back into the operation that was added, to be shown as evidence. */
import type { ContendedReason } from '../../strategies/strategy.ts'
import { AnswerCode, answersHold } from '../history/answer-code.ts'
import type { Operation } from '../history/record.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import type { HistoryColumns } from './columns.ts'

/** Operation number `at`, as it was added. Throws a `RangeError` if there is none. */
export function operationAt(history: HistoryColumns, at: number): Operation {
  const answer = byteAt(history.answer, at)
  if (answersHold(answer)) return holdOperationAt(history, at)
  const interval = intervalAt(history, at)
  if (answer === AnswerCode.read) {
    return { ...interval, op: 'availability', result: 'ok', available: history.linesOf(at) }
  }
  if (answer === AnswerCode.readUnknown) {
    return { ...interval, op: 'availability', ...unknownAt(history, at) }
  }
  const holdId = history.holdId(intAt(history.hold, at))
  switch (answer) {
    case AnswerCode.confirmed:
      return { ...interval, op: 'confirm', holdId, result: 'ok' }
    case AnswerCode.confirmGone:
      return { ...interval, op: 'confirm', holdId, result: 'fail', why: 'gone' }
    case AnswerCode.confirmUnknown:
      return { ...interval, op: 'confirm', holdId, ...unknownAt(history, at) }
    case AnswerCode.released:
      return { ...interval, op: 'release', holdId, result: 'ok' }
    case AnswerCode.alreadyConfirmed:
      return { ...interval, op: 'release', holdId, result: 'fail', why: 'already-confirmed' }
    case AnswerCode.releaseGone:
      return { ...interval, op: 'release', holdId, result: 'fail', why: 'gone' }
    case AnswerCode.releaseUnknown:
      return { ...interval, op: 'release', holdId, ...unknownAt(history, at) }
    default:
      throw new Error(`no such answer code: ${answer}`)
  }
}

function holdOperationAt(history: HistoryColumns, at: number): Operation {
  const request = {
    ...intervalAt(history, at),
    op: 'hold',
    holdId: history.holdId(intAt(history.hold, at)),
    lines: history.linesOf(at),
    ttlMs: history.ttlMs.at(at),
  } as const
  const attempts = history.attempts.at(at)
  const answer = byteAt(history.answer, at)
  switch (answer) {
    case AnswerCode.held: {
      const versions = [...history.lineVersion.subarray(history.lineStart(at), history.lineEnd(at))]
      const granted = { ...request, result: 'ok', deadlineMs: doubleAt(history.deadlineMs, at) } as const
      return versions.some(Number.isNaN) ? { ...granted, attempts } : { ...granted, versions, attempts }
    }
    case AnswerCode.soldOut: {
      const resourceId = history.resourceId(intAt(history.detail, at))
      return { ...request, result: 'fail', why: 'sold-out', resourceId, attempts }
    }
    case AnswerCode.contended: {
      const reason = history.detailText(at) as ContendedReason
      return { ...request, result: 'fail', why: 'contended', reason, attempts }
    }
    case AnswerCode.idReused:
      return { ...request, result: 'fail', why: 'id-reused' }
    case AnswerCode.holdUnknown:
      return { ...request, ...unknownAt(history, at) }
    default:
      throw new Error(`no such answer to a request for a hold: ${answer}`)
  }
}

function intervalAt(history: HistoryColumns, at: number) {
  return {
    type: 'operation',
    process: history.process.at(at),
    // Rounds away what was added to every invocation, and to the return of what took no time.
    invokedUs: Math.floor(doubleAt(history.invokedUs, at)),
    returnedUs: Math.floor(doubleAt(history.returnedUs, at)),
  } as const
}

function unknownAt(history: HistoryColumns, at: number) {
  return { result: 'info', error: history.detailText(at) } as const
}
