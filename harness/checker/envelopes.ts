/**
 * When a hold certainly has its units, and when it may have them.
 *
 * Every operation takes effect at one moment of [invoked, returned). An operation that returned at the microsecond in
 * which another was invoked came before it: invocations are rounded down and returns up.
 *
 * The lower envelope D(h) = [provenUs, certainUntilUs):
 * - It begins with the earliest return that proves the hold exists (`held`, `confirmed`, `released`,
 *   `already-confirmed`; `id-reused`, if no request with this id can have been refused), or with the audit's read. The
 *   grant was before that return, whatever else is unknown.
 * - It never ends once the hold was certainly confirmed, because a sale is not undone. Otherwise it ends with the
 *   earliest invocation of a release that may have had an effect, or with the earliest moment at which the engine's
 *   clock can show the deadline. Before both, nothing can have freed the units.
 *
 * The upper envelope P(h) = [possibleFromUs, possibleUntilUs):
 * - It begins with the earliest invocation that may have granted the hold. No effect precedes its request.
 * - It ends with the earliest return of a release that was acknowledged, or when the engine must have freed the units of
 *   a due hold, whichever is first; never, if the hold was or may have been confirmed, or its deadline is not known.
 *
 * So at every moment D(h) holds whatever the true order was, and P(h) holds at every moment at which h held units.
 * Whatever is not certain widens P and narrows D; it can hide a violation, and cannot invent one.
 *
 * The audit adds certainty only by what it shows. A hold that it does not show may have been granted and forgotten
 * after its end, so absence narrows nothing.
 */
import { Answer, type HistoryColumns } from './columns.ts'
import { type Groups, grouped } from './order.ts'
import { Intervals, Steps } from './steps.ts'

/** Added to ε: what converting a deadline from milliseconds since 1970 in a double can be wrong by, rounded up. */
const ROUNDING_US = 1

const NEVER = Number.POSITIVE_INFINITY

/** Everything the rules share, by hold number, by resource number or by moment. */
export interface Envelopes {
  readonly history: HistoryColumns
  readonly capacities: Float64Array
  /** The operations of each hold. */
  readonly operationsOf: Groups
  /** The operation whose lines are the hold's; -1 where several payloads were sent and it is not known which won. */
  readonly grantedBy: Int32Array
  /** The earliest invocation of any operation that may have granted it; never where none may. */
  readonly possibleFromUs: Float64Array
  readonly possibleUntilUs: Float64Array
  /** From when on it certainly existed; never where nothing proves it. */
  readonly provenUs: Float64Array
  readonly certainUntilUs: Float64Array
  /** The earliest moment at which it can be found expired; minus infinity where the deadline is not known. */
  readonly dueFromUs: Float64Array
  /** The last moment at which it can still be found live; never where the deadline is not known. */
  readonly liveUntilUs: Float64Array
  /** 1 where it was certainly confirmed. */
  readonly sold: Uint8Array
  /** Where each hold stands in the audit; -1 where it does not. */
  readonly auditOf: Int32Array
  readonly certain: Intervals
  readonly certainSteps: Steps
  readonly possible: Intervals
  readonly possibleSteps: Steps
}

