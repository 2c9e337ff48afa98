/**
 * W: is there an order of the grants that agrees with versions and with time?
 *
 * Of two holds on one resource, the one with the older version was granted first. And each hold was granted
 * between the earliest invocation that may have granted it and the earliest return that proves it. So, going
 * from older to newer versions over all resources at once, no hold can have been granted before the latest of
 * these invocations among itself and all those before it; where that is not before its own proof, or where
 * the versions of two resources contradict each other, there is no such order.
 *
 * No false alarm: a version is told by the step that grants the hold, in which no other changes that
 * resource, so the true order of grants is one that agrees. A hold of which no version was told is left out,
 * and so is the order of two holds that have the same version (that is V).
 */
import { doubleAt, intAt } from './at.ts'
import type { Envelopes } from './envelopes.ts'
import { type Findings, HOLDS_NAMED_MAX } from './findings.ts'
import { type Groups, grouped } from './groups.ts'

/** Lines with versions; row k is one line. */
export interface VersionedLines {
  /** Hold numbers. */
  readonly holds: Int32Array
  /** Resource numbers. */
  readonly resources: Int32Array
  readonly versions: Float64Array
}

/** Which hold comes before which. */
interface Precedence {
  /**
   * Per row the row of the next older version of its resource, and of the next newer one; -1 where there is
   * none.
   */
  readonly older: Int32Array
  readonly newer: Int32Array
  /** Per hold, of how many of its rows the older one has not been passed. */
  readonly waitsFor: Int32Array
  readonly rowsOf: Groups
}

/** W. `lines`: the rows of each resource, by version. */
export function judgeVersionOrder(
  envelopes: Envelopes,
  findings: Findings,
  { rows, lines }: { readonly rows: VersionedLines; readonly lines: Groups },
): void {
  const { possibleFromUs, provenUs } = envelopes
  const { holds } = rows
  if (holds.length < 2) return
  const precedence = precedenceOf(envelopes, rows, lines)
  const { newer, waitsFor, rowsOf } = precedence
  /**
   * The latest first request among a hold and all that came before it, and the hold whose request that is.
   */
  const earliestUs = possibleFromUs.slice()
  const latestBefore = Int32Array.from(waitsFor, (_, hold) => hold)
  const { ready, count } = holdsThatWaitForNone(precedence)
  let passed = 0
  for (let last = count; passed < last; passed++) {
    const hold = intAt(ready, passed)
    const fromUs = doubleAt(earliestUs, hold)
    const byUs = doubleAt(provenUs, hold)
    // A hold that was proven before it was asked for is another rule's.
    if (fromUs >= byUs && doubleAt(possibleFromUs, hold) < byUs) {
      reportLate(envelopes, findings, { hold, before: intAt(latestBefore, hold), fromUs })
      return
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
  if (stuck !== -1) reportCycle(envelopes, findings, cycleFrom(stuck, rows, precedence))
}

function precedenceOf({ history, capacities }: Envelopes, rows: VersionedLines, lines: Groups): Precedence {
  const { holds, versions } = rows
  const older = new Int32Array(holds.length).fill(-1)
  const newer = new Int32Array(holds.length).fill(-1)
  const waitsFor = new Int32Array(history.holdCount)
  for (let resource = 0; resource < capacities.length; resource++) {
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
  return { older, newer, waitsFor, rowsOf: grouped(holds, { groupCount: history.holdCount }) }
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

/** Holds of which each was granted before the next, and the last before the first. */
function cycleFrom(
  stuck: number,
  { holds }: VersionedLines,
  { older, waitsFor, rowsOf }: Precedence,
): readonly number[] {
  const walked: number[] = []
  for (let hold = stuck; ; ) {
    const seen = walked.indexOf(hold)
    if (seen !== -1) return walked.slice(seen).toReversed()
    walked.push(hold)
    // One that still waits does so for one that still waits.
    const before = [...rowsOf.membersOf(hold)]
      .map((row) => intAt(older, row))
      .find((row) => row !== -1 && intAt(waitsFor, intAt(holds, row)) > 0)
    if (before === undefined) return walked
    hold = intAt(holds, before)
  }
}

function reportLate(
  { history, provenUs }: Envelopes,
  findings: Findings,
  { hold, before, fromUs }: { readonly hold: number; readonly before: number; readonly fromUs: number },
): void {
  findings.add({
    rule: 'W',
    kind: 'broken-promise',
    sort: 'order',
    explain: () => {
      const byUs = doubleAt(provenUs, hold)
      return {
        message:
          `By its version, ${history.holdId(hold)} was granted after ${history.holdId(before)}, which nobody ` +
          `asked for before ${findings.ms(fromUs)}; but it was held by ${findings.ms(byUs)}.`,
        atUs: byUs,
        holds: [hold, before],
      }
    },
  })
}

function reportCycle({ history }: Envelopes, findings: Findings, cycle: readonly number[]): void {
  findings.add({
    rule: 'W',
    kind: 'broken-promise',
    sort: 'cycle',
    explain: () => {
      const names = cycle.slice(0, HOLDS_NAMED_MAX).map((hold) => history.holdId(hold))
      const more = cycle.length > names.length ? [`${cycle.length - names.length} more`] : []
      const chain = [...names, ...more, ...names.slice(0, 1)].join(', that one before ')
      return { message: `By their versions, these were granted in a circle: ${chain}.`, holds: cycle }
    },
  })
}
