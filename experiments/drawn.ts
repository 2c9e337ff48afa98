/** The strategies of the diagrams in docs/diagrams: those of the registry, and what only a drawing needs. */
import { registry, type StrategyEntry } from '../strategies/registry.ts'
import type { HoldRequest, Line } from '../strategies/strategy.ts'
import { afterManyLeases } from './variants/after-many-leases.ts'
import { lockingIn } from './variants/one-lock-each.ts'
import { variant } from './variants/variant.ts'

/** Bob names his seats in the opposite order. */
function asNamed({ holdId, lines }: HoldRequest): readonly Line[] {
  return holdId.startsWith('bob') ? lines.toReversed() : lines
}

/** By name, which a schedule has. */
export const drawnEntries: readonly StrategyEntry[] = [
  ...registry.map((entry) => (entry.name === 'redis-setnx-fenced' ? afterManyLeases(entry) : entry)),
  variant('postgres-select-for-update', 'postgres-locks-as-named', 'row locks in any order', async () =>
    lockingIn(asNamed),
  ),
]
