/** Answers and states by number. The numbers are part of the binary format: new ones are added at the end. */
import type { HoldOperation, Operation, StoredStatus } from './record.ts'

/** A request and its answer, in one number. The requests for a hold come first. */
export const AnswerCode = {
  held: 0,
  soldOut: 1,
  contended: 2,
  idReused: 3,
  holdUnknown: 4,
  confirmed: 5,
  confirmGone: 6,
  confirmUnknown: 7,
  released: 8,
  alreadyConfirmed: 9,
  releaseGone: 10,
  releaseUnknown: 11,
  read: 12,
  readUnknown: 13,
} as const

/** Whether this answers a request for a hold. */
export function answersHold(code: number): boolean {
  return code <= AnswerCode.holdUnknown
}

/** Whether this answers a request for a hold that was, or may have been, granted. */
export function mayGrant(code: number): boolean {
  return code === AnswerCode.held || code === AnswerCode.holdUnknown
}

/** The code of an operation. */
export function answerCodeOf(operation: Operation): number {
  switch (operation.op) {
    case 'hold':
      return holdCode(operation)
    case 'confirm':
      if (operation.result === 'ok') return AnswerCode.confirmed
      return operation.result === 'fail' ? AnswerCode.confirmGone : AnswerCode.confirmUnknown
    case 'release':
      if (operation.result === 'ok') return AnswerCode.released
      if (operation.result === 'info') return AnswerCode.releaseUnknown
      return operation.why === 'gone' ? AnswerCode.releaseGone : AnswerCode.alreadyConfirmed
    case 'availability':
      return operation.result === 'ok' ? AnswerCode.read : AnswerCode.readUnknown
    default:
      throw new Error(`no such operation: ${JSON.stringify(operation satisfies never)}`)
  }
}

function holdCode(hold: HoldOperation): number {
  if (hold.result === 'ok') return AnswerCode.held
  if (hold.result === 'info') return AnswerCode.holdUnknown
  if (hold.why === 'sold-out') return AnswerCode.soldOut
  return hold.why === 'contended' ? AnswerCode.contended : AnswerCode.idReused
}

/** The states of a stored hold, by number. */
export const STATUSES: readonly StoredStatus[] = ['held', 'confirmed', 'released', 'expired']
