/** Opens the engines that a command needs. */
import {
  type OpenEnginesOptions,
  type OpenedEngines,
  openEngines,
  refuseUnreadableAddresses,
} from '../harness/engines/open.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import type { Context } from './context.ts'

export type EngineChoice = Pick<OpenEnginesOptions, 'durability' | 'from' | 'servers'>

type Needs = Pick<StrategyEntry, 'engines'>

/**
 * Every engine that one of these needs. `signal`: gives up waiting for one that starts. Rejects with an
 * `EngineError` for an address that cannot be used as it is written.
 */
export async function openFor(
  entries: readonly Needs[],
  choice: EngineChoice,
  context: Context,
  signal?: AbortSignal,
): Promise<OpenedEngines> {
  const { from = 'local' } = choice
  if (from === 'local') await refuseUnreadable(entries, context)
  const {
    env,
    engines: kinds,
    output: { err },
  } = context
  const names = new Set(entries.flatMap((entry) => entry.engines))
  const log = (line: string): void => err.write(`${line}\n`)
  return await openEngines([...names], { ...choice, kinds, env, log, ...(signal && { signal }) })
}

/** Before anything is run: rejects with an `EngineError` for an address that cannot be used as written. */
export async function refuseUnreadable(
  entries: readonly Needs[],
  { env, engines: kinds }: Pick<Context, 'env' | 'engines'>,
): Promise<void> {
  const names = entries.flatMap(({ engines }) => engines)
  await refuseUnreadableAddresses(names, { kinds, env })
}

/** For explorations and replays: nothing is measured, so as few servers as possible, and not durable. */
export function forExploring({ engines: kinds }: Pick<Context, 'engines'>): EngineChoice {
  const fewest = kinds.flatMap(({ name, servers }) =>
    servers?.toExplore === undefined ? [] : [[name, servers.toExplore] as const],
  )
  return { durability: 'relaxed', servers: Object.fromEntries(fewest) }
}
