/** What a comparison will run, and in which order. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import { CHURN_MS_MIN } from '../workloads/churn.ts'

/**
 * The same few trials for every strategy: each of these workloads at each number of callers, so many times.
 */
export interface Section {
  readonly workloads: readonly PlannedWorkload[]
  readonly concurrency: readonly number[]
  readonly repeats: number
  /** Names of those that play it, as far as they are in the plan; all of them by default. */
  readonly strategies?: readonly string[]
  /** Instead of the plan's own. */
  readonly criticalSectionMs?: number
}

export interface PlannedWorkload {
  readonly name: string
  readonly durationMs: number
}

export interface ComparisonPlan {
  readonly strategies: readonly StrategyEntry[]
  readonly sections: readonly Section[]
  readonly seed: number
  readonly warmupMs: number
  readonly poolSize: number
  readonly criticalSectionMs: number
  /** Added to each round trip between strategies and engines; absent for none. */
  readonly networkLatencyMs?: number
}

/** One workload, one number of callers, once; every strategy plays it with the same seed. */
export interface Round {
  readonly workload: string
  readonly durationMs: number
  readonly concurrency: number
  /** 1 for the first. */
  readonly repeat: number
  readonly seed: number
  readonly criticalSectionMs: number
  /** The order in which the strategies play. */
  readonly strategies: readonly StrategyEntry[]
}

/**
 * Making the resources, reading the store and judging the history, beside the load itself.
 * As measured on two cores.
 */
const TRIAL_OVERHEAD_MS = 300

/**
 * Every round of a plan. Repeats are outermost, so that a machine that slows down halfway slows all
 * of them; and each round begins with another strategy, so that none is always first on a cold cache
 * or last on a warm machine.
 */
export function rounds(plan: ComparisonPlan): readonly Round[] {
  const all: Round[] = []
  for (const section of plan.sections) {
    const strategies = playersOf(section, plan)
    if (strategies.length === 0) continue
    const criticalSectionMs = section.criticalSectionMs ?? plan.criticalSectionMs
    for (let repeat = 1; repeat <= section.repeats; repeat++) {
      for (const workload of section.workloads) {
        for (const concurrency of section.concurrency) {
          all.push({
            workload: workload.name,
            durationMs: workload.durationMs,
            concurrency,
            repeat,
            seed: derivedSeed(plan.seed, `${workload.name}/${concurrency}/${repeat}`),
            criticalSectionMs,
            strategies: rotated(strategies, all.length),
          })
        }
      }
    }
  }
  return all
}

function playersOf(section: Section, { strategies }: ComparisonPlan): readonly StrategyEntry[] {
  const { strategies: names } = section
  return names === undefined ? strategies : strategies.filter(({ name }) => names.includes(name))
}

/** About how long one trial of this round takes, all told. */
export function plannedTrialMs(
  round: { readonly durationMs: number },
  plan: { readonly warmupMs: number },
): number {
  return plan.warmupMs + round.durationMs + TRIAL_OVERHEAD_MS
}

/** About how long the whole plan takes, the control included. */
export function plannedMs(plan: ComparisonPlan): number {
  return rounds(plan).reduce(
    (sum, round) => sum + round.strategies.length * plannedTrialMs(round, plan),
    TRIAL_OVERHEAD_MS + plan.warmupMs,
  )
}

/** A seed of its own for each round, the same whenever the run's seed is the same: FNV-1a over both. */
export function derivedSeed(seed: number, label: string): number {
  let hash = 0x811c9dc5
  for (const character of `${seed}/${label}`) {
    hash ^= character.codePointAt(0) ?? 0
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}

/**
 * A workload for so long; longer where it has to be, so that the time told beforehand is the time it takes.
 */
export function lasting(name: string, durationMs: number): PlannedWorkload {
  return {
    name,
    durationMs: name === 'churn' || name === 'sweep' ? Math.max(durationMs, CHURN_MS_MIN) : durationMs,
  }
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const start = items.length === 0 ? 0 : by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
