/** The trials of a comparison, and their order. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import { ofShard, type Shard } from '../results/shard.ts'
import { CHURN_MS_MIN } from '../workloads/churn.ts'

/** Trials for every strategy: each of these workloads with each number of callers, `repeats` times. */
export interface Section {
  readonly workloads: readonly PlannedWorkload[]
  readonly concurrency: readonly number[]
  readonly repeats: number
  /** The names of the strategies that run it, if they are in the plan; by default all. */
  readonly strategies?: readonly string[]
  /** These replace the plan's. */
  readonly criticalSectionMs?: number
  readonly poolSize?: number
  readonly networkLatencyMs?: number
  /** For workloads to which buyers come at their own times. */
  readonly arrivalsPerSecond?: number
  /** Operating-system processes that share the callers; by default those of the run. */
  readonly processes?: number
  /** Estimated: how much longer a trial takes, because calls still wait in a queue at its end. */
  readonly tailMs?: number
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
  /** Only this part of the rounds; absent for all. */
  readonly shard?: Shard
}

/** One workload with one number of callers, run once by every strategy with the same seed. */
export interface Round
  extends Pick<Section, 'networkLatencyMs' | 'arrivalsPerSecond' | 'processes' | 'tailMs'> {
  readonly workload: string
  readonly durationMs: number
  readonly concurrency: number
  /** 1 for the first. */
  readonly repeat: number
  readonly seed: number
  readonly criticalSectionMs: number
  readonly poolSize: number
  /** In the order in which they run. */
  readonly strategies: readonly StrategyEntry[]
}

/** The time to create resources, read the store and check the history, as measured on two cores. */
const TRIAL_OVERHEAD_MS = 300

/**
 * Every round of a plan. Repeats are the outermost loop, so that a machine that slows down affects all
 * sections and workloads. Each round begins with another strategy, so that none always runs first or last. A
 * shard has whole rounds, so that strategies are compared on one machine.
 */
export function rounds(plan: ComparisonPlan): readonly Round[] {
  const all: Round[] = []
  const repeats = Math.max(0, ...plan.sections.map((section) => section.repeats))
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const section of plan.sections) {
      const strategies = participantsOf(section, plan)
      if (strategies.length === 0 || repeat > section.repeats) continue
      for (const workload of section.workloads) {
        for (const concurrency of section.concurrency) {
          const place = { workload, concurrency, repeat }
          all.push({ ...roundOf(section, plan, place), strategies: rotated(strategies, all.length) })
        }
      }
    }
  }
  return ofShard(all, plan.shard)
}

function roundOf(
  section: Section,
  plan: ComparisonPlan,
  {
    workload,
    concurrency,
    repeat,
  }: { readonly workload: PlannedWorkload; readonly concurrency: number; readonly repeat: number },
): Omit<Round, 'strategies'> {
  const { networkLatencyMs = plan.networkLatencyMs, arrivalsPerSecond, processes, tailMs } = section
  return {
    workload: workload.name,
    durationMs: workload.durationMs,
    concurrency,
    repeat,
    seed: derivedSeed(plan.seed, `${workload.name}/${concurrency}/${repeat}`),
    criticalSectionMs: section.criticalSectionMs ?? plan.criticalSectionMs,
    poolSize: section.poolSize ?? plan.poolSize,
    ...networkOf({ networkLatencyMs }),
    ...(arrivalsPerSecond !== undefined && { arrivalsPerSecond }),
    ...(processes !== undefined && { processes }),
    ...(tailMs !== undefined && { tailMs }),
  }
}

function participantsOf(section: Section, { strategies }: ComparisonPlan): readonly StrategyEntry[] {
  const { strategies: names } = section
  return names === undefined ? strategies : strategies.filter(({ name }) => names.includes(name))
}

/** The estimated duration of one trial of this round. */
export function plannedTrialMs(
  round: Pick<Round, 'durationMs' | 'tailMs'>,
  plan: { readonly warmupMs: number },
): number {
  return plan.warmupMs + round.durationMs + (round.tailMs ?? 0) + TRIAL_OVERHEAD_MS
}

/** The estimated duration of the whole plan, including the control. */
export function plannedMs(plan: ComparisonPlan): number {
  return rounds(plan).reduce(
    (sum, round) => sum + round.strategies.length * plannedTrialMs(round, plan),
    TRIAL_OVERHEAD_MS + plan.warmupMs,
  )
}

/** A seed for each round, derived from the seed of the run: FNV-1a over both. */
export function derivedSeed(seed: number, label: string): number {
  let hash = 0x811c9dc5
  for (const character of `${seed}/${label}`) {
    hash ^= character.codePointAt(0) ?? 0
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}

/** A workload with a duration, raised to the minimum of the workload, so that the estimate is right. */
export function lasting(name: string, durationMs: number): PlannedWorkload {
  return {
    name,
    durationMs: name === 'churn' || name === 'sweep' ? Math.max(durationMs, CHURN_MS_MIN) : durationMs,
  }
}

/** The same items, beginning with another one. */
export function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const start = items.length === 0 ? 0 : by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

/** As a part of the settings that go on to a trial, and into the results. */
export function networkOf({
  networkLatencyMs,
}: {
  readonly networkLatencyMs?: number | undefined
}): Pick<ComparisonPlan, 'networkLatencyMs'> {
  return networkLatencyMs === undefined ? {} : { networkLatencyMs }
}
