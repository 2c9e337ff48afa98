/**
 * Deadlines of the same length: they pass in the order in which they were begun, so one timer is enough for
 * all, where the system's own would cost as much as what it watches over.
 */
import { monotonicMs } from './clock.ts'

/** One deadline, between those that were begun before and after it. */
export interface Deadline {
  dueMs: number
  isRunning: boolean
  before: Deadline | undefined
  after: Deadline | undefined
  /** Called when it has passed, and not after it was ended. */
  late(): void
}

export class SharedTimer {
  /** Of each. */
  readonly ms: number
  #first: Deadline | undefined
  #last: Deadline | undefined
  /** Due no later than the first one. Without a deadline, it does not keep the process alive. */
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.ms = ms
  }

  /** `sinceMs`: when it begins, no earlier than the last one. */
  begin(late: () => void, sinceMs: number = monotonicMs()): Deadline {
    const before = this.#last
    const begun: Deadline = { dueMs: sinceMs + this.ms, isRunning: true, before, after: undefined, late }
    if (before === undefined) this.#first = begun
    else before.after = begun
    this.#last = begun
    if (this.#timer === undefined) this.#timer = setTimeout(this.#endDue, this.ms)
    else if (before === undefined) this.#timer.ref()
    return begun
  }

  /** Whether it was still running. */
  end(deadline: Deadline): boolean {
    if (!deadline.isRunning) return false
    const { before, after } = deadline
    deadline.isRunning = false
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    // One that is referred to for long must not keep all that came after it.
    deadline.before = undefined
    deadline.after = undefined
    if (this.#first === undefined) this.#timer?.unref()
    return true
  }

  /** All that are running are late. */
  endAll(): void {
    for (let first = this.#first; first !== undefined; first = this.#first) this.#pass(first)
  }

  /** Once no more are begun. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** A timer that comes too early, for one that was ended, is set again. */
  readonly #endDue = (): void => {
    this.#timer = undefined
    const nowMs = monotonicMs()
    for (let first = this.#first; first !== undefined && first.dueMs <= nowMs; first = this.#first)
      this.#pass(first)
    if (this.#first !== undefined && this.#timer === undefined)
      this.#timer = setTimeout(this.#endDue, this.#first.dueMs - nowMs)
  }

  #pass(deadline: Deadline): void {
    this.end(deadline)
    deadline.late()
  }
}
