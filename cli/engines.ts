/** Opens the engines that a command needs. */
import { type OpenEnginesOptions, type OpenedEngines, openEngines } from '../harness/engines/open.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import type { Context } from './context.ts'

export type EngineChoice = Pick<OpenEnginesOptions, 'durability' | 'from' | 'servers'>

/** Every engine that one of these needs. `signal`: gives up waiting for one that starts. */
export function openFor(
  entries: readonly Pick<StrategyEntry, 'engines'>[],
  choice: EngineChoice,
  { env, engines: kinds, output: { err } }: Context,
  signal?: AbortSignal,
): Promise<OpenedEngines> {
  const names = new Set(entries.flatMap((entry) => entry.engines))
  const log = (line: string): void => err.write(`${line}\n`)
  return openEngines([...names], { ...choice, kinds, env, log, ...(signal && { signal }) })
}

/** For explorations and replays: nothing is measured, so as few servers as possible, and not durable. */
export function forExploring({ engines: kinds }: Pick<Context, 'engines'>): EngineChoice {
  const fewest = kinds.flatMap(({ name, servers }) =>
    servers?.toExplore === undefined ? [] : [[name, servers.toExplore] as const],
  )
  return { durability: 'relaxed', servers: Object.fromEntries(fewest) }
}
