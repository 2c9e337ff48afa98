/**
 * Holdfast as a library: tests your own strategy from your own test suite.
 *
 *     import { prove } from 'holdfast'
 *     import { createSeatStore } from '../src/seat-store.ts'
 *
 *     const { verdict, convictions } = await prove({
 *       strategy: { name: 'seat-store', create: () => createSeatStore() },
 *       workloads: ['hot-seat', 'drain'],
 *     })
 *     assert.equal(verdict, 'valid', convictions.join('\n'))
 *
 * A strategy that uses PostgreSQL gets a Kysely instance with new tables for every trial:
 *
 *     await prove({
 *       strategy: {
 *         name: 'mine',
 *         engines: ['postgres'],
 *         ledger: 'counter-rows', // so that its tables are also read
 *         create: ({ postgres }) => createMine(postgres),
 *       },
 *       durability: 'relaxed',
 *     })
 *
 * `conform` tests the same strategies against the contract, case by case:
 *
 *     const { verdict, cases } = await conform({ strategy: { name: 'seat-store', create: () =>
 *     createSeatStore() } })
 *     const failed = cases.filter(({ kind }) => kind === 'failed')
 *     assert.equal(verdict, 'passed', failed.map(({ name }) => name).join('\n'))
 *
 * `judge` judges a history that was recorded elsewhere; `docs/judging.md` describes the format.
 */
// First, before anything is opened.
import './node-version.ts'
import { randomInt } from 'node:crypto'
import type { StrategyEntry } from '../strategies/registry.ts'
import type { EngineName } from '../strategies/strategy.ts'
import type { Verdict } from './checker/verdict.ts'
import { compare } from './compare/compare.ts'
import { lasting } from './compare/plan.ts'
import { type ConformanceReport, runSuites } from './conformance/conform.ts'
import type { Durability } from './engines/durability.ts'
import { EngineError } from './engines/engine-error.ts'
import { type MissingEngine, openEngines } from './engines/open.ts'
import { CONTROL_WORKLOAD, controlFor } from './entries/control.ts'
import type { StrategyOfOnesOwn } from './entries/entry.ts'
import { entryFor } from './entries/entry.ts'
import type { Control } from './results/control.ts'
import type { Trial } from './results/trial.ts'
import { runTrial } from './trial/trial.ts'
import { workloadNamed, workloads } from './workloads/registry.ts'

export type {
  FoundStatus,
  Ledger,
  NotRead,
  ReadOrder,
  Sold,
  StoredHold,
  StoreReading,
  Stores,
  Witness,
} from '../strategies/ledgers/ledger.ts'
export { ledgers } from '../strategies/ledgers/registry.ts'
export type { PostgresStore, RedisStore, TigerbeetleStore } from '../strategies/ledgers/stores.ts'
export {
  type Connections,
  on,
  type PostgresConnections,
  PROMISES_DEFAULT,
  type RedisConnections,
  registry,
  type StrategyEntry,
} from '../strategies/registry.ts'
export type * from '../strategies/strategy.ts'
export { InvalidRequestError, UnknownResourceError } from '../strategies/strategy.ts'
export { describe } from './checker/conviction.ts'
export { HistoryJudge, judge, judgeStream } from './checker/judge.ts'
export type { Rule, Verdict, Violation } from './checker/verdict.ts'
export type { CaseResult, ConformanceReport } from './conformance/conform.ts'
export type { OwnWitness, StrategyOfOnesOwn } from './entries/entry.ts'
export type { Asking } from './entries/service/asking.ts'
export type { OrderAdapter } from './entries/service/order-adapter.ts'
export type { ServiceAdapter } from './entries/service/service-adapter.ts'
export type { AskService, ServiceAnswer, ServiceRequest } from './entries/service/service-client.ts'
export { HistoryFormatError, readHistory, writeHistory } from './history/files.ts'
export type { AuditRecord, HistoryHeader, HistoryRecord, Operation } from './history/record.ts'
export type { Control } from './results/control.ts'
export type { Results } from './results/results.ts'
export type { Trial } from './results/trial.ts'
export { workloads } from './workloads/registry.ts'
export type { Workload } from './workloads/workload.ts'
export { EngineError }

const DURATION_MS_DEFAULT = 500
const CONCURRENCY_DEFAULT = 32
const POOL_DEFAULT = 16

/** Makes a strategy that starts empty; called once per trial. */
export type StrategyFactory = StrategyOfOnesOwn['create']

