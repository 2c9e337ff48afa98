/**
 * When a hold certainly has its units, and when it may have them.
 *
 * Every operation takes effect at one moment of [invoked, returned). An operation that returned at the
 * microsecond in which another was invoked came before it: invocations are rounded down and returns up.
 *
 * The lower envelope D(h) = [provenUs, certainUntilUs):
 * - It begins with the earliest return that proves the hold exists (`held`, `confirmed`, `released`,
 *   `already-confirmed`; `id-reused`, if no request with this id can have been refused), or with the
 *   audit's read. The grant was before that return, whatever else is unknown.
 * - It never ends once the hold was certainly confirmed, because a sale is not undone. Otherwise it ends
 *   with the earliest invocation of a release that may have had an effect, or with the earliest moment at
 *   which the engine's clock can show the deadline. Before both, nothing can have freed the units.
 *
 * The upper envelope P(h) = [possibleFromUs, possibleUntilUs):
 * - It begins with the earliest invocation that may have granted the hold. No effect precedes its request.
 * - It ends with the earliest return of a release that was acknowledged, or when the engine must have freed
 *   the units of a due hold, whichever is first; never, if the hold was or may have been confirmed, or its
 *   deadline is not known.
 *
 * So at every moment of D(h) the hold had its units, whatever the true order was, and it had them at no
 * moment outside P(h). Whatever is not certain widens P and narrows D; it can hide a violation, and cannot
 * invent one.
 *
 * The audit adds certainty only by what it shows. A hold that it does not show may have been granted, and
 * deleted after its end, so absence narrows nothing.
 */
import type { HistoryHeader } from '../history/record.ts'
import { AnswerCode, mayGrant } from './answer-code.ts'
import { byteAt, doubleAt, intAt, itemAt } from './at.ts'
import type { HistoryColumns } from './columns.ts'
import { type Groups, grouped } from './groups.ts'
import { Intervals, Steps } from './steps.ts'
import { HoldSummary } from './summary.ts'

/** Added to ε, in microseconds: the error of converting milliseconds since 1970 in a double, rounded up. */
const ROUNDING_US = 1

const NEVER = Number.POSITIVE_INFINITY

/**
 * By hold number. All `...Us` are microseconds of the history's clock, and infinity where it never happens.
 */
interface HoldBounds {
  /**
   * The operation whose lines are the hold's; -1 where several payloads were sent and it is not known which
   * won.
   */
  readonly grantedBy: Int32Array
  /** The earliest invocation of any operation that may have granted the hold. */
  readonly possibleFromUs: Float64Array
  /** When its units are certainly free again. */
  readonly possibleUntilUs: Float64Array
  /** The earliest moment at which it certainly existed. */
  readonly provenUs: Float64Array
  /** The earliest moment at which its units may be free again. */
  readonly certainUntilUs: Float64Array
  /** The earliest moment at which it can be found expired; minus infinity where the deadline is not known. */
  readonly dueFromUs: Float64Array
  /** The last moment at which it can still be found live; infinity where the deadline is not known. */
  readonly liveUntilUs: Float64Array
  /** 1 where it was certainly confirmed, 0 elsewhere. */
  readonly sold: Uint8Array
  /** The place of the hold in the audit; -1 where the audit does not show it. */
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
  const certain = new Intervals(history.lineCount)
  const possible = new Intervals(history.lineCount)
  const bounds = unbounded(history)
  const draft: Draft = { ...bounds, history, header, operationsOf, certain, possible }
  const summary = new HoldSummary()
  for (let hold = 0; hold < holdCount; hold++) {
    boundHold(draft, hold, summary.read(history, operationsOf, hold))
  }
  return {
    ...draft,
    capacities: history.capacities(header),
    certainSteps: new Steps(certain, resourceCount),
    possibleSteps: new Steps(possible, resourceCount),
  }
}

type Draft = Omit<Envelopes, 'capacities' | 'certainSteps' | 'possibleSteps'>

