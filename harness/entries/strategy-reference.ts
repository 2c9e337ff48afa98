/** How one process tells another which strategy to open. */
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { loadOwnStrategy } from './own-strategy.ts'

/** By its name in the registry, or from a user's file. */
export type StrategyReference = { readonly name: string } | { readonly file: string }

export async function entryOf(strategy: StrategyReference): Promise<StrategyEntry> {
  if ('file' in strategy) return await loadOwnStrategy(strategy.file)
  const entry = registry.find(({ name }) => name === strategy.name)
  if (entry === undefined) throw new Error(`the registry has no ${strategy.name}`)
  return entry
}
