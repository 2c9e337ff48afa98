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
  /** From where to look to what to think about. */
  readonly hints: readonly [string, ...string[]]
}
