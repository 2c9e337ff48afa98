/** `compare --fault`: which fault, on whom, and with which engines. */
import { UsageError } from '../../harness/entries/usage-error.ts'
import { faultNamed } from '../../harness/faults/fault-named.ts'
import { type FaultPlan, faultPlanOf, whyNotInTrials } from '../../harness/faults/struck-trial.ts'
import type { RunFault } from '../../harness/results/settings.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { Context } from '../context.ts'
import type { EngineChoice } from '../engines.ts'
import type { CompareOptions } from './options.ts'

/** Undefined if none was asked for. Throws `UsageError`, also for a named strategy that it does not suit. */
export function faultPlanFor(
  options: CompareOptions,
  entries: readonly StrategyEntry[],
  { engines }: Context,
): FaultPlan | undefined {
  if (options.fault === undefined) return undefined
  const fault = faultNamed(options.fault)
  const why = whyNotInTrials(fault)
  if (why !== undefined) throw new UsageError(why)
  if (options.processes !== undefined)
    throw new UsageError('--fault watches the calls of one process: leave out --processes')
  const plan = faultPlanOf(fault, entries, engines)
  const known = registry.map(({ name }) => name)
  const isNamed = (strategy: string): boolean =>
    options.strategies !== undefined || !known.includes(strategy) || plan.struck.size === 0
  const absent = plan.notFor.find(({ strategy }) => isNamed(strategy))
  if (absent !== undefined)
    throw new UsageError(`${fault.name} does not apply to ${absent.strategy}: ${absent.why}`)
  return plan
}

/** What the fault needs of the engines that are started. Throws `UsageError` if the options say otherwise. */
export function engineChoiceFor(
  chosen: EngineChoice,
  { fault, struck }: FaultPlan,
  { durability: asked }: Pick<CompareOptions, 'durability'>,
): EngineChoice {
  const { kills, durability, recordServers } = fault.needs
  // A fault of the network is one whatever the durability; a crash is another one for each.
  const isOfDurability = kills === 'record'
  if (isOfDurability && asked !== undefined && asked !== durability)
    throw new UsageError(`${fault.name} happens to servers that are started with --durability ${durability}`)
  const records = new Set([...struck.values()].map(({ subject }) => subject.record.name))
  const more =
    recordServers === undefined
      ? {}
      : Object.fromEntries([...records].map((name) => [name, recordServers] as const))
  return {
    ...chosen,
    ...(isOfDurability && { durability }),
    servers: { ...chosen.servers, ...more },
  }
}

/** Requests carry their texts, so that a fault can wait for a commit. */
export function legible(context: Context): Context {
  return {
    ...context,
    env: Object.assign({}, context.env, ...context.engines.map(({ legibleWith }) => legibleWith)),
  }
}

/** As the results say it. */
export function runFaultOf({ fault, notFor }: FaultPlan): RunFault {
  return { name: fault.name, title: fault.title, notFor }
}
