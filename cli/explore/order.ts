/** Parses the options of `holdfast explore`. Throws a `UsageError` before anything is started. */
import { unknownName } from '../../harness/entries/did-you-mean.ts'
import { strategyNamed } from '../../harness/entries/strategy-named.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import type { Scenario } from '../../harness/explore/scenario.ts'
import { allScenarios, inapplicable, scenarios } from '../../harness/explore/scenario.ts'
import { CLIENTS } from '../../harness/explore/schedule.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import { parseList, parseWhole } from '../arguments.ts'
import { type Context, engineNames } from '../context.ts'
import { type ExploreOptions, SCHEDULES } from './options.ts'

export interface ExploreOrder {
  readonly entries: readonly StrategyEntry[]
  readonly scenarios: readonly Scenario[]
  readonly clients: number
  readonly schedulesMax: number
}

export async function orderOf(options: ExploreOptions, context: Context): Promise<ExploreOrder> {
  const clients = parseWhole(options.clients, '--clients', CLIENTS)
  const schedulesMax = parseWhole(options.schedulesMax, '--schedules-max', SCHEDULES)
  const chosen = scenariosFor(options)
  const entries = await strategiesFor(options, context)
  if (
    !entries.some((entry) =>
      chosen.some((scenario) => inapplicable(scenario, entry, context.engines) === undefined),
    )
  ) {
    throw new UsageError('none of these scenarios applies to any of these strategies')
  }
  return { entries, scenarios: chosen, clients, schedulesMax }
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
