/**
 * When a hold certainly has its units, and when it may have them.
 *
 * Every operation takes effect at one moment of [invoked, returned). An operation that returned at the
 * microsecond in which another was invoked came before it: invocations are rounded down and returns up.
 *
 * The lower envelope D(h) = [provenUs, certainUntilUs):
 * - It begins with the earliest return that proves the hold exists (`held`, `confirmed`, `released`,
 *   `already-confirmed`; `id-reused`, if no request with this id can have been refused), or with the
 *   audit's read; or with the deadline's latest moment, if the hold was certainly confirmed or released,
 *   which only a live hold can be. The grant was before that, whatever else is unknown.
 * - It never ends once the hold was certainly confirmed, because a sale is not undone. Otherwise it ends
 *   with the earliest invocation of a release that may have had an effect, or with the earliest moment at
 *   which the engine's clock can show the deadline. Before both, nothing can have freed the units. What a
 *   release certainly ended did not expire, so its deadline ends nothing.
 *
 * The upper envelope P(h) = [possibleFromUs, possibleUntilUs):
 * - It begins with the earliest invocation that may have granted the hold. No effect precedes its request.
 * - It ends with the earliest return of a release that was acknowledged, or when the engine must have freed
 *   the units of a due hold, whichever is first; never, if the hold was or may have been confirmed, or its
 *   deadline is not known.
 *
 * If versions give the order of grants, a hold granted before another one was granted before that one's
 * proof, and a hold granted after another one not before that one's first request (`grant-order.ts`).
 *
 * So at every moment of D(h) the hold had its units, whatever the true order was, and it had them at no
 * moment outside P(h). Uncertainty widens P and narrows D; it can hide a violation, and cannot invent one.
 *
 * The audit adds certainty only by what it shows: what is stored as held or as expired was not released, and
 * what is stored as released or as expired was not confirmed, so a request for that, of unknown outcome, had
 * no effect. A hold that it does not show may have been granted, and
 * deleted after its end, so absence narrows nothing.
 */

import { AnswerCode, mayGrant } from '../history/answer-code.ts'
import type { HistoryHeader, StoredStatus } from '../history/record.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import type { HistoryColumns } from './columns.ts'
import { decidedFromUs, ROUNDING_US } from './deadline-grain.ts'
import { type GrantOrder, orderGrants } from './grant-order.ts'
import { type Groups, grouped } from './groups.ts'
import { Intervals, Steps } from './steps.ts'
import { HoldSummary } from './summary.ts'

const NEVER = Number.POSITIVE_INFINITY

/**
 * By hold number. All `...Us` are microseconds of the history's clock, and infinity where it never happens.
 */
interface HoldBounds {
  /**
   * The operation whose lines are the hold's; -1 if several payloads were sent and it is unknown which one
   * won.
   */
  readonly grantedBy: Int32Array
  /** The earliest moment at which it can have been granted. */
  readonly possibleFromUs: Float64Array
  /** When its units are certainly free again. */
  readonly possibleUntilUs: Float64Array
  /** The earliest moment at which it certainly existed. */
  readonly provenUs: Float64Array
  /** By when its deadline was certainly decided: its units may have been taken before. */
  readonly decidedUs: Float64Array
  /** The earliest moment at which its units may be free again. */
  readonly certainUntilUs: Float64Array
  /** The earliest moment at which it can be found expired; minus infinity if the deadline is unknown. */
  readonly dueFromUs: Float64Array
  /** The last moment at which it can still be found live; infinity if the deadline is unknown. */
  readonly liveUntilUs: Float64Array
  /** 1 if it was certainly confirmed, otherwise 0. */
  readonly sold: Uint8Array
  /** The place of the hold in the audit; -1 if the audit does not show it. */
  readonly auditOf: Int32Array
}

