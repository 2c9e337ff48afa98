/**
 * The order in which holds were granted, as far as their versions show it, and what follows for the times.
 *
 * Of two holds on one resource, the one with the older version was granted first. So, going from older to
 * newer versions over all resources at once, no hold was granted before the latest first request among itself
 * and all that came before it; and going back, each was granted before the earliest proof among itself and
 * all that came after it. If there is no such order at all, only rule W follows.
 *
 * No false alarm: a version is given by the step that grants the hold, in which no other changes that
 * resource, so the true order of grants is one that agrees. A hold without a known version is left out, and
 * so is the order of two holds that have the same version (that is V).
 */
import { AnswerCode } from '../history/answer-code.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import type { HistoryColumns } from './columns.ts'
import { type Groups, grouped } from './groups.ts'
import { ascending } from './order.ts'

/** Lines with versions; row k is one line. */
interface VersionedLines {
  /** Hold numbers. */
  readonly holds: Int32Array
  /** Resource numbers. */
  readonly resources: Int32Array
  readonly versions: Float64Array
}

/** Why there is no order of grants. */
export type OrderBreach =
  | {
      readonly kind: 'late'
      readonly hold: number
      /** The hold that was granted earlier, but requested too late for that: at `fromUs`. */
      readonly before: number
      readonly fromUs: number
    }
  /** A cycle of holds: each was granted before the next, and the last before the first. */
  | { readonly kind: 'cycle'; readonly holds: readonly number[] }

export interface GrantOrder {
  readonly rows: VersionedLines
  /** The rows of each resource, from older to newer versions. */
  readonly lines: Groups
  readonly breach?: OrderBreach
}

/** When each hold may have been granted at the earliest, and was at the latest; by hold number. */
interface GrantTimes {
  readonly grantedBy: Int32Array
  readonly possibleFromUs: Float64Array
  readonly provenUs: Float64Array
}

/** The relation "was granted before". */
interface Precedence {
  /**
   * Per row the row of the next older version of its resource, and of the next newer one; -1 if there is
   * none.
   */
  readonly older: Int32Array
  readonly newer: Int32Array
  /** Per hold, for how many of its rows the older one has not been passed. */
  readonly waitsFor: Int32Array
  readonly rowsOf: Groups
}

/** Finds the order; if there is one, narrows `times` to what it allows. */
export function orderGrants(history: HistoryColumns, times: GrantTimes): GrantOrder {
  const rows = versionedLines(history, times.grantedBy)
  const { resourceCount } = history
  const lines = grouped(rows.resources, { groupCount: resourceCount, order: ascending(rows.versions) })
  if (rows.holds.length < 2) return { rows, lines }
  const precedence = precedenceOf(history, rows, lines)
  const earliestUs = times.possibleFromUs.slice()
  const { breach, passed } = passForward(times, earliestUs, rows.holds, precedence)
  if (breach !== undefined) return { rows, lines, breach }
  times.possibleFromUs.set(earliestUs)
  passBack(times, passed, rows.holds, precedence)
  return { rows, lines }
}

/** The first granted lines of each hold that have a version: row k is one line. */
function versionedLines(history: HistoryColumns, grantedBy: Int32Array): VersionedLines {
  const holds = new Int32Array(history.lineCount)
  const resources = new Int32Array(history.lineCount)
  const versions = new Float64Array(history.lineCount)
  let count = 0
  for (let hold = 0; hold < grantedBy.length; hold++) {
    const granted = intAt(grantedBy, hold)
    if (granted === -1 || byteAt(history.answer, granted) !== AnswerCode.held) continue
    const end = history.lineEnd(granted)
    for (let line = history.lineStart(granted); line < end; line++) {
      const version = doubleAt(history.lineVersion, line)
      if (Number.isNaN(version)) continue
      holds[count] = hold
      resources[count] = intAt(history.lineResource, line)
      versions[count] = version
      count++
    }
  }
  return {
    holds: holds.subarray(0, count),
    resources: resources.subarray(0, count),
    versions: versions.subarray(0, count),
  }
}

