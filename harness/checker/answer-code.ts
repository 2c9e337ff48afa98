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
