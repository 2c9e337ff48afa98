/**
 * Whether the engines, as they are set up, can put a strategy to the test. Asked before anything is run: what
 * cannot work there is left out and told, and is no failure of the strategy.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import type { Unfit } from '../engines/engine.ts'
import type { Engines } from '../engines/open.ts'

/** The first engine that cannot. Engines that are not there are passed over: they are told of as missing. */
export function whyUnfit(
  entry: StrategyEntry,
  engines: Engines,
): (Unfit & { readonly engine: EngineName }) | undefined {
  for (const engine of entry.engines) {
    const needs = { sessionState: entry.promises.needsSession, servers: entry.serversMin?.[engine] ?? 1 }
    const unfit = engines[engine]?.refusal?.(needs)
    if (unfit !== undefined) return { ...unfit, engine }
  }
  return undefined
}