function precedenceOf(
  { holdCount, resourceCount }: HistoryColumns,
  { holds, versions }: VersionedLines,
  lines: Groups,
): Precedence {
  const older = new Int32Array(holds.length).fill(-1)
  const newer = new Int32Array(holds.length).fill(-1)
  const waitsFor = new Int32Array(holdCount)
  for (let resource = 0; resource < resourceCount; resource++) {
    const end = lines.end(resource)
    for (let at = lines.start(resource) + 1; at < end; at++) {
      const one = lines.member(at - 1)
      const other = lines.member(at)
      if (doubleAt(versions, one) === doubleAt(versions, other)) continue
      newer[one] = other
      older[other] = one
      const hold = intAt(holds, other)
      waitsFor[hold] = intAt(waitsFor, hold) + 1
    }
  }
  return { older, newer, waitsFor, rowsOf: grouped(holds, { groupCount: holdCount }) }
}

/**
 * Raises `earliestUs` to the latest first request among a hold and all that came before it. `passed`: every
 * versioned hold, none before one that came before it.
 */
function passForward(
  { possibleFromUs, provenUs }: GrantTimes,
  earliestUs: Float64Array,
  holds: Int32Array,
  precedence: Precedence,
): { readonly breach?: OrderBreach; readonly passed: Int32Array } {
  const { newer, waitsFor, rowsOf } = precedence
  /** The hold whose first request `earliestUs` is. */
  const latestBefore = Int32Array.from(waitsFor, (_, hold) => hold)
  const { ready, count } = holdsThatWaitForNone(precedence)
  let last = count
  for (let passed = 0; passed < last; passed++) {
    const hold = intAt(ready, passed)
    const fromUs = doubleAt(earliestUs, hold)
    const byUs = doubleAt(provenUs, hold)
    // Another rule reports a hold that was proven before it was requested.
    if (fromUs >= byUs && doubleAt(possibleFromUs, hold) < byUs) {
      const before = intAt(latestBefore, hold)
      return { breach: { kind: 'late', hold, before, fromUs }, passed: ready }
    }
    for (let at = rowsOf.start(hold); at < rowsOf.end(hold); at++) {
      const after = intAt(newer, rowsOf.member(at))
      if (after === -1) continue
      const other = intAt(holds, after)
      if (fromUs > doubleAt(earliestUs, other)) {
        earliestUs[other] = fromUs
        latestBefore[other] = intAt(latestBefore, hold)
      }
      const left = intAt(waitsFor, other) - 1
      waitsFor[other] = left
      if (left === 0) ready[last++] = other
    }
  }
  const stuck = waitsFor.findIndex((left) => left > 0)
  const passed = ready.subarray(0, last)
  if (stuck === -1) return { passed }
  return { breach: { kind: 'cycle', holds: cycleFrom(stuck, holds, precedence) }, passed }
}

/** Lowers `provenUs` to the earliest proof among a hold and all that came after it. */
function passBack(
  { provenUs }: GrantTimes,
  passed: Int32Array,
  holds: Int32Array,
  { older, rowsOf }: Precedence,
): void {
  for (let at = passed.length - 1; at >= 0; at--) {
    const hold = intAt(passed, at)
    const byUs = doubleAt(provenUs, hold)
    for (let row = rowsOf.start(hold); row < rowsOf.end(hold); row++) {
      const before = intAt(older, rowsOf.member(row))
      if (before === -1) continue
      const other = intAt(holds, before)
      if (byUs < doubleAt(provenUs, other)) provenUs[other] = byUs
    }
  }
}

/** The first `count` of `ready`, which has room for all. */
function holdsThatWaitForNone({ waitsFor, rowsOf }: Precedence): {
  readonly ready: Int32Array
  readonly count: number
} {
  const ready = new Int32Array(waitsFor.length)
  let count = 0
  for (let hold = 0; hold < waitsFor.length; hold++) {
    if (intAt(waitsFor, hold) === 0 && rowsOf.start(hold) < rowsOf.end(hold)) ready[count++] = hold
  }
  return { ready, count }
}

/** A cycle of holds: each was granted before the next, and the last before the first. */
function cycleFrom(
  stuck: number,
  holds: Int32Array,
  { older, waitsFor, rowsOf }: Precedence,
): readonly number[] {
  const walked: number[] = []
  for (let hold = stuck; ; ) {
    const seen = walked.indexOf(hold)
    if (seen !== -1) return walked.slice(seen).toReversed()
    walked.push(hold)
    // A hold that still waits does so for another one that still waits.
    const before = [...rowsOf.membersOf(hold)]
      .map((row) => intAt(older, row))
      .find((row) => row !== -1 && intAt(waitsFor, intAt(holds, row)) > 0)
    if (before === undefined) return walked
    hold = intAt(holds, before)
  }
}
