/** A strategy that is broken on purpose: no strategy of the registry can come into a deadlock. */

import { variant } from '../../experiments/variants/variant.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'

export const deadlocking: StrategyEntry = variant(
  'postgres-select-for-update',
  'postgres-locked-as-asked',
  'row locks in the order asked for',
  () => import('../../experiments/variants/locked-as-asked.ts'),
)

/** All that are recorded. */
export const recordedEntries: readonly StrategyEntry[] = [...registry, deadlocking]