/** What is true of a hold about which nothing is known, for every hold; and where the audit shows it. */
function unbounded({ holdCount, stored }: HistoryColumns): HoldBounds {
  const auditOf = new Int32Array(holdCount).fill(-1)
  stored.hold.forEach((hold, at) => {
    if (auditOf[hold] === -1) auditOf[hold] = at
  })
  return {
    grantedBy: new Int32Array(holdCount).fill(-1),
    possibleFromUs: new Float64Array(holdCount).fill(NEVER),
    possibleUntilUs: new Float64Array(holdCount).fill(NEVER),
    provenUs: new Float64Array(holdCount).fill(NEVER),
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
  const confirmed =
    summary.confirmed || (inStore !== -1 && itemAt(history.stored.status, inStore) === 'confirmed')
  const grantedBy = grantOf(summary)
  draft.grantedBy[hold] = grantedBy
  draft.sold[hold] = confirmed ? 1 : 0
  draft.provenUs[hold] = provenFrom(draft, inStore, summary)
  boundDeadline(draft, hold)

  const freedByUs = doubleAt(draft.liveUntilUs, hold) + header.freesLateMs * 1_000
  const mayBeConfirmed = summary.confirmFromUs < NEVER
  draft.certainUntilUs[hold] = confirmed
    ? NEVER
    : Math.min(summary.releaseFromUs, doubleAt(draft.dueFromUs, hold))
  draft.possibleUntilUs[hold] = confirmed
    ? NEVER
    : Math.min(summary.releasedByUs, mayBeConfirmed ? NEVER : freedByUs)

  addPossible(draft, hold)
  addCertain(draft, hold)
}

/**
 * The operation whose lines are the hold's; -1 without a request, or where it is not known which of several
 * won.
 */
function grantOf({ heldOperation, unknownRequest, unknownRequestsDiffer }: HoldSummary): number {
  if (heldOperation !== -1) return heldOperation
  return unknownRequestsDiffer ? -1 : unknownRequest
}

function provenFrom({ history: { audit } }: Draft, inStore: number, summary: HoldSummary): number {
  let provenUs = summary.provenUs
  if (audit !== undefined && inStore !== -1 && audit.takenUs < provenUs) provenUs = audit.takenUs
  // The id was known by then, and not from a refusal.
  const reuseProves = summary.heldOperation !== -1 && !summary.mayBeRefused
  return reuseProves && summary.reusedByUs < provenUs ? summary.reusedByUs : provenUs
}

/** Leaves the deadline unbounded where neither the answer nor the audit names one. */
function boundDeadline(draft: Draft, hold: number): void {
  const deadlineMs = deadlineOf(draft, hold)
  if (deadlineMs === undefined) return
  const { offsetMs, errorMs } = draft.header.clock
  const deadlineUs = (deadlineMs - offsetMs) * 1_000
  const errorUs = errorMs * 1_000 + ROUNDING_US
  draft.dueFromUs[hold] = deadlineUs - errorUs
  draft.liveUntilUs[hold] = deadlineUs + errorUs
}

/** As it was told or else as it is stored: by the engine's clock, milliseconds since the epoch. */
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

/**
 * Of several payloads at most one won; counting each of them is more than any one, so it is no false alarm.
 */
function addPossible(draft: Draft, hold: number): void {
  const { history, operationsOf, possible, possibleFromUs } = draft
  const granted = intAt(draft.grantedBy, hold)
  const endUs = doubleAt(draft.possibleUntilUs, hold)
  let startUs = NEVER
  const end = operationsOf.end(hold)
  for (let at = operationsOf.start(hold); at < end; at++) {
    const operation = operationsOf.member(at)
    if (!mayGrant(byteAt(history.answer, operation))) continue
    if (granted !== -1 && !history.sameLines(granted, operation)) continue
    const invokedUs = doubleAt(history.invokedUs, operation)
    if (invokedUs < startUs) startUs = invokedUs
    // A request after the hold's end took nothing: an interval that ends before it starts would count
    // backwards.
    if (granted === -1 && invokedUs < endUs) {
      addLines(history, operation, { to: possible, startUs: invokedUs, endUs })
    }
  }
  possibleFromUs[hold] = startUs
  if (granted !== -1 && startUs < endUs) addLines(history, granted, { to: possible, startUs, endUs })
}

function addCertain({ history, grantedBy, provenUs, certainUntilUs, certain }: Draft, hold: number): void {
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
