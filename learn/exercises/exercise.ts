/** What an exercise is: where it begins, what judges it, and hints that do not give the solution away. */
import type { Case } from '../../harness/conformance/subject.ts'

export interface Exercise {
  /** That of its lesson. */
  readonly number: number
  /** The file that it begins with, without its ending. */
  readonly start: string
  /** Scenarios of the explorer, by name. */
  readonly scenarios: readonly string[]
  /** Beside the suite that every strategy passes: what stops a buyer halfway. */
  readonly checks?: readonly Case[]
  /** Workloads, by name. */
  readonly workloads: readonly string[]
  /** Faults, by name; seconds each, so that they come last. */
  readonly faults?: readonly string[]
  /**
   * What it asks shows only between the statements of a strategy, or when its engine is struck: a service
   * that answers well has not passed.
   */
  readonly isSeenInside?: true
  /** What gives up, retries or polls is one of its answers, so that a service may answer `contended`. */
  readonly mayBeContended?: true
  /** From where to look to what to think about. */
  readonly hints: readonly [string, ...string[]]
}
