/** One strategy, one workload, one number of callers, once: its settings, its figures and its verdict. */
import type { Static } from 'typebox'
import type { Verdict } from '../checker/verdict.ts'
import {
  BatchesSchema,
  CountsSchema,
  LatencySchema,
  PercentilesSchema,
  TimelineSchema,
  TimeSpentSchema,
} from './figures.ts'
import { LoadSchema } from './load.ts'
import { RaceSchema, RuleSchema } from './race.ts'
import { choice, count, describes, figure, list, object, optional, text, yesOrNo } from './schema.ts'
import { PromisesSchema } from './strategies.ts'

const NetworkSchema = object({
  /** Milliseconds that were asked to be added to each round trip between strategy and engine. */
  latencyMs: figure,
  /** Round trips through the proxies while the callers played. */
  measured: object({
    /** How many were measured. */
    count,
    /** Milliseconds; 0 where none was measured. */
    medianMs: figure,
  }),
})

/** The network between a strategy and its engines, as it was asked for and as it was. */
export type NetworkMeasured = Static<typeof NetworkSchema>

export const TrialSchema = object({
  strategy: text,
  promises: PromisesSchema,
  workload: text,
  /** Callers at once. */
  concurrency: count,
  /** Operating-system processes that shared the callers; absent for one. */
  processes: optional(count),
  /** 1 for the first. */
  repeat: count,
  seed: count,
  /** Milliseconds that an application worked between read and write. */
  criticalSectionMs: figure,
  /** Absent where strategy and engine were connected without anything in between. */
  network: optional(NetworkSchema),
  /** Milliseconds that the callers played, warm-up excluded. */
  elapsedMs: figure,
  /** Everybody's operations, by their answers. */
  counts: CountsSchema,
  /** New holds granted per second. */
  goodputPerSecond: figure,
  /** Milliseconds, the wait for a pooled connection and unknown outcomes included, by what was measured. */
  latencyMs: LatencySchema,
  /** Claims tried (the strategy's own retries and the buyer's) per hold granted; 0 where none was granted. */
  attemptsPerSuccess: figure,
  /** Seconds on a connection to PostgreSQL per hold granted; 0 where none was granted. */
  connectionSecondsPerSuccess: figure,
  /** Milliseconds of waiting for a pooled connection. */
  poolWaitMs: PercentilesSchema,
  /** Absent where calls were not timed one by one. */
  timeSpent: optional(TimeSpentSchema),
  /** Absent where no buyer was answered, or answers were not timed one by one. */
  timeline: optional(TimelineSchema),
  /** How many callers' requests travelled together; absent where the strategy does not batch. */
  batches: optional(BatchesSchema),
  /** Where the callers came over HTTP at a rate of their own, instead of each waiting for its answer. */
  load: optional(LoadSchema),
  verdict: describes<Verdict['verdict']>()(choice('valid', 'invalid', 'unknown')),
  /**
   * Whether the verdict is as the strategy promises: an unsafe one is when it is caught, or when its race did
   * not come up.
   */
  asPromised: yesOrNo,
  /** Why, when `unknown`: one sentence each. */
  verdictReasons: list(text),
  /** Why the store itself was not read, so that history and probe alone decided; absent where it was. */
  storeNotRead: optional(text),
  /** The first of each kind and resource; all of them are counted in `violationsTotal`. */
  violations: list(object({ rule: RuleSchema, kind: text, message: text })),
  violationsTotal: count,
  /** Units sold beyond capacity (hard). */
  oversoldUnits: count,
  /** Units held or sold beyond capacity at one moment (hard and soft). */
  overReservedUnits: count,
  /** Refusals that were certainly wrong. */
  spuriousRefusals: count,
  /** The conviction as text: a timeline of the colliding holds. Present when invalid. */
  conviction: optional(text),
  /** The first oversell of the conviction, as data. */
  race: optional(RaceSchema),
  /** Where the history was kept; for convictions, and where asked for. Relative to the results file. */
  historyFile: optional(text),
})

/** One strategy, one workload, one number of callers, once. */
export type Trial = Static<typeof TrialSchema>
