/** The control of every run: a strategy that checks, then acts, and must be caught. */
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { IN_PROCESS_CONTROL } from './in-process-control.ts'

/**
 * The control of a run of these strategies: the registry's, or one without an engine if no strategy needs the
 * engine of that one.
 */
export function controlFor(strategies: readonly StrategyEntry[]): StrategyEntry {
  const control = controlEntry()
  const isNeeded = strategies.some(({ engines }) => control.engines.every((each) => engines.includes(each)))
  return isNeeded ? control : IN_PROCESS_CONTROL
}

/** All callers arrive at once, so that the control oversells within a few rounds. */
export const CONTROL_WORKLOAD = 'drain'

/** The first line of the registry that promises never to be safe. */
export function controlEntry(): StrategyEntry {
  const entry = registry.find(({ promises }) => promises.safe === 'never')
  if (entry === undefined) throw new Error('the registry has no unsafe strategy, so nothing could be proven')
  return entry
}