export function envelopes(history: HistoryColumns): Envelopes {
  const { holdCount, resourceCount, audit, stored } = history
  const operationsOf = grouped(history.hold.subarray(0, history.count), { groupCount: holdCount })
  const grantedBy = new Int32Array(holdCount).fill(-1)
  const possibleFromUs = new Float64Array(holdCount).fill(NEVER)
  const possibleUntilUs = new Float64Array(holdCount).fill(NEVER)
  const provenUs = new Float64Array(holdCount).fill(NEVER)
  const certainUntilUs = new Float64Array(holdCount).fill(NEVER)
  const dueFromUs = new Float64Array(holdCount).fill(Number.NEGATIVE_INFINITY)
  const liveUntilUs = new Float64Array(holdCount).fill(NEVER)
  const sold = new Uint8Array(holdCount)
  const auditOf = new Int32Array(holdCount).fill(-1)
  stored.hold.forEach((hold, at) => {
    if (auditOf[hold] === -1) auditOf[hold] = at
  })
  const certain = new Intervals(history.lineCount)
  const possible = new Intervals(history.lineCount)
  const offsetMs = history.header?.clock.offsetMs ?? 0
  const errorUs = (history.header?.clock.errorMs ?? 0) * 1_000 + ROUNDING_US
  const freesLateUs = (history.header?.freesLateMs ?? 0) * 1_000

  const addIntervals = (
    to: Intervals,
    from: { readonly operation: number; readonly startUs: number; readonly endUs: number },
  ) => {
    const { operation, startUs, endUs } = from
    const end = history.firstLine[operation + 1] ?? 0
    for (let line = history.firstLine[operation] ?? 0; line < end; line++) {
      const resource = history.lineResource[line] ?? 0
      const units = history.lineUnits[line] ?? 0
      to.add({ resource, hold: history.hold[operation] ?? 0, units, startUs, endUs })
    }
  }

  for (let hold = 0; hold < holdCount; hold++) {
    const begin = operationsOf.first[hold] ?? 0
    const end = operationsOf.first[hold + 1] ?? 0
    let granted = -1
    let candidate = -1
    let severalPayloads = false
    let proven = NEVER
    let reusedBy = NEVER
    let mayBeRefused = false
    let confirmed = false
    let maybeConfirmed = false
    let releaseFrom = NEVER
    let releasedBy = NEVER
    for (let at = begin; at < end; at++) {
      const operation = operationsOf.members[at] ?? 0
      const invoked = history.invokedUs[operation] ?? 0
      const returned = history.returnedUs[operation] ?? 0
      switch (history.answer[operation]) {
        case Answer.held:
          if (granted === -1) granted = operation
          if (returned < proven) proven = returned
          break
        case Answer.soldOut:
          mayBeRefused = true
          break
        case Answer.idReused:
          if (returned < reusedBy) reusedBy = returned
          break
        case Answer.holdUnknown:
          mayBeRefused = true
          if (candidate === -1) candidate = operation
          else if (!history.sameLines(candidate, operation)) severalPayloads = true
          break
        case Answer.confirmed:
          confirmed = true
          if (returned < proven) proven = returned
          break
        case Answer.alreadyConfirmed:
          confirmed = true
          if (returned < proven) proven = returned
          break
        case Answer.confirmUnknown:
          maybeConfirmed = true
          break
        case Answer.released:
          if (invoked < releaseFrom) releaseFrom = invoked
          if (returned < releasedBy) releasedBy = returned
          if (returned < proven) proven = returned
          break
        case Answer.releaseUnknown:
          if (invoked < releaseFrom) releaseFrom = invoked
          break
        default: // a definite refusal had no effect
      }
    }
    const inStore = auditOf[hold] ?? -1
    if (audit !== undefined && inStore !== -1) {
      if (stored.status[inStore] === 'confirmed') confirmed = true
      if (audit.takenUs < proven) proven = audit.takenUs
    }
    // The id was known by then, and not from a refusal.
    if (granted !== -1 && !mayBeRefused && reusedBy < proven) proven = reusedBy
    if (granted === -1 && !severalPayloads) granted = candidate

    const deadlineMs =
      history.answer[granted] === Answer.held ? history.deadlineMs[granted] : stored.deadlineMs[inStore]
    if (deadlineMs !== undefined) {
      const deadlineUs = (deadlineMs - offsetMs) * 1_000
      dueFromUs[hold] = deadlineUs - errorUs
      liveUntilUs[hold] = deadlineUs + errorUs
    }
    const dueFrom = dueFromUs[hold] ?? 0
    const freedBy = (liveUntilUs[hold] ?? NEVER) + freesLateUs
    const certainUntil = confirmed ? NEVER : Math.min(releaseFrom, dueFrom)
    const possibleUntil = confirmed ? NEVER : Math.min(releasedBy, maybeConfirmed ? NEVER : freedBy)

    let possibleFrom = NEVER
    for (let at = begin; at < end; at++) {
      const operation = operationsOf.members[at] ?? 0
      const answer = history.answer[operation]
      if (answer !== Answer.held && answer !== Answer.holdUnknown) continue
      if (granted !== -1 && !history.sameLines(granted, operation)) continue
      const invoked = history.invokedUs[operation] ?? 0
      if (invoked < possibleFrom) possibleFrom = invoked
      // Of several payloads at most one won; counting each is more than any of them.
      if (granted === -1) addIntervals(possible, { operation, startUs: invoked, endUs: possibleUntil })
    }
    if (granted !== -1 && possibleFrom < possibleUntil) {
      addIntervals(possible, { operation: granted, startUs: possibleFrom, endUs: possibleUntil })
    }
    if (granted !== -1 && proven < certainUntil) {
      addIntervals(certain, { operation: granted, startUs: proven, endUs: certainUntil })
    }
    grantedBy[hold] = granted
    possibleFromUs[hold] = possibleFrom
    possibleUntilUs[hold] = possibleUntil
    provenUs[hold] = proven
    certainUntilUs[hold] = certainUntil
    sold[hold] = confirmed ? 1 : 0
  }

  return {
    history,
    capacities: history.capacities(),
    operationsOf,
    grantedBy,
    possibleFromUs,
    possibleUntilUs,
    provenUs,
    certainUntilUs,
    dueFromUs,
    liveUntilUs,
    sold,
    auditOf,
    certain,
    certainSteps: new Steps(certain, resourceCount),
    possible,
    possibleSteps: new Steps(possible, resourceCount),
  }
}
