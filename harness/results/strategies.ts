/** The schemas of strategies: promises, description, engines, and why one was not tested. */
import type { Static } from 'typebox'
import type { EngineName, Promises } from '../../strategies/strategy.ts'
import { choice, describes, figure, list, object, optional, text, yesOrNo } from './schema.ts'

export const EngineNameSchema = describes<EngineName>()(text)

/** As in the contract. */
export const PromisesSchema = describes<Promises>()(
  object({
    safe: choice('always', 'without-faults', 'never'),
    unsafeUnder: list(choice('client-pause', 'lost-writes')),
    refusals: choice('exact', 'spurious'),
    contention: choice('waits', 'gives-up', 'retries', 'polls', 'never'),
    expiry: choice('lazy', 'engine'),
    clock: EngineNameSchema,
    freesLateMs: figure,
    refusedIds: choice('retryable', 'final'),
    fairness: choice('queue', 'none'),
    needsSession: yesOrNo,
    batches: yesOrNo,
  }),
)

/** The description of a strategy, from the registry or from a user's own file. */
export const StrategyFactsSchema = object({
  name: text,
  /** The technique in a few words. */
  summary: text,
  /** The engines that it needs. */
  engines: list(EngineNameSchema),
})

export const NotProvenSchema = object({
  strategy: text,
  /** One sentence without a full stop. */
  why: text,
  /** What would fix it; empty if nothing is known to help. */
  remedy: text,
  /** The code in docs/ERRORS.md; absent if the reason is no error. */
  code: optional(text),
})

/** A strategy that could not be tested, and why. */
export type NotProven = Static<typeof NotProvenSchema>
