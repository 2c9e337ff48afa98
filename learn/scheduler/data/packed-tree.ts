/** A tree as compact JSON: what occurs more than once is written once, and named by its index. */
import type { RecordedEnd, RecordedState, TreeFacts } from './recording.ts'

/** [client, kind, text, store, blockers] */
export type PackedEvent = readonly [number, string, number, string, readonly number[]]

/**
 * What follows a choice: [events, node] for each way it went. A number stands for a cut: positive, the step
 * is made so many steps earlier; negative, it is the step of this twin.
 */
export type PackedSteps = readonly (readonly [events: number, node: number])[] | number

/** [state, statuses by their letters, choices, end or -1] */
export type PackedNode = readonly [
  number,
  string,
  readonly (readonly [token: string, text: number, steps: PackedSteps])[],
  number,
]

export type PackedTable = RecordedState['tables'][number]

/** With its tables by their indexes. */
export interface PackedState extends Omit<RecordedState, 'tables'> {
  readonly tables: readonly number[]
}

export interface PackedTree extends TreeFacts {
  readonly texts: readonly string[]
  /** [text, the same for a small space] */
  readonly briefs: readonly (readonly [number, string])[]
  readonly tables: readonly PackedTable[]
  readonly states: readonly PackedState[]
  readonly events: readonly (readonly PackedEvent[])[]
  readonly ends: readonly RecordedEnd[]
  /** Each after all that follow it: the last is the root. */
  readonly nodes: readonly PackedNode[]
}
