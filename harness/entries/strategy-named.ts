import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import { unknownName } from './did-you-mean.ts'
import { loadOwnStrategy } from './own-strategy.ts'
import { isServiceUrl } from './service/load-service.ts'
import { UsageError } from './usage-error.ts'

const ONLY_JUDGED =
  'a service at an address is judged by compare and conform alone: the rest needs the strategy’s own connections'

/**
 * A strategy of the registry by its name, or from a user's file, which may need these engines; any if absent.
 * Throws `UsageError`.
 */
export async function strategyNamed(given: string, engines?: readonly EngineName[]): Promise<StrategyEntry> {
  const known = registry.find(({ name }) => name === given)
  if (known !== undefined) return known
  if (isServiceUrl(given)) throw new UsageError(ONLY_JUDGED)
  if (/[./\\]/.test(given)) return loadOwnStrategy(given, engines)
  throw new UsageError(
    unknownName(
      'strategy',
      given,
      registry.map(({ name }) => name),
    ),
  )
}
