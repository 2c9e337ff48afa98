/**
 * What an engine stores of one schedule at a moment, and who holds or waits for what in it, for a reader.
 * Read from the engine itself, beside the clients' connections.
 */

/** A row, or a key. */
export interface ViewedRow {
  /**
   * By column. A moment is `at ` and its milliseconds since the Unix epoch, by the clock that clients read.
   */
  readonly cells: Readonly<Record<string, string>>
  /** Sessions whose open transaction has locked or changed it. */
  readonly lockedBy: readonly number[]
  /** Sessions that wait for it. */
  readonly wantedBy: readonly number[]
  /** What identifies its owner, if it is a lock. */
  readonly token?: string
}

export interface ViewedTable {
  readonly name: string
  readonly rows: readonly ViewedRow[]
}

/** A lock that is no row. */
interface ViewedLock {
  readonly what: string
  readonly session: number
  readonly isGranted: boolean
  /** Whether it keeps others out; one that does not only records what was read. */
  readonly isExclusive: boolean
}

export interface EngineView {
  readonly tables: readonly ViewedTable[]
  readonly locks: readonly ViewedLock[]
  /** Sessions with an open transaction. */
  readonly inTransaction: readonly number[]
  /** By the clock that clients read, in milliseconds since the Unix epoch. */
  readonly nowMs: number
}
