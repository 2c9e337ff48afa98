/** Makes an entry like the registry's of a strategy that is not in the registry: a user's own, or one under test. */
import { type Connections, PROMISES_DEFAULT, type StrategyEntry } from '../../strategies/registry.ts'
import type {
  EngineName,
  Promises,
  ReservationStrategy,
  StrategySettings,
} from '../../strategies/strategy.ts'
import { withValidation } from '../../strategies/validation.ts'

export interface StrategyOfOnesOwn {
  readonly name: string
  readonly summary?: string
  /** What it needs to be handed; nothing by default. */
  readonly engines?: readonly EngineName[]
  readonly promises?: Partial<Promises>
  /** From where another process can load it too. */
  readonly file?: string
  /** Makes one that starts empty; called once per trial. */
  create(
    connections: Connections,
    settings: StrategySettings,
  ): ReservationStrategy | Promise<ReservationStrategy>
}

export function entryFor(own: StrategyOfOnesOwn): StrategyEntry {
  return {
    name: own.name,
    summary: own.summary ?? 'a strategy of your own',
    engines: own.engines ?? [],
    promises: { ...PROMISES_DEFAULT, ...own.promises },
    ...(own.file !== undefined && { file: own.file }),
    async open(connections, settings) {
      return withValidation(await own.create(connections, settings))
    },
  }
}
