/** Results as data: what a run writes as JSON, and what every table and chart is rendered from. */
import type { EngineName, Promises } from '../../strategies/strategy.ts'
import type { Race } from '../checker/race.ts'
import type { Rule, Verdict } from '../checker/verdict.ts'

/** One run of `holdfast compare`. */
export interface Results {
  readonly format: 1
  readonly startedAt: string
  readonly finishedAt: string
  readonly command: string
  readonly seed: number
  readonly machine: {
    readonly os: string
    readonly cpu: string
    readonly cores: number
    readonly memoryGib: number
    readonly node: string
  }
  /** The commit of the checkout, with `-dirty` where it has changes; absent outside a checkout. */
  readonly commit?: string
  readonly engines: readonly EngineResult[]
  readonly settings: {
    /** Of the longest trial; each trial tells its own. */
    readonly durationMs: number
    readonly warmupMs: number
    readonly repeats: number
    readonly concurrency: readonly number[]
    readonly workloads: readonly string[]
    readonly poolSize: number
    readonly workInsideMs: number
  }
  /** What was compared, with what each needs to run; absent in files of older versions. */
  readonly strategies?: readonly StrategyFacts[]
  /** The control, caught or not: without it no verdict of this run proves anything. */
  readonly control: Control
  readonly trials: readonly Trial[]
  /** What was shown by running every interleaving of a few clients; absent where nothing was explored. */
  readonly explorations?: readonly Exploration[]
  /** Strategies that could not be tried, and why. */
  readonly notProven: readonly { readonly strategy: string; readonly why: string; readonly remedy: string }[]
  /** True if the run was ended early (a signal): what is here was measured, the rest was not. */
  readonly interrupted: boolean
}

/** What the registry, or a file of the user's own, says of a strategy besides its promises. */
interface StrategyFacts {
  readonly name: string
  readonly summary: string
  readonly engines: readonly EngineName[]
}

/** What running every interleaving of a few clients showed of one strategy in one scenario. */
export interface Exploration {
  readonly strategy: string
  readonly scenario: string
  readonly clients: number
  /** `unknown`: ended early, or the engine was not there. */
  readonly outcome: 'proved' | 'violated' | 'unknown'
  /** Interleavings that were run to their end, and those of them that broke a rule. */
  readonly schedules: number
  readonly violating: number
  /** The shortest violating schedule, as `holdfast replay` takes it. */
  readonly schedule?: string
  /** That schedule as a sequence diagram: a whole SVG document. */
  readonly diagramSvg?: string
}

/** A strategy known to oversell, run first. If it is not caught, the checker or the load is too weak to prove anything. */
export interface Control {
  readonly caught: boolean
  readonly strategy: string
  readonly workload: string
  /** How many rounds it took, or were tried in vain; 0 where none could be. */
  readonly rounds: number
  readonly oversoldUnits: number
  readonly overheldUnits: number
  /** The conviction as text; why not, where it was not caught. */
  readonly conviction: string
  /** The first oversell of the conviction, as data. */
  readonly race?: Race
  readonly historyFile?: string
}

export interface EngineResult {
  readonly name: EngineName
  readonly version: string
  readonly source: string
  readonly durability: string
  readonly settings: Readonly<Record<string, string>>
}

export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p75?: number
  readonly p90?: number
  readonly p95: number
  readonly p99: number
  readonly p999?: number
  readonly max: number
}

/**
 * The buyers' answers over the time of a trial, as many per bucket, by when they came. All four lists are equally long, at
 * most `TIMELINE_BUCKETS_MAX`; the last bucket may be cut short by the trial's end.
 */
export interface Timeline {
  readonly bucketMs: number
  readonly held: readonly number[]
  readonly soldOut: readonly number[]
  readonly contended: readonly number[]
  readonly unknown: readonly number[]
}

/** As many as a small chart can show; finer, and a results file grows for nobody. */
export const TIMELINE_BUCKETS_MAX = 60

/** Where the callers' time went, in seconds summed over all calls of all callers. */
interface TimeSpent {
  /** From asking to the answer. */
  readonly callsSeconds: number
  /** Of that, waiting for a pooled connection to PostgreSQL. */
  readonly poolWaitSeconds: number
  /** Of that, on such a connection: statements, commits, and waits for locks. */
  readonly connectionSeconds: number
}

