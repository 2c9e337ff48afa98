/** What an exercise is: where it begins, what judges it, and hints that do not give the solution away. */
import type { Case } from '../../harness/conformance/subject.ts'

/** The same exercise, begun with nothing but signatures and comments. */
interface EmptyStart {
  /** The file in examples/exercises/empty that it begins with, without its ending: the same for a ledger. */
  readonly ground: string
  /** What the strategy is to do: one paragraph. */
  readonly task: string
  /** Where the usual ones are about what the other start has. */
  readonly hints?: Hints
}

/** From where to look to what to think about. */
type Hints = readonly [string, ...string[]]

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
  readonly empty: EmptyStart
  readonly hints: Hints
}
