/**
 * Runs a plan: the control first, then every round, every strategy. It prints nothing and writes nothing;
 * its caller is informed of each step and gets the histories to keep.
 */

import type { StrategyEntry } from '../../strategies/registry.ts'
import { withoutEngine } from '../engines/missing.ts'
import type { MissingEngine } from '../engines/open.ts'
import { errorCodeOf } from '../error-codes.ts'
import { oneLine, reasonOf } from '../errors.ts'
import type { HistoryRecord } from '../history/record.ts'
import { counted } from '../report/format.ts'
import { RESULTS_FORMAT, RESULTS_VERSION } from '../results/constants.ts'
import type { Control } from '../results/control.ts'
import type { EngineResult } from '../results/engines.ts'
import type { Results } from '../results/results.ts'
import type { RunSettings } from '../results/settings.ts'
import type { NotProven } from '../results/strategies.ts'
import type { Trial } from '../results/trial.ts'
import { machineFacts } from './machine.ts'
import { type ComparisonPlan, derivedSeed, plannedTrialMs, type Round, rounds } from './plan.ts'

/**
 * The control is caught within one round almost always; five in vain mean that this set-up cannot catch it.
 */
export const CONTROL_ROUNDS_MAX = 5
/** Enough callers that two of them read the same number of free units before either takes one. */
const CONTROL_CONCURRENCY = 32
/** The control's workload ends by itself when everything is sold; this is only its limit. */
const CONTROL_DURATION_MS = 1000

/** A slow network does not shorten the control: so many round trips are more than its workload needs. */
const CONTROL_ROUND_TRIPS = 10

/** What one trial needs to know beside its strategy and its engines. */
export interface TrialOrder {
  readonly workload: string
  readonly concurrency: number
  readonly durationMs: number
  readonly warmupMs: number
  readonly repeat: number
  readonly seed: number
  readonly poolSize: number
  readonly criticalSectionMs: number
  readonly networkLatencyMs?: number
  readonly signal: AbortSignal
}

export interface TrialWithHistory {
  readonly trial: Trial
  readonly history: readonly HistoryRecord[]
}

export type RunTrial = (entry: StrategyEntry, order: TrialOrder) => Promise<TrialWithHistory>

export type CompareEvent =
  | { readonly kind: 'control-started'; readonly round: number }
  | { readonly kind: 'control-ended'; readonly control: Control }
  | {
      readonly kind: 'trial-started'
      readonly round: Round
      readonly strategy: string
      /** About how long everything from here on takes. */
      readonly remainingMs: number
    }
  | { readonly kind: 'trial-ended'; readonly trial: Trial; readonly done: number; readonly total: number }
  | { readonly kind: 'strategy-failed'; readonly strategy: string; readonly error: unknown }
  | { readonly kind: 'history-lost'; readonly trial: Trial; readonly error: unknown }

export interface CompareParts {
  readonly runTrial: RunTrial
  readonly engines: readonly EngineResult[]
  readonly missing: readonly MissingEngine[]
  /** Of a strategy that the engines, as they are set up, cannot put to the test. */
  readonly unfit?: (entry: StrategyEntry) => { readonly why: string; readonly remedy: string } | undefined
  /** The strategy that must be caught, and where. */
  readonly control: { readonly entry: StrategyEntry; readonly workload: string }
  /** Keeps a history and says where, relative to the results; undefined where nothing is to be kept. */
  readonly keepHistory: (
    result: TrialWithHistory,
    purpose: 'control' | 'trial',
  ) => Promise<string | undefined>
  readonly onEvent: (event: CompareEvent) => void
  readonly signal: AbortSignal
  /** What to type to run this again, the seed included. */
  readonly command: string
  readonly commit: string | undefined
}

