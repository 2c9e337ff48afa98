/**
 * The critical section of a trial: what an application does between a strategy's read or lock and its commit.
 *
 * A technique without such a place (one command, one statement, one transfer is the whole hold) never calls
 * it. Its caller then does the same work after the hold was answered: outside the hold's latency, but within
 * the buyer's time. The results say which of the two it was, because the two are not the same question.
 */
import { setTimeout as delay } from 'node:timers/promises'

export interface CriticalSection {
  /** For the strategy. */
  within(): Promise<void>
  /** For the caller whose hold was granted: returns how long it works now, in milliseconds. */
  afterHold(): number
  readonly workedWithin: boolean
  readonly workedAfter: boolean
}

export function criticalSectionOf(ms: number): CriticalSection {
  let workedWithin = false
  let workedAfter = false
  return {
    within() {
      if (ms === 0) return NOTHING
      workedWithin = true
      return delay(ms)
    },
    afterHold() {
      // A technique with such a place has called it before its first hold was granted.
      if (ms === 0 || workedWithin) return 0
      workedAfter = true
      return ms
    },
    get workedWithin() {
      return workedWithin
    },
    get workedAfter() {
      return workedAfter
    },
  }
}

const NOTHING = Promise.resolve()
