/** What a cell came to: the outcome, the service while the fault lasted, and when it was over. */
import type { FaultOutcome, FaultService } from '../../strategies/strategy.ts'
import type { AuditRecord, HistoryRecord, Operation } from '../history/record.ts'
import { type Interval, intervalOf } from '../report/interval.ts'
import type { FaultCell, FaultPrediction } from '../results/faults.ts'
import type { Trial } from '../results/trial.ts'
import type { FaultWatch } from './watch.ts'

/** Within this time after the healing everything must be as before: longer than any lease. */
const RECOVERY_MS_MAX = 5_000
/** Goodput is counted in windows of this length. */
export const WINDOW_MS = 250
/** What is compared with the goodput before the fault: this long, eight windows. */
export const COMPARED_MS = 2_000
/** A fault of less than this is one of an instant: there is no service while it lasts. */
const LASTING_MS_MIN = 700
/** Answers to what was under way when it began are no service under it. */
const UNDER_WAY_MS = 200
/** Less of the goodput before is no service. */
const SERVED_SHARE = 0.2

/** Moments of the monotonic clock. */
export interface FaultMoments {
  readonly beganMs: number
  readonly struckMs: number
  readonly healedMs: number
  readonly endedMs: number
}

/** Holds granted in each window of a span, from its end on. */
function windows(watch: FaultWatch, fromMs: number, toMs: number): readonly number[] {
  const counts: number[] = []
  for (let endMs = toMs; endMs - WINDOW_MS >= fromMs; endMs -= WINDOW_MS) {
    counts.push(watch.count('granted', endMs - WINDOW_MS, endMs))
  }
  return counts
}

/** Goodput before the fault: the 95 % interval of the median window. */
export function usual(
  watch: FaultWatch,
  { beganMs, struckMs }: Pick<FaultMoments, 'beganMs' | 'struckMs'>,
): Interval {
  return intervalOf(windows(watch, beganMs, struckMs))
}

/**
 * Whether goodput was as before in the time that began at this moment: its interval overlaps the one before
 * or lies above it, and it begins with a window in which something was granted. Otherwise a second without
 * any grant could be its beginning.
 */
export function isAsBefore(watch: FaultWatch, before: Interval, fromMs: number): boolean {
  const counts = windows(watch, fromMs, fromMs + COMPARED_MS)
  return (counts.at(-1) ?? 0) > 0 && intervalOf(counts).high >= before.low
}

/**
 * From the healing until goodput was as before, in milliseconds; undefined if that did not begin within the
 * limit. `until`: waits for a moment, where what is compared is still to come.
 */
export async function recoveredAfter(
  watch: FaultWatch,
  moments: Pick<FaultMoments, 'beganMs' | 'struckMs' | 'healedMs'>,
  until: (atMs: number) => Promise<unknown> = async () => {},
): Promise<number | undefined> {
  const before = usual(watch, moments)
  for (let ms = 0; ms <= RECOVERY_MS_MAX; ms += WINDOW_MS) {
    const fromMs = moments.healedMs + ms
    await until(fromMs + COMPARED_MS)
    if (isAsBefore(watch, before, fromMs)) return ms
  }
  return undefined
}

export function serviceOf(watch: FaultWatch, moments: FaultMoments): FaultService | undefined {
  const { struckMs, healedMs } = moments
  if (healedMs - struckMs < LASTING_MS_MIN) return undefined
  const fromMs = struckMs + UNDER_WAY_MS
  const granted = (watch.count('granted', fromMs, healedMs) * 1_000) / (healedMs - fromMs)
  if (granted >= SERVED_SHARE * goodput(watch, moments).before) return 'serves'
  return watch.count('refused', fromMs, healedMs) > watch.count('unknown', fromMs, healedMs)
    ? 'refuses'
    : 'stalls'
}

