/** The control of every run: a strategy that checks, then acts, and must be caught. */
import { registry, type StrategyEntry } from '../../strategies/registry.ts'

/** All callers arrive at once, so that the control oversells within a few rounds. */
export const CONTROL_WORKLOAD = 'drain'

/** The first line of the registry that promises never to be safe. */
export function controlEntry(): StrategyEntry {
  const entry = registry.find(({ promises }) => promises.safe === 'never')
  if (entry === undefined) throw new Error('the registry has no unsafe strategy, so nothing could be proven')
  return entry
}
