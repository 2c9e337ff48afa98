import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { unknownName } from './did-you-mean.ts'
import { loadOwnStrategy } from './own-strategy.ts'
import { UsageError } from './usage-error.ts'

/** A strategy of the registry by its name, or from a file of the user's own. Throws `UsageError`. */
export async function strategyNamed(given: string): Promise<StrategyEntry> {
  const known = registry.find(({ name }) => name === given)
  if (known !== undefined) return known
  if (/[./\\]/.test(given)) return loadOwnStrategy(given)
  throw new UsageError(
    unknownName(
      'strategy',
      given,
      registry.map(({ name }) => name),
    ),
  )
}
