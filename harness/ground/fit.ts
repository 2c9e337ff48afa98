/**
 * Whether a strategy can be tested on the engines with their current settings. Checked before anything is
 * run: a strategy that cannot work there is left out and reported, which is not a failure of the strategy.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import type { Unfit } from '../engines/engine.ts'
import type { Engines } from '../engines/open.ts'

/** The first unsuitable engine. Missing engines are skipped: they are reported as missing. */
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
