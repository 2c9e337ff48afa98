/** What the results say of a strategy besides its figures: what it promises, what it is, what it needs. */
import type { Static } from 'typebox'
import type { EngineName, Promises } from '../../strategies/strategy.ts'
import { choice, describes, figure, list, object, optional, text, yesOrNo } from './schema.ts'

export const EngineNameSchema = describes<EngineName>()(text)

/** As the contract has them. */
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

/** What the registry, or a file of the user's own, says of a strategy besides its promises. */
export const StrategyFactsSchema = object({
  name: text,
  /** The technique in a few words. */
  summary: text,
  /** The engines without which it cannot run. */
  engines: list(EngineNameSchema),
})

export const NotProvenSchema = object({
  strategy: text,
  /** One sentence without its full stop. */
  why: text,
  /** What to do about it; empty where nothing is known to help. */
  remedy: text,
  /** As docs/ERRORS.md explains it; absent where the reason is no error. */
  code: optional(text),
})

/** A strategy that could not be tried, and why. */
export type NotProven = Static<typeof NotProvenSchema>