export async function compare(plan: ComparisonPlan, parts: CompareParts): Promise<Results> {
  const startedAt = new Date().toISOString()
  const notProven = new Map<string, NotProven>()
  for (const entry of plan.strategies) {
    // Without the control's engine nothing can be proven of anybody.
    const needed = [...parts.control.entry.engines, ...entry.engines]
    const missing = parts.missing.find((engine) => needed.includes(engine.name))
    if (missing !== undefined) {
      notProven.set(entry.name, withoutEngine(entry.name, missing))
      continue
    }
    const unfit = parts.unfit?.(entry)
    if (unfit !== undefined) {
      notProven.set(entry.name, { strategy: entry.name, why: unfit.why, remedy: unfit.remedy })
    }
  }

  const control = await runControl(plan, parts)
  const trials: Trial[] = []
  const queue = rounds(plan).flatMap((round) => round.strategies.map((entry) => ({ round, entry })))
  let pending = queue.filter(({ entry }) => !notProven.has(entry.name))
  let done = 0
  // How much longer than planned things take on this machine: measured as the run goes on.
  let plannedDoneMs = 0
  const beganAt = performance.now()

  while (!parts.signal.aborted) {
    const [next] = pending
    if (next === undefined) break
    const { round, entry } = next
    const pace = plannedDoneMs === 0 ? 1 : (performance.now() - beganAt) / plannedDoneMs
    const remainingMs = pending.reduce((sum, each) => sum + plannedTrialMs(each.round, plan), 0) * pace
    parts.onEvent({ kind: 'trial-started', round, strategy: entry.name, remainingMs })
    try {
      const result = await parts.runTrial(entry, orderOf(round, plan, parts.signal))
      // A trial cut short measured something else than its neighbours; a conviction stands all the same.
      if (parts.signal.aborted && result.trial.verdict !== 'invalid') break
      const trial = await withHistoryKept(result, 'trial', parts)
      trials.push(trial)
      done += 1
      parts.onEvent({ kind: 'trial-ended', trial, done, total: done + pending.length - 1 })
    } catch (error) {
      if (parts.signal.aborted) break
      notProven.set(entry.name, {
        strategy: entry.name,
        why: `failed on ${round.workload} with ${counted(round.concurrency, 'caller')}: ${oneLine(reasonOf(error))}`,
        remedy: remedyOf(error),
        code: errorCodeOf(error),
      })
      parts.onEvent({ kind: 'strategy-failed', strategy: entry.name, error })
    }
    plannedDoneMs += plannedTrialMs(round, plan)
    pending = pending.slice(1).filter((each) => !notProven.has(each.entry.name))
  }

  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    startedAt,
    finishedAt: new Date().toISOString(),
    command: parts.command,
    seed: plan.seed,
    machine: machineFacts(),
    ...(parts.commit === undefined ? {} : { commit: parts.commit }),
    engines: parts.engines,
    settings: settingsOf(plan),
    strategies: plan.strategies.map(({ name, summary, engines }) => ({ name, summary, engines })),
    control,
    trials,
    notProven: [...notProven.values()],
    interrupted: parts.signal.aborted,
  }
}

