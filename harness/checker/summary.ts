/** What the operations of one hold say about it, each fact separately. The rules combine them. */
import { AnswerCode } from '../history/answer-code.ts'
import { byteAt, doubleAt } from './at.ts'
import type { HistoryColumns } from './columns.ts'
import type { Groups } from './groups.ts'

const NEVER = Number.POSITIVE_INFINITY

/** All `...Us` are microseconds of the history's clock, and infinity where it never happened. */
export class HoldSummary {
  /** Whether any request for the hold was sent. */
  requested: boolean = false
  /** The first operation that was answered `held`; -1 without one. */
  heldOperation: number = -1
  /** The first request for the hold of unknown outcome; -1 without one. */
  unknownRequest: number = -1
  /** Whether requests of unknown outcome have different lines. */
  unknownRequestsDiffer: boolean = false
  /** Whether some request was refused as sold out, or may have been. */
  mayBeRefused: boolean = false
  /** Whether some answer says that it was confirmed. */
  confirmed: boolean = false
  /** Whether a release of it was acknowledged. */
  released: boolean = false
  /** The earliest invocation of a request that granted the hold, or may have. */
  requestedFromUs: number = NEVER
  /** The earliest invocation of a confirm that had an effect, or may have had one. */
  confirmFromUs: number = NEVER
  /** The earliest invocation of a release that had an effect, or may have had one. */
  releaseFromUs: number = NEVER
  /** The earliest return of a release that was acknowledged. */
  releasedByUs: number = NEVER
  /** The earliest return of an answer that is only given about a hold that was granted. */
  provenUs: number = NEVER
  /** The earliest return of `id-reused`. */
  reusedByUs: number = NEVER

  /** Replaces the previous summary, so that one object serves a million holds. Returns itself. */
  read(history: HistoryColumns, operationsOf: Groups, hold: number): this {
    this.#clear()
    const end = operationsOf.end(hold)
    for (let at = operationsOf.start(hold); at < end; at++) this.#add(history, operationsOf.member(at))
    return this
  }

  #clear(): void {
    this.requested = false
    this.heldOperation = -1
    this.unknownRequest = -1
    this.unknownRequestsDiffer = false
    this.mayBeRefused = false
    this.confirmed = false
    this.released = false
    this.requestedFromUs = NEVER
    this.confirmFromUs = NEVER
    this.releaseFromUs = NEVER
    this.releasedByUs = NEVER
    this.provenUs = NEVER
    this.reusedByUs = NEVER
  }

  #add(history: HistoryColumns, operation: number): void {
    const invokedUs = doubleAt(history.invokedUs, operation)
    const returnedUs = doubleAt(history.returnedUs, operation)
    switch (byteAt(history.answer, operation)) {
      case AnswerCode.held:
        this.requested = true
        if (this.heldOperation === -1) this.heldOperation = operation
        if (invokedUs < this.requestedFromUs) this.requestedFromUs = invokedUs
        if (returnedUs < this.provenUs) this.provenUs = returnedUs
        break
      case AnswerCode.holdUnknown:
        this.requested = true
        this.mayBeRefused = true
        if (invokedUs < this.requestedFromUs) this.requestedFromUs = invokedUs
        if (this.unknownRequest === -1) this.unknownRequest = operation
        else if (!history.sameLines(this.unknownRequest, operation)) this.unknownRequestsDiffer = true
        break
      case AnswerCode.soldOut:
        this.requested = true
        this.mayBeRefused = true
        break
      case AnswerCode.contended:
        this.requested = true
        break
      case AnswerCode.idReused:
        this.requested = true
        if (returnedUs < this.reusedByUs) this.reusedByUs = returnedUs
        break
      case AnswerCode.confirmed:
        this.confirmed = true
        if (invokedUs < this.confirmFromUs) this.confirmFromUs = invokedUs
        if (returnedUs < this.provenUs) this.provenUs = returnedUs
        break
      case AnswerCode.alreadyConfirmed:
        this.confirmed = true
        if (returnedUs < this.provenUs) this.provenUs = returnedUs
        break
      case AnswerCode.confirmUnknown:
        if (invokedUs < this.confirmFromUs) this.confirmFromUs = invokedUs
        break
      case AnswerCode.released:
        this.released = true
        if (invokedUs < this.releaseFromUs) this.releaseFromUs = invokedUs
        if (returnedUs < this.releasedByUs) this.releasedByUs = returnedUs
        if (returnedUs < this.provenUs) this.provenUs = returnedUs
        break
      case AnswerCode.releaseUnknown:
        if (invokedUs < this.releaseFromUs) this.releaseFromUs = invokedUs
        break
      default: // `gone` had no effect and proves no grant
    }
  }
}
