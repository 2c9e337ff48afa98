/** Parses the arguments of `holdfast faults`. Throws a `UsageError` before anything is started. */
import { availableParallelism } from 'node:os'
import { strategyNamed } from '../../harness/entries/strategy-named.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import type { FaultKind } from '../../harness/faults/fault.ts'
import { faultNamed } from '../../harness/faults/fault-named.ts'
import { type PlannedCell, planOf } from '../../harness/faults/plan.ts'
import { predicted } from '../../harness/faults/predictions.ts'
import { faultKinds } from '../../harness/faults/registry.ts'
import { ofShard, type Shard } from '../../harness/results/shard.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { parseList, parseShard, parseWhole } from '../arguments.ts'
import { type Context, engineNames } from '../context.ts'
import { refuseUnknownRequired } from '../not-proven.ts'

export interface FaultsOptions {
  readonly strategies: readonly string[]
  readonly seeds?: string
  readonly luckySeeds?: string
  readonly seed?: string
  readonly plan?: true
  readonly shard?: string
  readonly jobs?: string
  readonly out: string
  readonly again?: true
  readonly json?: true
}

export const FAULTS_OUT_DEFAULT = 'results/faults'
const SEEDS = { min: 1, max: 1_000 } as const
/** With more, a machine would measure its own delays. */
const JOBS = { min: 1, max: 64 } as const
/** A cell keeps a processor busy for a third of its time: docs/faults.md has the figures. */
const JOBS_PER_PROCESSOR = 2

export interface FaultsOrder {
  readonly faults: readonly FaultKind[]
  readonly entries: readonly StrategyEntry[]
  readonly cells: readonly PlannedCell[]
  /** Which part of a run these cells are; undefined if they are all of it. */
  readonly shard: Shard | undefined
  /** Whether strategies were given by name: then a missing engine is a failure. */
  readonly isNamed: boolean
  /** Cells at once. */
  readonly jobs: number
}

export async function orderOf(
  names: readonly string[],
  options: FaultsOptions,
  context: Context,
): Promise<FaultsOrder> {
  refuseUnknownRequired(context)
  const faults = names.length === 0 ? faultKinds : names.map(faultNamed)
  const isNamed = options.strategies.length > 0
  const wanted = options.strategies.flatMap((each) => parseList(each, '--strategy'))
  const entries = isNamed
    ? [...new Set(await Promise.all(wanted.map((name) => strategyNamed(name, engineNames(context)))))]
    : registry
  const seedsOf = seedsIn(options)
  const all = faults.flatMap((fault) => {
    const { whole, outcomes } = seedsOf(fault)
    const planned = planOf([fault], entries, [...whole, ...outcomes], context.engines)
    return planned.map((cell) => (outcomes.includes(cell.seed) ? { ...cell, isForOutcomeAlone: true } : cell))
  })
  if (all.length === 0) throw new UsageError(whyNone(faults, entries, context))
  const shard = parseShard(options.shard)
  const cells = ofShard(all, shard)
  if (shard !== undefined && cells.length === 0)
    throw new UsageError(`--shard ${shard.index}/${shard.of}: there are fewer runs than shards`)
  return { faults, entries, cells, shard, isNamed, jobs: jobsIn(options) }
}

/** Shards may be run at once on one machine: none of them takes it for itself unasked. */
function jobsIn({ jobs, shard }: FaultsOptions): number {
  if (jobs !== undefined) return parseWhole(jobs, '--jobs', JOBS)
  return shard === undefined ? Math.min(JOBS.max, JOBS_PER_PROCESSOR * availableParallelism()) : 1
}

interface FaultSeeds {
  readonly whole: readonly number[]
  readonly outcomes: readonly number[]
}

/**
 * So many runs where luck matters are needed to say as much as a few say elsewhere. Luck is in the outcome:
 * the time until goodput is back is measured in as many of them as elsewhere.
 */
function seedsIn({ seeds, luckySeeds, seed }: FaultsOptions): (fault: FaultKind) => FaultSeeds {
  if (seed !== undefined) {
    const only = parseWhole(seed, '--seed', SEEDS)
    if (seeds !== undefined) throw new UsageError('--seed is one run: leave out --seeds')
    if (luckySeeds !== undefined) throw new UsageError('--seed is one run: leave out --lucky-seeds')
    return () => ({ whole: [only], outcomes: [] })
  }
  const usual = seeds === undefined ? 1 : parseWhole(seeds, '--seeds', SEEDS)
  const lucky = luckySeeds === undefined ? usual : parseWhole(luckySeeds, '--lucky-seeds', SEEDS)
  return ({ isLucky }) => {
    const all = Array.from({ length: isLucky ? lucky : usual }, (_, at) => at + 1)
    return { whole: all.slice(0, usual), outcomes: all.slice(usual) }
  }
}

function whyNone(faults: readonly FaultKind[], entries: readonly StrategyEntry[], context: Context): string {
  const whys = faults.flatMap((fault) =>
    entries.map((entry) => {
      const found = predicted(fault, entry, context.engines)
      return found.kind === 'not-applicable' ? found.why : ''
    }),
  )
  return `none of these faults can happen to any of these strategies: ${whys[0] ?? 'none was named'}`
}
