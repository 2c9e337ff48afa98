/** The schemas of strategies: promises, description, engines, and why one was not tested. */
import type { Static } from 'typebox'
import type { EngineName, Promises } from '../../strategies/strategy.ts'
import { choice, count, describes, figure, list, object, optional, text, yesOrNo } from './schema.ts'

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

/** Absent if the table of faults has nothing of the strategy that counts. */
const SurvivesSchema = object({
  /** Faults whose outcome is known. */
  faults: count,
  /** Those under which it sold twice, lost a sale, or said something else that was not so; in a few words. */
  fell: list(text),
  /** Runs of each fault, at least. */
  runs: count,
  /** Of the checkout in which they were run. */
  commit: optional(text),
})

/** What a strategy survived of the faults that were inflicted on it, in the published table. */
export type Survives = Static<typeof SurvivesSchema>

/** The description of a strategy, from the registry or from a user's own file. */
export const StrategyFactsSchema = object({
  name: text,
  /** The technique in a few words. */
  summary: text,
  /** The engines that it needs. */
  engines: list(EngineNameSchema),
  /** As measured, when the results were written; absent if it was not. */
  survives: optional(SurvivesSchema),
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