async function runControl(plan: ComparisonPlan, parts: CompareParts): Promise<Control> {
  const { entry, workload } = parts.control
  const nothing = { strategy: entry.name, workload, oversoldUnits: 0, overReservedUnits: 0 }
  const missing = parts.missing.find((engine) => entry.engines.includes(engine.name))
  if (missing !== undefined) {
    const control = {
      ...nothing,
      caught: false,
      rounds: 0,
      conviction: `${entry.name} could not be run: ${missing.why}`,
    }
    parts.onEvent({ kind: 'control-ended', control })
    return control
  }
  let lastFailure: string | undefined
  let roundsTried = 0
  for (let round = 1; round <= CONTROL_ROUNDS_MAX && !parts.signal.aborted; round++) {
    roundsTried = round
    parts.onEvent({ kind: 'control-started', round })
    try {
      const result = await parts.runTrial(entry, {
        workload,
        concurrency: CONTROL_CONCURRENCY,
        durationMs: CONTROL_DURATION_MS + CONTROL_ROUND_TRIPS * (plan.networkLatencyMs ?? 0),
        warmupMs: plan.warmupMs,
        repeat: round,
        seed: derivedSeed(plan.seed, `control/${round}`),
        poolSize: plan.poolSize,
        criticalSectionMs: plan.criticalSectionMs,
        ...networkOf(plan),
        signal: parts.signal,
      })
      if (result.trial.verdict !== 'invalid') continue
      const trial = await withHistoryKept(result, 'control', parts)
      const control: Control = {
        caught: true,
        strategy: entry.name,
        workload,
        rounds: round,
        oversoldUnits: trial.oversoldUnits,
        overReservedUnits: trial.overReservedUnits,
        conviction: trial.conviction ?? trial.violations.map((each) => each.message).join('\n'),
        ...(trial.race === undefined ? {} : { race: trial.race }),
        ...(trial.historyFile === undefined ? {} : { historyFile: trial.historyFile }),
      }
      parts.onEvent({ kind: 'control-ended', control })
      return control
    } catch (error) {
      if (parts.signal.aborted) break
      lastFailure = oneLine(reasonOf(error))
      parts.onEvent({ kind: 'strategy-failed', strategy: entry.name, error })
    }
  }
  const why = parts.signal.aborted
    ? 'the run was ended before it could be'
    : (lastFailure ??
      `${roundsTried} rounds of ${workload} with ${CONTROL_CONCURRENCY} callers did not trigger it`)
  const control = {
    ...nothing,
    caught: false,
    rounds: roundsTried,
    conviction: `${entry.name} was not caught: ${why}`,
  }
  parts.onEvent({ kind: 'control-ended', control })
  return control
}

/** A history that cannot be kept (a full disk) loses its file, not the run. */
async function withHistoryKept(
  result: TrialWithHistory,
  purpose: 'control' | 'trial',
  parts: CompareParts,
): Promise<Trial> {
  try {
    const historyFile = await parts.keepHistory(result, purpose)
    return historyFile === undefined ? result.trial : { ...result.trial, historyFile }
  } catch (error) {
    parts.onEvent({ kind: 'history-lost', trial: result.trial, error })
    return result.trial
  }
}

function orderOf(round: Round, plan: ComparisonPlan, signal: AbortSignal): TrialOrder {
  return {
    workload: round.workload,
    concurrency: round.concurrency,
    durationMs: round.durationMs,
    warmupMs: plan.warmupMs,
    repeat: round.repeat,
    seed: round.seed,
    poolSize: plan.poolSize,
    criticalSectionMs: round.criticalSectionMs,
    ...networkOf(plan),
    signal,
  }
}

function networkOf({ networkLatencyMs }: ComparisonPlan): Pick<TrialOrder, 'networkLatencyMs'> {
  return networkLatencyMs === undefined ? {} : { networkLatencyMs }
}

function settingsOf(plan: ComparisonPlan): RunSettings {
  const { sections, warmupMs, poolSize, criticalSectionMs } = plan
  const workloads = sections.flatMap((section) => section.workloads)
  return {
    durationMs: Math.max(0, ...workloads.map((workload) => workload.durationMs)),
    warmupMs,
    repeats: Math.max(0, ...sections.map((section) => section.repeats)),
    concurrency: [...new Set(sections.flatMap((section) => section.concurrency))].sort((a, b) => a - b),
    workloads: [...new Set(workloads.map((workload) => workload.name))],
    poolSize,
    criticalSectionMs,
    ...networkOf(plan),
  }
}

/** Errors of engines say what would fix them. */
function remedyOf(error: unknown): string {
  const says =
    typeof error === 'object' && error !== null && 'remedy' in error && typeof error.remedy === 'string'
  return says ? String(error.remedy) : 'HOLDFAST_DEBUG=1 shows where'
}
