/**
 * Records the buyers' operations for the checker: one line of JSON each, on the console, which
 * `--console-output` puts into a file. Buyers share no memory, and k6's metrics have no times. Only if TALLY
 * is set.
 *
 * A record is an operation of a history (`harness/history/record.ts`). Its times are microseconds since the
 * run began, by this process's clock: the request's rounded down, the answer's rounded up.
 */
import exec from 'k6/execution'
import { tallied } from './metrics.ts'

export const isTallied: boolean = (__ENV.TALLY ?? '') !== ''

/**
 * Whether other generators load the same new service (PART): what is sold when one of them looks, or in the
 * end, is not its own alone. So everything counts as free at first, and somebody else audits the store.
 */
export const isPart: boolean = (__ENV.PART ?? '') !== ''

/** The most concurrent buyers of a group, each a separate caller. */
const TOGETHER_MAX = 8

export interface Asked {
  readonly op: 'hold' | 'confirm' | 'release'
  /** The index within the group, from 0. */
  readonly at: number
  readonly holdId: string
  readonly invokedUs: number
  readonly returnedUs: number
}

let records: string[] = []
let isClockTold = false

export function invokedNowUs(): number {
  return isTallied ? Math.floor(exec.instance.currentTestRunDuration * 1_000) : 0
}

export function returnedNowUs(): number {
  return isTallied ? Math.ceil(exec.instance.currentTestRunDuration * 1_000) : 0
}

/** Records one call and its answer, for `handOver`. */
export function note({ at, ...asked }: Asked, answer: Readonly<Record<string, unknown>>): void {
  if (!isTallied) return
  const process = exec.vu.idInTest * TOGETHER_MAX + at
  records.push(JSON.stringify({ type: 'operation', process, ...asked, ...answer }))
}

/** Writes what was recorded since the last time. */
export function handOver(): void {
  if (!isTallied) return
  if (!isClockTold) {
    isClockTold = true
    // The offset between the run's clock and the machine's. Of many buyers at once, one may be held up for
    // long between two readings, so that the run's clock is read on both sides.
    const atUs = invokedNowUs()
    const wallMs = Date.now()
    console.log(JSON.stringify({ type: 'run-clock', atUs, wallMs, untilUs: returnedNowUs() }))
  }
  if (records.length === 0) return
  console.log(records.join('\n'))
  tallied.add(records.length)
  records = []
}
