/**
 * Requests and answers: the checker sees nothing else.
 *
 * A history is a header, then operations and readings of the engine's clock in any order, then at most one
 * audit. On disk it is JSONL, one record a line, and its last line is a seal. All `...Us` are whole
 * microseconds of one monotonic clock shared by every process of the host. An invocation is rounded down and
 * a return up, so that rounding can only widen an operation and never invents a violation.
 */
import type { LineRecord, StoredHold } from '../../strategies/ledgers/ledger.ts'
import type { ContendedReason, HoldId, ResourceId } from '../../strategies/strategy.ts'

export type { LineRecord, StoredStatus } from '../../strategies/ledgers/ledger.ts'

/** One line of a history. */
export type HistoryRecord = HistoryHeader | Operation | ClockRecord | AuditRecord

/** What was run, and what the checker must know about the engine. */
export interface HistoryHeader {
  readonly type: 'history'
  /**
   * 2: the writer of the history states that nothing is missing; on disk, a seal proves it. 1: an older
   * history, without a seal, of which a line may be lost.
   */
  readonly format: 1 | 2
  readonly strategy: string
  readonly workload: string
  readonly seed: number
  /** ISO 8601, wall clock: for the reader only. */
  readonly startedAt: string
  /** Every resource that the history may name, with its capacity in units. */
  readonly resources: readonly { readonly id: ResourceId; readonly capacity: number }[]
  readonly clock: EngineClock
  /** λ: how long after the deadline a caller may still find the units of a hold taken. 0 for lazy expiry. */
  readonly freesLateMs: number
  /**
   * What the strategy promises about refusals. With `spurious`, a false sold-out is counted, not a violation.
   */
  readonly refusals: 'exact' | 'spurious'
}

/** How the engine's clock, in which deadlines are given, relates to the clock that stamps operations. */
export interface EngineClock {
  /** Engine time (milliseconds since the epoch) minus monotonic time (milliseconds). */
  readonly offsetMs: number
  /** ε: the error bound of the offset at any time of this history, including drift. */
  readonly errorMs: number
  /**
   * The history counts steps instead of time, so that a deadline does not follow from a time to live. By
   * default it does.
   */
  readonly isStepped?: boolean
}

/** A reading of the engine's clock during the operations, to check it against the header. */
export interface ClockRecord {
  readonly type: 'clock'
  /** When the reading ended. */
  readonly readUs: number
  /** As in `EngineClock`, at this moment. */
  readonly offsetMs: number
  /** The error bound of this reading. */
  readonly errorMs: number
}

/** The last line of a history on disk, from format 2 on. Readers check it and do not pass it on. */
export interface SealRecord {
  readonly type: 'seal'
  /** How many records come before it. */
  readonly records: number
  /** Of all bytes before this line. */
  readonly crc32: number
}

interface Interval {
  readonly type: 'operation'
  /** The caller, which makes one call at a time. A buyer that makes concurrent calls uses several numbers. */
  readonly process: number
  readonly invokedUs: number
  /** For an unknown outcome: when the caller stopped waiting. The effect may come later. */
  readonly returnedUs: number
}

/** A request for a hold, and its answer. */
export type HoldOperation = Interval & {
  readonly op: 'hold'
  readonly holdId: HoldId
  /** At least one, and no two of the same resource. */
  readonly lines: readonly LineRecord[]
  readonly ttlMs: number
} & (
    | {
        readonly result: 'ok'
        /** By the engine's clock, milliseconds since the epoch. */
        readonly deadlineMs: number
        /** The version of each line's resource, in the order of `lines`; absent where the engine has none. */
        readonly versions?: readonly number[]
        readonly attempts: number
      }
    | {
        readonly result: 'fail'
        readonly why: 'sold-out'
        readonly resourceId: ResourceId
        readonly attempts: number
      }
    | {
        readonly result: 'fail'
        readonly why: 'contended'
        readonly reason: ContendedReason
        readonly attempts: number
      }
    | { readonly result: 'fail'; readonly why: 'id-reused' }
    | Unknown
  )

/** A request to confirm a hold, and its answer. */
export type ConfirmOperation = Interval & { readonly op: 'confirm'; readonly holdId: HoldId } & (
    | { readonly result: 'ok' }
    | { readonly result: 'fail'; readonly why: 'gone' }
    | Unknown
  )

/** A request to release a hold, and its answer. */
export type ReleaseOperation = Interval & { readonly op: 'release'; readonly holdId: HoldId } & (
    | { readonly result: 'ok' }
    | { readonly result: 'fail'; readonly why: 'already-confirmed' | 'gone' }
    | Unknown
  )

/** A read of several resources is recorded as one operation; each resource's figure is judged by itself. */
export type AvailabilityOperation = Interval & { readonly op: 'availability' } & (
    | {
        readonly result: 'ok'
        readonly available: readonly (readonly [resourceId: ResourceId, units: number])[]
      }
    | Unknown
  )

/** The caller cannot tell what happened: `error` is its one-line reason. */
interface Unknown {
  readonly result: 'info'
  readonly error: string
}

/** One call of one caller. */
export type Operation = HoldOperation | ConfirmOperation | ReleaseOperation | AvailabilityOperation

/** What raw reads of the engine's own store showed after every caller had ended. */
export interface AuditRecord {
  readonly type: 'audit'
  /** When the read began. */
  readonly takenUs: number
  /**
   * False if the store itself was not read, because its layout is unknown: then only `complaints` may have
   * contents.
   */
  readonly isStoreRead?: false
  /** Per resource: units that the store itself counts as taken by held and confirmed holds. */
  readonly resources: readonly { readonly id: ResourceId; readonly taken: number }[]
  /** Every hold the store has a record of. */
  readonly holds: readonly StoredHold[]
  /**
   * What the auditor found wrong inside the store, one sentence each: counters against rows, torn holds,
   * stray locks; units that cannot be held although no other caller is active.
   */
  readonly complaints: readonly string[]
  /**
   * What could still be held afterwards, tried through the strategy itself; empty where no probe was made.
   */
  readonly probes: readonly {
    readonly resourceId: ResourceId
    /** Capacity minus confirmed units minus live holds at rest. */
    readonly unitsExpected: number
    /** How many units a hold of exactly that many got: `unitsExpected`, or 0. */
    readonly unitsHeld: number
    /** Whether one unit more was refused as sold out. */
    readonly oneMoreRefused: boolean
  }[]
}
