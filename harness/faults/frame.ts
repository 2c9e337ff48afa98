/** Everything that could be in the table of faults: for a page, a picture and a document. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineKind } from '../engines/engine.ts'
import type { FaultFrame } from '../report/fault-grid.ts'
import { whyMissed } from './explanations.ts'
import type { FaultKind } from './fault.ts'
import { predicted } from './predictions.ts'

/** Strategies that oversell without any fault are left out: nothing can happen to them. */
export function frameOf(
  faults: readonly FaultKind[],
  entries: readonly StrategyEntry[],
  kinds: readonly EngineKind[],
): FaultFrame {
  return {
    faults: faults.map(({ name, title, does }) => ({ name, title, does })),
    strategies: entries.filter(({ promises }) => promises.safe !== 'never').map(({ name }) => name),
    whyMissed,
    whyNot(faultName, strategy) {
      const fault = faults.find(({ name }) => name === faultName)
      const entry = entries.find(({ name }) => name === strategy)
      if (fault === undefined || entry === undefined) return undefined
      const found = predicted(fault, entry, kinds)
      return found.kind === 'not-applicable' ? found.why : undefined
    },
  }
}
