/** What a comparison is given by its caller, and the events that it reports. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { MissingEngine } from '../engines/open.ts'
import type { HistoryRecord } from '../history/record.ts'
import type { Control } from '../results/control.ts'
import type { EngineResult } from '../results/engines.ts'
import type { Trial } from '../results/trial.ts'
import type { Round } from './plan.ts'

/** The settings of one trial, besides its strategy and its engines. */
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
  readonly arrivalsPerSecond?: number
  /** Absent for those of the run. */
  readonly processes?: number
  readonly signal: AbortSignal
}

export interface TrialWithHistory {
  readonly trial: Trial
  /** Can be iterated again and again. */
  readonly history: Iterable<HistoryRecord>
  /** Whether it was run earlier and only taken from a file: then it says nothing about the time left. */
  readonly isKept?: boolean
}

export type RunTrial = (entry: StrategyEntry, order: TrialOrder) => Promise<TrialWithHistory>

export type CompareEvent =
  | { readonly kind: 'control-started'; readonly round: number }
  | { readonly kind: 'control-ended'; readonly control: Control }
  | {
      readonly kind: 'trial-started'
      readonly round: Round
      readonly strategy: string
      /** Estimated duration of this trial and all after it. */
      readonly remainingMs: number
    }
  | { readonly kind: 'trial-ended'; readonly trial: Trial; readonly done: number; readonly total: number }
  | { readonly kind: 'strategy-failed'; readonly strategy: string; readonly error: unknown }
  | { readonly kind: 'history-lost'; readonly trial: Trial; readonly error: unknown }

export interface CompareParts {
  readonly runTrial: RunTrial
  readonly engines: readonly EngineResult[]
  readonly missing: readonly MissingEngine[]
  /** Why a strategy cannot be tested on the engines with their current settings. */
  readonly unfit?: (entry: StrategyEntry) => { readonly why: string; readonly remedy: string } | undefined
  /** The strategy that must be caught, and on which workload. */
  readonly control: { readonly entry: StrategyEntry; readonly workload: string }
  /** Saves a history and returns its path relative to the results; undefined if it is not kept. */
  readonly keepHistory: (
    result: TrialWithHistory,
    purpose: 'control' | 'trial',
  ) => Promise<string | undefined>
  readonly onEvent: (event: CompareEvent) => void
  readonly signal: AbortSignal
  /** The command line that repeats this run, including the seed. */
  readonly command: string
  readonly commit: string | undefined
}