/** `mean`, `p95` and `max` are in callers per batch. */
export interface Batches {
  readonly count: number
  readonly mean: number
  readonly p95: number
  readonly max: number
}

/** How a load generator offered its requests to the service. */
interface Load {
  readonly profile: string
  /** Requests begun per second, as was asked for; absent in a closed loop. */
  readonly offeredPerSecond?: number
  /** Requests that should have begun and could not: the generator had nobody left to send. */
  readonly droppedIterations: number
  /** Processes of the service behind one port. */
  readonly workers: number
}

/** One strategy, one workload, one number of callers, once. */
export interface Trial {
  readonly strategy: string
  readonly promises: Promises
  readonly workload: string
  readonly concurrency: number
  /** Operating-system processes that shared the callers; absent for one. */
  readonly processes?: number
  /** 1 for the first. */
  readonly repeat: number
  readonly seed: number
  /** How long an application worked between read and write; absent in older files, where it is that of the settings. */
  readonly workInsideMs?: number
  /** How long the callers played, warm-up excluded. */
  readonly elapsedMs: number
  readonly counts: {
    readonly held: number
    /** Holds answered a second time for an id already held; not part of `held`. */
    readonly replayed: number
    readonly soldOut: number
    readonly contended: number
    readonly idReused: number
    readonly unknown: number
    readonly confirmed: number
    readonly confirmGone: number
    readonly released: number
    readonly reads: number
  }
  /** New holds granted per second. */
  readonly goodputPerSecond: number
  /** Milliseconds, the wait for a pooled connection and unknown outcomes included. Keyed by what was measured. */
  readonly latencyMs: {
    /** Holds by buyers (the role under test), whatever their outcome. */
    readonly hold: Percentiles
    readonly confirm?: Percentiles
    readonly release?: Percentiles
    /** Holds by bystanders, who want other seats than the crowd. */
    readonly bystanderHold?: Percentiles
    /** Reads of availability. */
    readonly read?: Percentiles
  }
  /** Claims tried (the strategy's own retries and the buyer's) per hold granted; 0 where none was granted. */
  readonly attemptsPerSuccess: number
  readonly connectionSecondsPerSuccess: number
  readonly poolWaitMs: Percentiles
  readonly timeSpent?: TimeSpent
  readonly timeline?: Timeline
  /** How many callers' requests travelled together; absent where the strategy does not batch. */
  readonly batches?: Batches
  /** Where the callers came over HTTP at a rate of their own, instead of each waiting for its answer. */
  readonly load?: Load
  readonly verdict: Verdict['verdict']
  /** Whether the verdict is what the strategy promises: an unsafe one is as promised when it is caught or not triggered. */
  readonly asPromised: boolean
  readonly verdictReasons: readonly string[]
  readonly violations: readonly { readonly rule: Rule; readonly kind: string; readonly message: string }[]
  readonly violationsTotal: number
  /** Units sold beyond capacity (hard). */
  readonly oversoldUnits: number
  /** Units held or sold beyond capacity at one moment (hard and soft). */
  readonly overheldUnits: number
  readonly spuriousRefusals: number
  /** The conviction as text: a timeline of the colliding holds. Present when invalid. */
  readonly conviction?: string
  /** The first oversell of the conviction, as data. */
  readonly race?: Race
  /** Where the history was kept; for convictions, and where asked for. Relative to the results file. */
  readonly historyFile?: string
}

/** Between read and write, in this trial of these results. */
export function workInsideMsOf({ settings }: Pick<Results, 'settings'>, { workInsideMs }: Trial): number {
  return workInsideMs ?? settings.workInsideMs
}

/** Callers per batch, over all batches of these repeats; absent where the strategy does not batch. */
export function batchMean(
  results: Pick<Results, 'trials' | 'settings'>,
  of: Pick<Trial, 'strategy' | 'workload' | 'concurrency' | 'workInsideMs'>,
): number | undefined {
  let count = 0
  let callers = 0
  for (const trial of results.trials) {
    const { strategy, workload, concurrency, batches } = trial
    const isMeant =
      strategy === of.strategy &&
      workload === of.workload &&
      concurrency === of.concurrency &&
      workInsideMsOf(results, trial) === (of.workInsideMs ?? results.settings.workInsideMs)
    if (!isMeant || batches === undefined) continue
    count += batches.count
    callers += batches.count * batches.mean
  }
  return count === 0 ? undefined : callers / count
}
