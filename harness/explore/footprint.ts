/**
 * What a step touches, and which steps are independent: in either order, both have the same effect and
 * answer, and leave the same state. Of schedules that differ only in the order of neighbouring independent
 * steps, only one is run (sleep sets: Godefroid, "Partial-Order Methods for the Verification of Concurrent
 * Systems"). These are considered independent:
 *
 * 1. A step that touches nothing: the end of a transaction at READ COMMITTED that only read without locks;
 *    also the begin of one, except relative to the passing of time: PostgreSQL takes the snapshot with the
 *    first statement after the begin, but the transaction's time with the begin.
 * 2. Two reads. Neither changes anything. Only statements that are known to read are reads: `statements.ts`
 *    says which.
 * 3. At READ COMMITTED, a plain read of one client and a write inside another's open transaction: the read
 *    takes no lock and does not see uncommitted data; the write does not see readers. At higher levels this
 *    does not hold, because PostgreSQL then tracks which transaction read what.
 * 4. At READ COMMITTED, statements that touch different tables, if all of them are tables that all strategies
 *    share: these have no foreign keys or triggers between them. A statement that may leave state in its
 *    session is independent of nothing: which session a client gets next depends on which ones were taken
 *    before.
 * 5. Steps on different stores; also Redis commands whose keys share no beginnings. A script, or a command
 *    without keys, may touch any key.
 *
 * Everything else is dependent: two steps of one client, including its death; a step that waited or ended
 * another's wait; several statements in one text, and all that follows them in their session; a failed
 * statement, with everything except the begins and ends of transactions that touch nothing; a deadline that
 * passes, with everything on its store; a death, with everything that PostgreSQL must roll back for it; an
 * event and the end of a call, since a run is over with the last call.
 *
 * The checker also sees when calls began and ended. It only compares the end of one call with the beginning
 * of another, so the order of a beginning and an end is dependent, but that of two beginnings or two ends is
 * not.
 */
import type { Touch } from '../engines/engine.ts'

export interface Footprint {
  /** `everything`: no step is independent of it. */
  readonly touches: readonly Touch[] | 'everything'
  /** Whether a call began with this step. */
  readonly begins: boolean
  /** Whether a call ended with this step's answer. */
  readonly ends: boolean
  /** The client that makes the step, or that the step ends: two steps of one client are never independent. */
  readonly client?: number
}

/** For two steps of different actors. */
export function areIndependent(one: Footprint, other: Footprint): boolean {
  if (one.touches === 'everything' || other.touches === 'everything') return false
  if (one.client !== undefined && one.client === other.client) return false
  if ((one.begins && other.ends) || (one.ends && other.begins)) return false
  const others = other.touches
  return one.touches.every((touch) => others.every((each) => !conflict(touch, each)))
}

/** Whether the order of the two may matter; it never does on different stores. */
function conflict(one: Touch, other: Touch): boolean {
  return one.store === other.store && one.conflictsWith(other)
}

/** Whether a step that touched the second may affect a client that read the first. */
export function concerns(looked: readonly Touch[], touched: Footprint['touches']): boolean {
  if (touched === 'everything') return true
  return looked.some((touch) => touched.some((each) => conflict(touch, each)))
}