/** Everything that the rules share, by hold number, by resource number or by moment. */
export interface Envelopes extends HoldBounds {
  readonly history: HistoryColumns
  readonly header: HistoryHeader
  /** Units by resource number. */
  readonly capacities: Float64Array
  /** The operations of each hold. */
  readonly operationsOf: Groups
  /** What versions say about the order of grants. */
  readonly order: GrantOrder
  /** The lower envelope of each line, and the units that they take together. */
  readonly certain: Intervals
  readonly certainSteps: Steps
  /** The upper envelope of each line, and the units that they take together. */
  readonly possible: Intervals
  readonly possibleSteps: Steps
}

/** Derives the envelopes of a complete history. Nothing may be added to it afterwards. */
export function envelopes(history: HistoryColumns, header: HistoryHeader): Envelopes {
  const { holdCount, resourceCount } = history
  const operationsOf = grouped(history.hold.subarray(0, history.count), { groupCount: holdCount })
  const bounds = unbounded(history)
  const draft: Draft = { ...bounds, history, header, operationsOf }
  const summary = new HoldSummary()
  for (let hold = 0; hold < holdCount; hold++) {
    boundHold(draft, hold, summary.read(history, operationsOf, hold))
  }
  const order = orderGrants(history, bounds)
  const certain = new Intervals(history.lineCount)
  const possible = new Intervals(history.lineCount)
  for (let hold = 0; hold < holdCount; hold++) {
    addPossible(draft, possible, hold)
    addCertain(draft, certain, hold)
  }
  return {
    ...draft,
    capacities: history.capacities(header),
    order,
    certain,
    certainSteps: new Steps(certain, resourceCount, history.soldBefore),
    possible,
    possibleSteps: new Steps(possible, resourceCount, history.soldBefore),
  }
}

type Draft = HoldBounds & Pick<Envelopes, 'history' | 'header' | 'operationsOf'>

/** Initialises every hold as one about which nothing is known, and notes where the audit shows it. */
function unbounded({ holdCount, stored }: HistoryColumns): HoldBounds {
  const auditOf = new Int32Array(holdCount).fill(-1)
  for (let at = 0; at < stored.count; at++) {
    const hold = intAt(stored.hold, at)
    if (auditOf[hold] === -1) auditOf[hold] = at
  }
  return {
    grantedBy: new Int32Array(holdCount).fill(-1),
    possibleFromUs: new Float64Array(holdCount).fill(NEVER),
    possibleUntilUs: new Float64Array(holdCount).fill(NEVER),
    provenUs: new Float64Array(holdCount).fill(NEVER),
    decidedUs: new Float64Array(holdCount).fill(NEVER),
    certainUntilUs: new Float64Array(holdCount).fill(NEVER),
    dueFromUs: new Float64Array(holdCount).fill(Number.NEGATIVE_INFINITY),
    liveUntilUs: new Float64Array(holdCount).fill(NEVER),
    sold: new Uint8Array(holdCount),
    auditOf,
  }
}

function boundHold(draft: Draft, hold: number, summary: HoldSummary): void {
  const { history, header, auditOf } = draft
  const inStore = intAt(auditOf, hold)
  const status = inStore === -1 ? undefined : history.stored.status(inStore)
  draft.grantedBy[hold] = grantOf(draft, hold, summary)
  draft.possibleFromUs[hold] = askedFrom(draft, hold)
  boundDeadline(draft, hold)
  const end = endOf(summary, status, decidedFrom(draft, hold))
  draft.sold[hold] = end.confirmed ? 1 : 0
  const decidedUs = decidedBy(draft, hold, { end, summary })
  draft.decidedUs[hold] = decidedUs
  // An id that is known, and not from a refusal, has its units.
  const reuseProves = summary.heldOperation !== -1 && !summary.mayBeRefused
  draft.provenUs[hold] = reuseProves ? Math.min(decidedUs, summary.reusedByUs) : decidedUs

  const liveUntilUs = doubleAt(draft.liveUntilUs, hold)
  const freedByUs = liveUntilUs + header.freesLateMs * 1_000
  // A release that comes too late only breaks L.
  const dueFromUs = end.released && end.releaseFromUs <= liveUntilUs ? NEVER : doubleAt(draft.dueFromUs, hold)
  draft.certainUntilUs[hold] = end.confirmed ? NEVER : Math.min(end.releaseFromUs, dueFromUs)
  draft.possibleUntilUs[hold] = end.confirmed
    ? NEVER
    : Math.min(summary.releasedByUs, end.mayBeConfirmed ? NEVER : freedByUs)
}