export function goodput(
  watch: FaultWatch,
  { beganMs, struckMs, healedMs, endedMs }: FaultMoments,
): FaultCell['goodputPerSecond'] {
  const rate = (fromMs: number, toMs: number): number =>
    toMs > fromMs ? (watch.count('granted', fromMs, toMs) * 1_000) / (toMs - fromMs) : 0
  return { before: rate(beganMs, struckMs), during: rate(struckMs, healedMs), after: rate(healedMs, endedMs) }
}

/** Undefined if the verdict is unknown. The gravest comes first. */
export function outcomeOf(trial: Trial, lostSales: number): FaultOutcome | undefined {
  if (trial.verdict === 'unknown') return undefined
  if (trial.verdict === 'valid') return 'safe'
  const has = (kind: string): boolean => trial.violations.some((each) => each.kind === kind)
  if (trial.oversoldUnits + trial.overReservedUnits > 0 || has('oversell')) return 'oversells'
  if (lostSales > 0) return 'loses-sales'
  return has('undersell') ? 'undersells' : 'breaks-promises'
}

/** Acknowledged sales that the store at rest does not have. */
export function lostSalesIn(history: readonly HistoryRecord[]): number {
  const audit = history.find((record): record is AuditRecord => record.type === 'audit')
  if (audit === undefined || audit.isStoreRead === false) return 0
  const sold = new Set(audit.holds.flatMap(({ id, status }) => (status === 'confirmed' ? [id] : [])))
  const acknowledged = new Set(
    operationsIn(history).flatMap((each) =>
      each.op === 'confirm' && each.result === 'ok' ? [each.holdId] : [],
    ),
  )
  return [...acknowledged].filter((id) => !sold.has(id)).length
}

/**
 * Holds that were granted by a call without an answer: a later call with the same id was answered with a
 * deadline that is too early to have been made by that call.
 */
export function ghostsIn(history: readonly HistoryRecord[]): number {
  const [header] = history
  if (header?.type !== 'history') return 0
  const { offsetMs, errorMs } = header.clock
  const unanswered = new Set<string>()
  const ghosts = new Set<string>()
  for (const each of operationsIn(history)) {
    if (each.op !== 'hold') continue
    if (each.result === 'info') unanswered.add(each.holdId)
    else if (each.result === 'ok' && unanswered.has(each.holdId)) {
      const madeMs = each.deadlineMs - each.ttlMs - offsetMs
      if (madeMs + errorMs < each.invokedUs / 1_000) ghosts.add(each.holdId)
    }
  }
  return ghosts.size
}

export function unknownIn(history: readonly HistoryRecord[]): number {
  return operationsIn(history).filter(({ result }) => result === 'info').length
}

function operationsIn(history: readonly HistoryRecord[]): readonly Operation[] {
  return history.filter((record): record is Operation => record.type === 'operation')
}

/** In what the cell differs from its prediction, one sentence each; empty if in nothing. */
export function differences(
  predicted: FaultPrediction,
  found: Pick<FaultCell, 'outcome' | 'service' | 'recoveredMs' | 'isForOutcomeAlone'>,
): readonly string[] {
  const { outcome, service, recoveredMs, isForOutcomeAlone } = found
  const hasRecovered = recoveredMs !== undefined && recoveredMs <= RECOVERY_MS_MAX
  const back = recoveredMs === undefined ? 'did not recover' : `recovered after ${Math.round(recoveredMs)} ms`
  return [
    ...(outcome === predicted.outcome
      ? []
      : [`predicted: ${predicted.outcome}; found: ${outcome ?? 'unknown'}`]),
    ...(predicted.service === undefined || service === predicted.service
      ? []
      : [`predicted: ${predicted.service} while it lasts; found: ${service ?? 'too short to tell'}`]),
    ...(hasRecovered === predicted.recovers || isForOutcomeAlone === true
      ? []
      : [
          `predicted: ${predicted.recovers ? `recovers within ${RECOVERY_MS_MAX} ms` : 'does not recover'}; it ${back}`,
        ]),
  ]
}
