import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import { unknownName } from './did-you-mean.ts'
import { loadOwnStrategy } from './own-strategy.ts'
import { UsageError } from './usage-error.ts'

/**
 * A strategy of the registry by its name, or from a user's file, which may need these engines; any if absent.
 * Throws `UsageError`.
 */
export async function strategyNamed(given: string, engines?: readonly EngineName[]): Promise<StrategyEntry> {
  const known = registry.find(({ name }) => name === given)
  if (known !== undefined) return known
  if (/[./\\]/.test(given)) return loadOwnStrategy(given, engines)
  throw new UsageError(
    unknownName(
      'strategy',
      given,
      registry.map(({ name }) => name),
    ),
  )
}