/** How a hold ended, or may have. */
interface HoldEnd {
  readonly confirmed: boolean
  readonly mayBeConfirmed: boolean
  readonly released: boolean
  /** The earliest moment at which it can have been released, or confirmed; infinity if it cannot. */
  readonly releaseFromUs: number
  readonly confirmFromUs: number
}

/** The store shows whether requests of unknown outcome had their effect. */
function endOf(summary: HoldSummary, status: StoredStatus | undefined, decidedFromUs: number): HoldEnd {
  const wasNotReleased = !summary.released && (status === 'held' || status === 'expired')
  const wasNotConfirmed = status === 'released' || status === 'expired'
  return {
    confirmed: summary.confirmed || status === 'confirmed',
    mayBeConfirmed: summary.confirmFromUs < NEVER && !wasNotConfirmed,
    released: summary.released || (status === 'released' && summary.releaseFromUs < NEVER),
    releaseFromUs: wasNotReleased ? NEVER : Math.max(summary.releaseFromUs, decidedFromUs),
    confirmFromUs: summary.confirmFromUs,
  }
}

/**
 * The earliest moment at which the deadline of a hold of unknown outcome can have been decided, as far as the
 * store shows it: the time to live before the deadline. A hold without a deadline cannot be released yet.
 */
function decidedFrom({ history, header, auditOf, grantedBy, operationsOf }: Draft, hold: number): number {
  const inStore = intAt(auditOf, hold)
  const granted = intAt(grantedBy, hold)
  if (inStore === -1 || granted === -1 || header.clock.isStepped === true) return Number.NEGATIVE_INFINITY
  if (byteAt(history.answer, granted) === AnswerCode.held) return Number.NEGATIVE_INFINITY
  let ttlMs = 0
  const end = operationsOf.end(hold)
  for (let at = operationsOf.start(hold); at < end; at++) {
    const operation = operationsOf.member(at)
    if (!mayGrant(byteAt(history.answer, operation)) || !history.sameLines(granted, operation)) continue
    ttlMs = Math.max(ttlMs, history.ttlMs.at(operation))
  }
  return decidedFromUs(doubleAt(history.stored.deadlineMs, inStore), ttlMs, header.clock)
}

/**
 * The operation whose lines are the hold's; -1 without a request, or if it is unknown which of several won.
 */
function grantOf({ history, auditOf, operationsOf }: Draft, hold: number, summary: HoldSummary): number {
  const { heldOperation, unknownRequest, unknownRequestsDiffer } = summary
  if (heldOperation !== -1) return heldOperation
  if (!unknownRequestsDiffer) return unknownRequest
  const inStore = intAt(auditOf, hold)
  if (inStore === -1) return -1
  const end = operationsOf.end(hold)
  for (let at = operationsOf.start(hold); at < end; at++) {
    const operation = operationsOf.member(at)
    if (mayGrant(byteAt(history.answer, operation)) && history.asksStoredLines(operation, inStore))
      return operation
  }
  return -1
}

function decidedBy(
  { history: { audit }, auditOf, liveUntilUs }: Draft,
  hold: number,
  { end, summary }: { readonly end: HoldEnd; readonly summary: HoldSummary },
): number {
  let decidedUs = summary.provenUs
  if (audit !== undefined && intAt(auditOf, hold) !== -1) decidedUs = Math.min(decidedUs, audit.takenUs)
  // A hold that was confirmed or released was live at some moment of that call, and so before its deadline.
  const endedFromUs = end.confirmed ? end.confirmFromUs : end.released ? end.releaseFromUs : NEVER
  const liveByUs = doubleAt(liveUntilUs, hold)
  return endedFromUs <= liveByUs ? Math.min(decidedUs, liveByUs) : decidedUs
}

