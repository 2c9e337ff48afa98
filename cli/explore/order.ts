/** Parses the options of `holdfast explore`. Throws a `UsageError` before anything is started. */
import { controlEntry } from '../../harness/entries/control.ts'
import { unknownName } from '../../harness/entries/did-you-mean.ts'
import { strategyNamed } from '../../harness/entries/strategy-named.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import type { Scenario } from '../../harness/explore/scenario.ts'
import { allScenarios, inapplicable, scenarios } from '../../harness/explore/scenario.ts'
import { CLIENTS } from '../../harness/explore/schedule.ts'
import { ofShard, type Shard } from '../../harness/results/shard.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import { parseList, parseShard, parseWhole } from '../arguments.ts'
import { type Context, engineNames } from '../context.ts'
import { refuseUnknownRequired } from '../not-proven.ts'
import { type ExploreOptions, SCHEDULES } from './options.ts'
import { CONTROL_SCENARIO } from './save.ts'

export interface ExploreOrder {
  readonly entries: readonly StrategyEntry[]
  readonly scenarios: readonly Scenario[]
  readonly clients: number
  readonly schedulesMax: number
  readonly shard: Shard | undefined
  /** What all parts of the run explore together. */
  readonly whole: { readonly entries: readonly StrategyEntry[]; readonly scenarios: readonly Scenario[] }
  /** Of these strategies and scenarios, whether this part of the run has it. */
  isWanted(entry: StrategyEntry, scenario: Scenario): boolean
}

export async function orderOf(options: ExploreOptions, context: Context): Promise<ExploreOrder> {
  refuseUnknownRequired(context)
  const clients = parseWhole(options.clients, '--clients', CLIENTS)
  const schedulesMax = parseWhole(options.schedulesMax, '--schedules-max', SCHEDULES)
  const shard = parseShard(options.shard)
  const isSaved = options.out !== undefined
  if (shard !== undefined && !isSaved)
    throw new UsageError('--shard needs --out: holdfast report puts the files of all shards together')
  const named = scenariosFor(options)
  const strategies = await strategiesFor(options, context)
  const pairs = strategies.flatMap((entry) =>
    named
      .filter((scenario) => inapplicable(scenario, entry, context.engines) === undefined)
      .map((scenario) => ({ entry, scenario })),
  )
  if (pairs.length === 0) throw new UsageError('none of these scenarios applies to any of these strategies')
  const own = ofShard(pairs, shard)
  if (shard !== undefined && own.length === 0)
    throw new UsageError(`--shard ${shard.index}/${shard.of}: there are only ${pairs.length} explorations`)
  // What is saved proves something only beside a control that was caught.
  const all = isSaved ? [...own, controlPair()] : own
  return {
    entries: [...new Set(all.map(({ entry }) => entry))],
    scenarios: [...new Set(all.map(({ scenario }) => scenario))],
    clients,
    schedulesMax,
    shard,
    whole: { entries: strategies, scenarios: named },
    isWanted: (entry, scenario) => all.some((pair) => pair.entry === entry && pair.scenario === scenario),
  }
}

function controlPair(): { readonly entry: StrategyEntry; readonly scenario: Scenario } {
  return { entry: controlEntry(), scenario: scenarioNamed(CONTROL_SCENARIO) }
}

export function scenarioNamed(name: string): Scenario {
  const scenario = allScenarios.find((each) => each.name === name)
  if (scenario !== undefined) return scenario
  const known = allScenarios.map((each) => each.name)
  throw new UsageError(unknownName('scenario', name, known))
}

function scenariosFor(options: ExploreOptions): readonly Scenario[] {
  if (options.scenarios === undefined) return scenarios
  return parseList(options.scenarios, '--scenario').map(scenarioNamed)
}

async function strategiesFor(options: ExploreOptions, context: Context): Promise<readonly StrategyEntry[]> {
  const known = engineNames(context)
  const entries = await strategiesNamed(options, known)
  const engines = options.on === undefined ? known : parseList(options.on, '--on')
  for (const name of engines) {
    if (!known.includes(name)) throw new UsageError(unknownName('engine', name, known))
  }
  const fitting = entries.filter((entry) => entry.engines.every((name) => engines.includes(name)))
  if (fitting.length === 0)
    throw new UsageError(`none of these strategies can run with only ${engines.join(' and ')}`)
  const engineless = fitting.find((entry) => entry.engines.length === 0)
  if (engineless !== undefined) {
    throw new UsageError(`${engineless.name} uses no engine, so there are no steps to schedule`)
  }
  return fitting
}

/** Each once, in the given order; all if none was named. */
async function strategiesNamed(
  options: ExploreOptions,
  engines: readonly EngineName[],
): Promise<readonly StrategyEntry[]> {
  const listed = options.strategies === undefined ? [] : parseList(options.strategies, '--strategies')
  const names = [...listed, ...options.strategy]
  if (names.length === 0) return registry
  return [...new Set(await Promise.all(names.map((name) => strategyNamed(name, engines))))]
}
