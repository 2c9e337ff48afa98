/** Whether several processes can run one strategy together. */
import { registry, type StrategyEntry } from '../../strategies/registry.ts'

/** Why not, in a sentence. They need an engine in common, and the strategy's code by name or file. */
export function whyNotShareable(entry: StrategyEntry): string | undefined {
  if (entry.engines.length === 0) {
    return `${entry.name} uses no engine, so several processes would have nothing in common`
  }
  if (entry.file === undefined && !registry.includes(entry)) {
    return `${entry.name} is not in the registry and has no file, so no other process can load it`
  }
  return undefined
}
