/**
 * One cut through a window: what of it can be judged for good, and what must stay.
 *
 * At the *horizon*, everything that begins before it has been read, and no later answer can change what was
 * taken before it. The second needs care at deadlines only: a hold that is due, but may still turn out to
 * have been confirmed or released just in time, moves the horizon back to the earliest moment of its
 * deadline.
 *
 * - A hold is *done* when all its calls have returned before the horizon, and it was never granted, or was
 *   sold, or has certainly ended. Then its own life is judged (L, B, I, T).
 * - Whether there was room for it (O2) is judged when it is proven before the horizon.
 * - A refusal (R1) and a read (A) are judged when they have returned before it.
 *
 * What is judged later needs the units that were taken from its own beginning on: `keepFromUs`. A hold that
 * is done stays in the window while it has units at a moment from then on, and is not judged again. A sale
 * stays until that moment, and is a number of sold units afterwards.
 */
import { AnswerCode, answersHold } from '../../history/answer-code.ts'
import { byteAt, doubleAt, intAt, uintAt } from '../at.ts'
import type { HistoryColumns } from '../columns.ts'
import type { Envelopes } from '../envelopes.ts'
import { Fate } from './seen-ids.ts'

/** Bits of what is done with a hold; 0 for none of it. */
export const Judged = { room: 1, life: 2 } as const

const UNKNOWN =
  (1 << AnswerCode.holdUnknown) | (1 << AnswerCode.confirmUnknown) | (1 << AnswerCode.releaseUnknown)
const RELEASED = 1 << AnswerCode.released
const GONE = (1 << AnswerCode.confirmGone) | (1 << AnswerCode.releaseGone)

export class WindowCut {
  readonly envelopes: Envelopes
  readonly horizonUs: number
  /** By hold: its answers, one bit for each code. */
  readonly #answers: Uint32Array
  readonly #invokedFromUs: Float64Array
  readonly #returnedByUs: Float64Array

  /** `readUntilUs`: everything that is invoked before was read. */
  constructor(envelopes: Envelopes, readUntilUs: number) {
    this.envelopes = envelopes
    const { holdCount, count, hold, answer, invokedUs, returnedUs } = envelopes.history
    this.#answers = new Uint32Array(holdCount)
    this.#invokedFromUs = new Float64Array(holdCount).fill(Number.POSITIVE_INFINITY)
    this.#returnedByUs = new Float64Array(holdCount).fill(Number.NEGATIVE_INFINITY)
    for (let operation = 0; operation < count; operation++) {
      const of = intAt(hold, operation)
      if (of === -1) continue
      this.#answers[of] = uintAt(this.#answers, of) | (1 << byteAt(answer, operation))
      const fromUs = doubleAt(invokedUs, operation)
      const byUs = doubleAt(returnedUs, operation)
      if (fromUs < doubleAt(this.#invokedFromUs, of)) this.#invokedFromUs[of] = fromUs
      if (byUs > doubleAt(this.#returnedByUs, of)) this.#returnedByUs[of] = byUs
    }
    this.horizonUs = this.#horizon(readUntilUs)
  }

  #horizon(readUntilUs: number): number {
    const { possibleUntilUs, dueFromUs, sold } = this.envelopes
    let horizonUs = readUntilUs
    for (let hold = 0; hold < sold.length; hold++) {
      if (!this.isGranted(hold) || this.isUnknown(hold) || byteAt(sold, hold) === 1) continue
      if ((uintAt(this.#answers, hold) & RELEASED) !== 0) continue
      const fromUs = doubleAt(dueFromUs, hold)
      if (fromUs < horizonUs && doubleAt(possibleUntilUs, hold) > readUntilUs) horizonUs = fromUs
    }
    return horizonUs
  }

  isGranted(hold: number): boolean {
    return intAt(this.envelopes.grantedBy, hold) !== -1
  }

  /** Whether the outcome of some call about it is unknown. */
  isUnknown(hold: number): boolean {
    return (uintAt(this.#answers, hold) & UNKNOWN) !== 0
  }

  isSold(hold: number): boolean {
    return byteAt(this.envelopes.sold, hold) === 1
  }

  /** Whether nothing but `gone` was answered. */
  isOnlyGone(hold: number): boolean {
    return (uintAt(this.#answers, hold) & ~GONE) === 0
  }

  /** Whether `gone` was an answer to a release. */
  wasReleaseGone(hold: number): boolean {
    return (uintAt(this.#answers, hold) & (1 << AnswerCode.releaseGone)) !== 0
  }

  fateOf(hold: number): number {
    if (this.isSold(hold)) return Fate.sold
    const answers = uintAt(this.#answers, hold)
    if ((answers & RELEASED) !== 0) return Fate.released
    if (this.isGranted(hold)) return Fate.expired
    return answersHold(31 - Math.clz32(answers & -answers)) ? Fate.refused : Fate.stray
  }

  /** Whether it can be judged whether there was room for it. */
  isProven(hold: number): boolean {
    return this.isGranted(hold) && doubleAt(this.envelopes.provenUs, hold) <= this.horizonUs
  }

  isDone(hold: number): boolean {
    if (doubleAt(this.#returnedByUs, hold) > this.horizonUs) return false
    if (!this.isGranted(hold) || this.isSold(hold) || this.isUnknown(hold)) return true
    return doubleAt(this.envelopes.possibleUntilUs, hold) <= this.horizonUs
  }

  hasReturned(operation: number): boolean {
    return doubleAt(this.envelopes.history.returnedUs, operation) <= this.horizonUs
  }

  /** From when on the units that were taken are needed. `judged`: by hold, bits of `Judged`. */
  keepFromUs(judged: Uint8Array, isOperationJudged: Uint8Array): number {
    const { history } = this.envelopes
    let fromUs = this.horizonUs
    for (let hold = 0; hold < judged.length; hold++) {
      if (byteAt(judged, hold) !== 0) continue
      const invokedUs = doubleAt(this.#invokedFromUs, hold)
      if (invokedUs < fromUs) fromUs = invokedUs
    }
    for (let operation = 0; operation < history.count; operation++) {
      if (byteAt(isOperationJudged, operation) === 1 || !isJudgedAlone(history, operation)) continue
      const invokedUs = doubleAt(history.invokedUs, operation)
      if (invokedUs < fromUs) fromUs = invokedUs
    }
    return fromUs
  }

  /** Whether a hold that is done has units that must be known apart from what was sold before. */
  isNeededFrom(hold: number, fromUs: number): boolean {
    const { provenUs, possibleFromUs, possibleUntilUs, certainUntilUs } = this.envelopes
    if (!this.isGranted(hold) || this.isUnknown(hold)) return false
    if (this.isSold(hold)) return doubleAt(provenUs, hold) > fromUs || doubleAt(possibleFromUs, hold) > fromUs
    return doubleAt(possibleUntilUs, hold) > fromUs || doubleAt(certainUntilUs, hold) > fromUs
  }
}

/** Whether an operation is a refusal or a read, which are judged one by one. */
export function isJudgedAlone({ answer }: HistoryColumns, operation: number): boolean {
  const code = byteAt(answer, operation)
  return code === AnswerCode.soldOut || code === AnswerCode.read
}