export interface ProveOptions {
  /** A function stands for a strategy without engines. */
  readonly strategy: StrategyFactory | StrategyOfOnesOwn | StrategyEntry
  /** By name; all of them by default. */
  readonly workloads?: readonly string[]
  readonly concurrency?: number
  /** Of each trial. Some workloads take longer. */
  readonly durationMs?: number
  /** Random by default; `Proof.seed` has it. */
  readonly seed?: number
  /** Connections in the pool. */
  readonly poolSize?: number
  /** Of engines that are started for this. Engines at a URL are used as they are. */
  readonly durability?: Durability
  readonly signal?: AbortSignal
}

export interface Proof {
  /** `valid` only if every trial was valid and the control was convicted. `unknown` is not a pass. */
  readonly verdict: Verdict['verdict']
  /** Why, when `unknown`. */
  readonly reasons: readonly string[]
  readonly trials: readonly Trial[]
  /** A timeline of the colliding holds for each convicted trial. */
  readonly convictions: readonly string[]
  readonly control: Control
  readonly seed: number
}

export interface ConformOptions extends Pick<ProveOptions, 'strategy' | 'durability' | 'signal'> {
  /** For each case; a minute by default. */
  readonly deadlineMs?: number
}

/**
 * Tests every property of the contract, case by case, each with new names and a deadline. `notChecked` lists
 * what a reader might assume to be proven. Throws an `EngineError` if an engine that the strategy needs is
 * missing.
 */
export async function conform(options: ConformOptions): Promise<ConformanceReport> {
  const { durability = 'relaxed', signal, deadlineMs } = options
  const entry = entryOf(options)
  await using opened = await openEngines(entry.engines, { durability, ...(signal && { signal }) })
  refuseMissing(opened.missing)
  return await runSuites(entry, {
    engines: opened.engines,
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(signal && { signal }),
  })
}

function refuseMissing([absent]: readonly MissingEngine[]): void {
  if (absent === undefined) return
  const { name, why, remedy, problem } = absent
  throw new EngineError({ engine: name, problem, message: why, remedy })
}

/** Runs the workloads against a strategy and judges every history, after convicting an unsafe one. */
export async function prove(options: ProveOptions): Promise<Proof> {
  const {
    concurrency = CONCURRENCY_DEFAULT,
    durationMs = DURATION_MS_DEFAULT,
    poolSize = POOL_DEFAULT,
  } = options
  const seed = options.seed ?? randomInt(2 ** 32)
  const entry = entryOf(options)
  const chosen = (options.workloads ?? workloads.map((workload) => workload.name)).map(workloadNamed)
  const control = controlFor([entry])
  const signal = options.signal ?? new AbortController().signal

  const needed: readonly EngineName[] = [...control.engines, ...entry.engines]
  await using opened = await openEngines(needed, { durability: options.durability ?? 'durable', signal })
  refuseMissing(opened.missing)
  const failures: unknown[] = []
  const results = await compare(
    {
      strategies: [entry],
      sections: [
        {
          workloads: chosen.map(({ name }) => lasting(name, durationMs)),
          concurrency: [concurrency],
          repeats: 1,
        },
      ],
      seed,
      warmupMs: 0,
      poolSize,
      criticalSectionMs: 0,
    },
    {
      runTrial: (each, { workload, ...order }) =>
        runTrial(each, opened.engines, { ...order, workload: workloadNamed(workload) }),
      engines: [],
      missing: [],
      control: { entry: control, workload: CONTROL_WORKLOAD },
      keepHistory: async () => undefined,
      onEvent: (event) => {
        if (event.kind === 'strategy-failed' && event.strategy === entry.name) failures.push(event.error)
      },
      signal,
      command: 'prove',
      commit: undefined,
    },
  )
  signal.throwIfAborted()
  // An error of the strategy itself is thrown with its stack, for its author.
  if (failures.length > 0) throw failures[0]

  const { trials } = results
  const convictions = trials.flatMap((trial) => trial.conviction ?? [])
  const reasons = trials.flatMap((trial) =>
    trial.verdictReasons.map((reason) => `${trial.workload}: ${reason}`),
  )
  if (!results.control.caught) reasons.push(results.control.conviction)
  if (trials.length === 0) reasons.push('no workload was played')
  return {
    verdict: verdictOf(trials, results.control),
    reasons,
    trials,
    convictions,
    control: results.control,
    seed,
  }
}

function verdictOf(trials: readonly Trial[], control: Control): Verdict['verdict'] {
  if (trials.some((trial) => trial.verdict === 'invalid')) return 'invalid'
  const decided = trials.length > 0 && control.caught && trials.every((trial) => trial.verdict === 'valid')
  return decided ? 'valid' : 'unknown'
}

function entryOf({ strategy }: Pick<ProveOptions, 'strategy'>): StrategyEntry {
  if (typeof strategy === 'function') {
    return entryFor({ name: strategy.name === '' ? 'own' : strategy.name, create: strategy })
  }
  return 'create' in strategy ? entryFor(strategy) : strategy
}
