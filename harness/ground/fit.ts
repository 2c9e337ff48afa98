/**
 * Whether a strategy can be tested on the engines with their current settings. Checked before anything is
 * run: a strategy that cannot work there is left out and reported, which is not a failure of the strategy.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import type { Unfit } from '../engines/engine.ts'
import { withoutEngine } from '../engines/missing.ts'
import type { Engines, OpenedEngines } from '../engines/open.ts'
import type { NotProven } from '../results/strategies.ts'

/** The first unsuitable engine. Missing engines are skipped: they are reported as missing. */
export function whyUnfit(
  entry: StrategyEntry,
  engines: Engines,
): (Unfit & { readonly engine: EngineName }) | undefined {
  for (const engine of entry.engines) {
    const needs = {
      sessionState: entry.promises.needsSession,
      servers: entry.serversMin?.[engine] ?? 1,
      isAlone: entry.engines.length === 1,
      reliesOn: [...(entry.ledger?.reliesOn?.[engine] ?? []), ...(entry.reliesOn?.[engine] ?? [])],
    }
    const unfit = engines[engine]?.refusal?.(needs)
    if (unfit !== undefined) return { ...unfit, engine }
  }
  return undefined
}

/** Why a strategy cannot be tested on the opened engines: one is missing, or not suitable. */
export function whyNotTestable(
  entry: StrategyEntry,
  { engines, missing }: Pick<OpenedEngines, 'engines' | 'missing'>,
): NotProven | undefined {
  const lacking = missing.find(({ name }) => entry.engines.includes(name))
  if (lacking !== undefined) return withoutEngine(entry.name, lacking)
  const unfit = whyUnfit(entry, engines)
  return unfit && { strategy: entry.name, why: unfit.why, remedy: unfit.remedy }
}