/** Leaves the deadline unbounded if neither the answer nor the audit names one. */
function boundDeadline(draft: Draft, hold: number): void {
  const deadlineMs = deadlineOf(draft, hold)
  if (deadlineMs === undefined) return
  const { offsetMs, errorMs } = draft.header.clock
  const deadlineUs = (deadlineMs - offsetMs) * 1_000
  const errorUs = errorMs * 1_000 + ROUNDING_US
  draft.dueFromUs[hold] = deadlineUs - errorUs
  draft.liveUntilUs[hold] = deadlineUs + errorUs
}

/** As answered, or otherwise as stored: by the engine's clock, milliseconds since the epoch. */
export function deadlineOf(
  { history, grantedBy, auditOf }: Pick<Envelopes, 'history' | 'grantedBy' | 'auditOf'>,
  hold: number,
): number | undefined {
  const granted = intAt(grantedBy, hold)
  if (granted !== -1 && byteAt(history.answer, granted) === AnswerCode.held) {
    return doubleAt(history.deadlineMs, granted)
  }
  const inStore = intAt(auditOf, hold)
  return inStore === -1 ? undefined : doubleAt(history.stored.deadlineMs, inStore)
}

/** The earliest invocation of any operation that may have granted the hold. */
function askedFrom({ history, operationsOf, grantedBy }: Draft, hold: number): number {
  const granted = intAt(grantedBy, hold)
  let askedUs = NEVER
  const end = operationsOf.end(hold)
  for (let at = operationsOf.start(hold); at < end; at++) {
    const operation = operationsOf.member(at)
    if (!mayGrant(byteAt(history.answer, operation))) continue
    if (granted !== -1 && !history.sameLines(granted, operation)) continue
    askedUs = Math.min(askedUs, doubleAt(history.invokedUs, operation))
  }
  return askedUs
}

/**
 * At most one of several payloads won; counting all of them is more than any one, so there is no false alarm.
 */
function addPossible(draft: Draft, possible: Intervals, hold: number): void {
  const { history, operationsOf, possibleFromUs } = draft
  const granted = intAt(draft.grantedBy, hold)
  const endUs = doubleAt(draft.possibleUntilUs, hold)
  if (granted !== -1) {
    const startUs = doubleAt(possibleFromUs, hold)
    if (startUs < endUs) addLines(history, granted, { to: possible, startUs, endUs })
    return
  }
  const end = operationsOf.end(hold)
  for (let at = operationsOf.start(hold); at < end; at++) {
    const operation = operationsOf.member(at)
    if (!mayGrant(byteAt(history.answer, operation))) continue
    const startUs = doubleAt(history.invokedUs, operation)
    // A request after the hold's end took nothing: an interval that ends before it starts would count
    // backwards.
    if (startUs < endUs) addLines(history, operation, { to: possible, startUs, endUs })
  }
}

function addCertain(
  { history, grantedBy, provenUs, certainUntilUs }: Draft,
  certain: Intervals,
  hold: number,
): void {
  const granted = intAt(grantedBy, hold)
  const startUs = doubleAt(provenUs, hold)
  const endUs = doubleAt(certainUntilUs, hold)
  if (granted !== -1 && startUs < endUs) addLines(history, granted, { to: certain, startUs, endUs })
}

function addLines(
  history: HistoryColumns,
  operation: number,
  { to, startUs, endUs }: { readonly to: Intervals; readonly startUs: number; readonly endUs: number },
): void {
  const hold = intAt(history.hold, operation)
  const end = history.lineEnd(operation)
  for (let line = history.lineStart(operation); line < end; line++) {
    const resource = intAt(history.lineResource, line)
    to.add({ resource, hold, units: doubleAt(history.lineUnits, line), startUs, endUs })
  }
}
