/** What a cell came to: the outcome, the service while the fault lasted, and when it was over. */
import type { FaultOutcome, FaultService } from '../../strategies/strategy.ts'
import type { AuditRecord, HistoryRecord, Operation } from '../history/record.ts'
import type { FaultCell, FaultPrediction } from '../results/faults.ts'
import type { Trial } from '../results/trial.ts'
import type { FaultWatch } from './watch.ts'

/** Within this time after the healing everything must be as before: longer than any lease. */
export const RECOVERY_MS_MAX = 5_000
/** Goodput is compared by windows of this length. */
export const WINDOW_MS = 250
/** As much of the goodput before as is taken for back, where single windows of it were lower still. */
const BACK_SHARE = 0.5
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

/** The least that a window must have to be like those before the fault. */
export function usual(
  watch: FaultWatch,
  { beganMs, struckMs }: Pick<FaultMoments, 'beganMs' | 'struckMs'>,
): number {
  const windows: number[] = []
  for (let from = struckMs - WINDOW_MS; from >= beganMs; from -= WINDOW_MS) {
    windows.push(watch.count('granted', from, from + WINDOW_MS))
  }
  const mean = windows.reduce((sum, each) => sum + each, 0) / Math.max(1, windows.length)
  return Math.max(1, Math.min(...windows, BACK_SHARE * mean))
}

/** Whether the last window is as those before the fault. */
export function isBack(watch: FaultWatch, least: number, nowMs: number, healedMs: number): boolean {
  return nowMs - WINDOW_MS >= healedMs && watch.count('granted', nowMs - WINDOW_MS, nowMs) >= least
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
  found: Pick<FaultCell, 'outcome' | 'service' | 'recoveredMs'>,
): readonly string[] {
  const { outcome, service, recoveredMs } = found
  const hasRecovered = recoveredMs !== undefined && recoveredMs <= RECOVERY_MS_MAX
  const back = recoveredMs === undefined ? 'did not recover' : `recovered after ${Math.round(recoveredMs)} ms`
  return [
    ...(outcome === predicted.outcome
      ? []
      : [`predicted: ${predicted.outcome}; found: ${outcome ?? 'unknown'}`]),
    ...(predicted.service === undefined || service === predicted.service
      ? []
      : [`predicted: ${predicted.service} while it lasts; found: ${service ?? 'too short to tell'}`]),
    ...(hasRecovered === predicted.recovers
      ? []
      : [
          `predicted: ${predicted.recovers ? `recovers within ${RECOVERY_MS_MAX} ms` : 'does not recover'}; it ${back}`,
        ]),
  ]
}
