/**
 * What buyers did and were told, handed over operation by operation, so that somebody else can judge it: one
 * line of JSON each, on the console, which `--console-output` puts into a file. Buyers share no memory, and
 * what k6 counts knows nothing of time. It is done only where TALLY asks for it.
 *
 * A record is an operation of a history (`harness/history/record.ts`). Its times are microseconds since the
 * run began, by the one clock of this process: when it was asked, rounded down, and answered, rounded up.
 */
import exec from 'k6/execution'
import { tallied } from './metrics.ts'

export const isTallied: boolean = (__ENV.TALLY ?? '') !== ''

/** The most buyers who ask together, each a caller of its own. */
const TOGETHER_MAX = 8

export interface Asked {
  readonly op: 'hold' | 'confirm' | 'release'
  /** Among those who ask together, from 0. */
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

/** Notes one call and its answer; told with `handOver`. */
export function note({ at, ...asked }: Asked, answer: Readonly<Record<string, unknown>>): void {
  if (!isTallied) return
  const process = exec.vu.idInTest * TOGETHER_MAX + at
  records.push(JSON.stringify({ type: 'operation', process, ...asked, ...answer }))
}

/** Tells what was noted since the last time. */
export function handOver(): void {
  if (!isTallied) return
  if (!isClockTold) {
    isClockTold = true
    // How the run's clock relates to that of the machine.
    const atUs = invokedNowUs()
    console.log(JSON.stringify({ type: 'run-clock', atUs, wallMs: Date.now() }))
  }
  if (records.length === 0) return
  console.log(records.join('\n'))
  tallied.add(records.length)
  records = []
}
