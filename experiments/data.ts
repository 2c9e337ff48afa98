/** What an experiment has measured: figures by condition. */
import type { Durability } from '../harness/engines/engine.ts'
import { figureOver, type RankedFigure } from '../harness/report/ranking.ts'
import { type Standing, standingOf } from '../harness/report/standing.ts'
import type { Results } from '../harness/results/results.ts'
import type { Trial } from '../harness/results/trial.ts'
import { type FigureName, figureKinds } from './figures.ts'

/** The conditions of a figure; what is not named must not differ. */
export interface Condition {
  readonly strategy: string
  readonly workload?: string
  readonly concurrency?: number
  readonly poolSize?: number
  readonly criticalSectionMs?: number
  readonly networkLatencyMs?: number
  /** 0 where callers ask as soon as they are free. */
  readonly arrivalsPerSecond?: number
  readonly processes?: number
  readonly durability?: Durability
  /** The name of the engines' setup. */
  readonly setup?: string
}

/** Every condition of one group of repeats. */
export type FullCondition = Required<Condition>

export interface Measured extends RankedFigure {
  readonly figure: FigureName
  readonly of: FullCondition
}

export interface ExperimentRun {
  readonly durability: Durability
  /** Absent: the engines of the environment. */
  readonly setup?: string
  readonly results: Results
}

interface Group {
  readonly of: FullCondition
  readonly trials: readonly Trial[]
}

export class ExperimentData {
  readonly runs: readonly ExperimentRun[]
  readonly #groups: readonly Group[]
  /** Intervals are drawn by bootstrap, and asked for again by tables, charts and sentences. */
  readonly #figures = new Map<string, Measured | undefined>()
  readonly #standings = new Map<string, Standing>()

  /** One run for each durability and setup of the experiment. */
  constructor(runs: readonly ExperimentRun[]) {
    this.runs = runs
    const keyed = runs.flatMap((run) =>
      run.results.trials.map((trial) => ({ trial, of: conditionOf(trial, run) })),
    )
    this.#groups = [...Map.groupBy(keyed, ({ of }) => JSON.stringify(of)).values()].flatMap((all) => {
      const of = all[0]?.of
      return of === undefined ? [] : [{ of, trials: all.map(({ trial }) => trial) }]
    })
  }

  /** Every condition that was measured, in the order of the plan. */
  get conditions(): readonly FullCondition[] {
    return this.#groups.map(({ of }) => of)
  }

  /** The repeats under one condition. Throws a `RangeError` if it names several. */
  trials(condition: Condition): readonly Trial[] {
    const found = this.#groups.filter(({ of }) => isWithin(of, condition))
    if (found.length > 1)
      throw new RangeError(`${JSON.stringify(condition)} names ${found.length} conditions, not one`)
    return found[0]?.trials ?? []
  }

  /**
   * A figure over all repeats. Undefined if it was not measured, if the strategy is not found valid in this
   * run, or if one of the repeats does not carry it.
   */
  figure(figure: FigureName, condition: Condition): Measured | undefined {
    const key = `${figure} ${JSON.stringify(condition)}`
    if (!this.#figures.has(key)) this.#figures.set(key, this.#figure(figure, condition))
    return this.#figures.get(key)
  }

  #figure(figure: FigureName, condition: Condition): Measured | undefined {
    const trials = this.trials(condition)
    const [group] = this.#groups.filter(({ of }) => isWithin(of, condition))
    if (group === undefined || this.standing(condition.strategy).kind !== 'valid') return undefined
    const repeats = trials.flatMap((trial) => {
      const sampled = figureKinds[figure].of(trial)
      if (sampled === undefined) return []
      const { elapsedMs, generatorBusy } = trial
      return [{ ...sampled, durationMs: elapsedMs, ...(generatorBusy !== undefined && { generatorBusy }) }]
    })
    const over = repeats.length < trials.length ? undefined : figureOver(repeats)
    return over && { ...over, figure, of: group.of }
  }

  /** How the strategy came out of the first run in which it is not valid, or of the last. */
  standing(strategy: string): Standing {
    const known = this.#standings.get(strategy)
    if (known !== undefined) return known
    const found = this.#standing(strategy)
    this.#standings.set(strategy, found)
    return found
  }

  #standing(strategy: string): Standing {
    const all = this.runs.map(({ results }) => standingOf(results, strategy))
    return (
      all.find(({ kind }) => kind !== 'valid') ?? all.at(-1) ?? { kind: 'not-proven', why: 'it was not run' }
    )
  }

  /** Strategies of the plan that have no figures, and why. */
  get withoutFigures(): readonly { readonly strategy: string; readonly why: string }[] {
    const names = new Set(
      this.runs.flatMap(({ results }) => [
        ...results.trials.map(({ strategy }) => strategy),
        ...results.notProven.map(({ strategy }) => strategy),
      ]),
    )
    return [...names].flatMap((strategy) => {
      const standing = this.standing(strategy)
      if (standing.kind === 'valid') return []
      return [{ strategy, why: standing.kind === 'not-proven' ? standing.why : standing.kind }]
    })
  }
}

function conditionOf(trial: Trial, { durability, setup = '', results }: ExperimentRun): FullCondition {
  return {
    strategy: trial.strategy,
    workload: trial.workload,
    concurrency: trial.concurrency,
    poolSize: trial.poolSize ?? results.settings.poolSize,
    criticalSectionMs: trial.criticalSectionMs,
    networkLatencyMs: trial.network?.latencyMs ?? 0,
    arrivalsPerSecond: trial.arrivalsPerSecond ?? 0,
    processes: trial.processes ?? 1,
    durability,
    setup,
  }
}

function isWithin(of: FullCondition, condition: Condition): boolean {
  return Object.entries(condition).every(([key, value]) => of[key as keyof Condition] === value)
}
