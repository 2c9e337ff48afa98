/**
 * What a step touches, and which steps are independent: whichever of the two goes first, both do and answer
 * the same, and leave the same behind. Of schedules that differ only in the order of neighbouring independent
 * steps, one is run for all of them (sleep sets: Godefroid, "Partial-Order Methods for the Verification of
 * Concurrent Systems"). What is claimed to be independent:
 *
 * 1. A step that touches nothing: the end of a transaction at READ COMMITTED that only read without locks.
 *    And, but for the passing of time, the begin of one: PostgreSQL takes its snapshot with the first
 *    statement after it, and its time with the begin.
 * 2. Two reads. Neither changes anything. Only statements that are known to read are reads: `statements.ts`
 *    says which.
 * 3. At READ COMMITTED, a plain read of one client and a write inside another's open transaction: the read
 *    takes no lock, and does not see what is not committed; the write does not see who reads. At the higher
 *    levels nothing of the kind is claimed, because PostgreSQL notes there who read what.
 * 4. At READ COMMITTED, statements that touch different tables, as long as they touch no others than those
 *    that all strategies share: there is neither a foreign key nor a trigger between these. A statement that
 *    may leave something behind in its session is independent of nothing: which session a client is handed
 *    next depends on who took one before.
 * 5. Steps on different stores; and Redis commands none of whose keys begins as one of the other's. A script,
 *    and a command that names no key, may touch any.
 *
 * Everything else is dependent: two steps of one client, of which its death is one; whatever waited or ended
 * another's wait; several statements in one text, and all that follows them in their session; a statement
 * that failed, with all but the beginnings and ends of transactions that touch nothing; a deadline that
 * passes, with all that is done on its store; a death, with all that PostgreSQL has
 * to roll back for it.
 *
 * The checker sees when calls began and ended, too. It only ever asks whether one had ended before another
 * began, so the order of a beginning and an ending counts as dependent, and that of two beginnings or two
 * endings does not.
 */
import type { Touch } from '../engines/engine.ts'

export interface Footprint {
  /** `everything`: nothing is independent of it. */
  readonly touches: readonly Touch[] | 'everything'
  /** Whether a call began with this step. */
  readonly begins: boolean
  /** Whether a call ended with this step's answer. */
  readonly ends: boolean
  /** The client whose step it is, or whom it ends: two of one client are never independent. */
  readonly client?: number
}

/** Of two steps of different actors. */
export function areIndependent(one: Footprint, other: Footprint): boolean {
  if (one.touches === 'everything' || other.touches === 'everything') return false
  if (one.client !== undefined && one.client === other.client) return false
  if ((one.begins && other.ends) || (one.ends && other.begins)) return false
  const others = other.touches
  return one.touches.every((touch) => others.every((each) => !conflict(touch, each)))
}

/** Whether the order of the two may matter: never on different stores. */
function conflict(one: Touch, other: Touch): boolean {
  return one.store === other.store && one.conflictsWith(other)
}

/** Whether a step that touched the latter may matter to whoever looked at the former. */
export function concerns(looked: readonly Touch[], touched: Footprint['touches']): boolean {
  if (touched === 'everything') return true
  return looked.some((touch) => touched.some((each) => conflict(touch, each)))
}
