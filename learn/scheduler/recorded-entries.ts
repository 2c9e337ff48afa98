/** The strategies that are recorded: those of the registry, and one that is broken on purpose. */
import { drawnEntries } from '../../experiments/drawn.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'

/**
 * No strategy of the registry can come into a deadlock; this one locks in the order in which seats are named.
 */
const DEADLOCKING = 'postgres-locks-as-named'

/** What deadlocks is there for its deadlock alone, which two seats show. */
export function isDeadlocking({ name }: Pick<StrategyEntry, 'name'>): boolean {
  return name === DEADLOCKING
}

export const recordedEntries: readonly StrategyEntry[] = [...registry, ...drawnEntries.filter(isDeadlocking)]
