/** Combines a trial's records and doubts into its history and the verdict on it. */
import type { Audited } from '../audit/audit.ts'
import { judge } from '../checker/judge.ts'
import type { Verdict } from '../checker/verdict.ts'
import type { Keeping, PoolState } from '../engines/engine.ts'
import type { ClockRecord, HistoryHeader, HistoryRecord, Operation } from '../history/record.ts'
import type { PlayedOperation } from '../performance/figures.ts'
import type { Performance } from '../performance/performance.ts'
import { whyCallsFailed } from './call-errors.ts'
import { asKept } from './kept.ts'

/** Can be iterated again and again. */
export function historyOf(
  header: HistoryHeader,
  run: { readonly played: Iterable<PlayedOperation>; readonly readings: readonly ClockRecord[] },
  audited: Audited,
): Iterable<HistoryRecord> {
  return {
    *[Symbol.iterator]() {
      yield header
      yield* operationsOf(run)
      yield* run.readings
      yield* audited.operations
      if (audited.record !== undefined) yield audited.record
    },
  }
}

/** Can be iterated again and again. */
export function operationsOf({ played }: Pick<Performance, 'played'>): Iterable<Operation> {
  return {
    *[Symbol.iterator]() {
      for (const { operation } of played) yield operation
    },
  }
}

/**
 * `engineLost`: why the engine was no longer reached after the audit. `keeping`: whether the engines kept
 * what they had acknowledged.
 */
export function verdictOn(
  history: Iterable<HistoryRecord>,
  { ended, played, lost, pool }: Performance,
  audited: Audited,
  { engineLost, keeping }: { readonly engineLost: string | undefined; readonly keeping: readonly Keeping[] },
): Verdict {
  const doubts = [...audited.failures]
  if (engineLost !== undefined) doubts.push(`the engine was gone after the audit: ${engineLost}`)
  if (ended === 'no-answers' && isExhausted(pool)) doubts.push(exhausted(pool))
  else if (ended === 'no-answers') {
    const last = lastErrorIn(played)
    const why = last === undefined ? '' : ` (${last})`
    doubts.push(`the engine no longer answered${why}, and the run was ended early`)
  }
  // A strategy without a ledger is judged by its answers.
  const requireAudit = audited.storeNotRead === undefined
  const verdict = doubted(judge(history, { requireAudit }), doubts, lost)
  // A run that ended without answers has quoted the last error.
  const operations = ended === 'no-answers' ? [] : operationsOf({ played })
  return asKept(withCallErrors(verdict, operations), keeping)
}

/** What most calls failed with is the first thing that somebody wants to know of a verdict that is none. */
function withCallErrors(verdict: Verdict, operations: Iterable<Operation>): Verdict {
  if (verdict.verdict !== 'unknown') return verdict
  const why = whyCallsFailed(operations)
  return why === undefined ? verdict : { ...verdict, reasons: [why, ...verdict.reasons] }
}

function lastErrorIn(played: Iterable<PlayedOperation>): string | undefined {
  let error: string | undefined
  for (const { operation } of played) if (operation.result === 'info') error = operation.error
  return error
}

/** Whether calls wait for connections of which none is left. */
function isExhausted(pool: PoolState | undefined): pool is PoolState {
  return pool !== undefined && pool.waiting > 0 && pool.inUse >= pool.open
}

function exhausted({ open, waiting }: PoolState): string {
  const calls = waiting === 1 ? '1 call' : `${waiting} calls`
  return (
    `every connection of the pool (${open}) was held while ${calls} waited for one, until the run was ended ` +
    'early: a call that needs two at once can wait without end'
  )
}

/** If something could not be determined, a pass is worthless, but a conviction stands. */
export function doubted(verdict: Verdict, doubts: readonly string[], gone: readonly string[]): Verdict {
  if (doubts.length + gone.length === 0 || verdict.verdict === 'invalid') return verdict
  // The reasons that explain most come first: processes that are gone, then what the audit could not
  // determine.
  return { ...verdict, verdict: 'unknown', reasons: [...gone, ...doubts, ...verdict.reasons] }
}
