/** The schema of a trial: its settings, figures and verdict. */
import type { Static } from 'typebox'
import type { Verdict } from '../checker/verdict.ts'
import { TrialFaultSchema } from './faults.ts'
import {
  AnswersSchema,
  BatchesSchema,
  CountsSchema,
  CpuSchema,
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
    /** Milliseconds; 0 if none was measured. */
    medianMs: figure,
  }),
})

/** The network between a strategy and its engines, as it was asked for and as it was. */
export type NetworkMeasured = Static<typeof NetworkSchema>

const OpenLoopSchema = object({
  /** Buyers that meant to begin, per second and in all. */
  perSecond: figure,
  intended: count,
  /** Those of them who did before the end; the others found all callers busy. */
  began: count,
  /** From when a buyer meant to begin until its last answer to a request for a hold; milliseconds. */
  waitMs: PercentilesSchema,
  /** All waits as a log of HdrHistogram; relative to the results file. */
  histogramFile: optional(text),
})

const CrowdSchema = object({
  /** What is on sale. */
  units: count,
  buyers: count,
  /** Buyers who have what they came for, and know it. */
  sold: count,
  /** Buyers who were told that nothing is left; all others left without an answer. */
  refused: count,
  /** From the first moment until the last sale, in milliseconds; absent without any. */
  lastSaleMs: optional(figure),
  /** From the first moment until the last buyer had an answer, or had left without one; milliseconds. */
  overMs: figure,
  /** From when a buyer came until they knew; milliseconds. */
  knownMs: PercentilesSchema,
  /** From a request until its answer, where its buyer waited for it; milliseconds. */
  servedMs: PercentilesSchema,
  /** Requests that were refused because too many waited. */
  turnedAway: count,
  /** Requests that were carried out for a buyer who no longer waited. */
  inVain: count,
  /** Pairs of buyers of whom one was sold to, and of those the ones in which the other had come earlier. */
  pairs: count,
  inversions: count,
})

export const TrialSchema = object({
  strategy: text,
  promises: PromisesSchema,
  workload: text,
  /** Concurrent callers. */
  concurrency: count,
  /** Operating-system processes that shared the callers; absent for one. */
  processes: optional(count),
  /** 1 for the first. */
  repeat: count,
  seed: count,
  /** Connections to PostgreSQL; absent for those of the run's settings. */
  poolSize: optional(count),
  /** The critical section in milliseconds. */
  criticalSectionMs: figure,
  /**
   * Where it was spent: within the hold, between its read or lock and its commit, or by the caller after the
   * hold was answered, since the technique has no such place. Absent if there was none, or nothing was held.
   */
  criticalSectionAt: optional(choice('within-hold', 'after-hold')),
  /** Buyers who came each second, at their own times; absent where callers ask as soon as they are free. */
  arrivalsPerSecond: optional(figure),
  /** Absent if strategy and engine were connected without anything in between. */
  network: optional(NetworkSchema),
  /** Absent if none was inflicted. */
  fault: optional(TrialFaultSchema),
  /** The duration in milliseconds, without the warm-up. */
  elapsedMs: figure,
  /** The operations of all callers, by answer. */
  counts: CountsSchema,
  /** Absent if the roles of callers were not recorded. */
  answers: optional(AnswersSchema),
  /** New holds granted per second. */
  goodputPerSecond: figure,
  /** In milliseconds, including waits for pooled connections and calls with unknown outcomes. */
  latencyMs: LatencySchema,
  /** The strategy’s attempts in the calls that were granted, per hold; 0 if none was granted. */
  attemptsPerSuccess: figure,
  /** Seconds on a connection to PostgreSQL per hold granted; 0 if none was granted. */
  connectionSecondsPerSuccess: figure,
  /** Waits for a pooled connection, in milliseconds. */
  poolWaitMs: PercentilesSchema,
  /** Absent if calls were not timed individually. */
  timeSpent: optional(TimeSpentSchema),
  /** Why buyers were answered contended, and how often; absent if none was, or it was not recorded. */
  contendedBecause: optional(list(object({ reason: text, count }))),
  /** Absent if it was not measured. */
  cpu: optional(CpuSchema),
  /**
   * The share of the time in which the thread that ran the callers was busy, of the busiest process: close to
   * 1, the load generator was the limit. Absent if it was not measured.
   */
  generatorBusy: optional(figure),
  /** Absent if no buyer was answered, or calls were not timed individually. */
  timeline: optional(TimelineSchema),
  /** Absent if the strategy does not batch. */
  batches: optional(BatchesSchema),
  /** Present if buyers began at intended times. */
  openLoop: optional(OpenLoopSchema),
  /** What became of buyers who came at their own times. */
  crowd: optional(CrowdSchema),
  /** Present for a load over HTTP. */
  load: optional(LoadSchema),
  verdict: describes<Verdict['verdict']>()(choice('valid', 'invalid', 'unknown')),
  /** Whether the verdict fits the promises. A strategy declared unsafe may be convicted or not triggered. */
  asPromised: yesOrNo,
  /** Why it is `unknown`, one sentence each. */
  verdictReasons: list(text),
  /** Why the store was not read, so that only history and probe decided; absent if it was read. */
  storeNotRead: optional(text),
  /** The first of each kind and resource; `violationsTotal` counts all. */
  violations: list(object({ rule: RuleSchema, kind: text, message: text })),
  violationsTotal: count,
  /** Units sold beyond capacity (hard). */
  oversoldUnits: count,
  /** Units held or sold beyond capacity at the same time (hard and soft). */
  overReservedUnits: count,
  /** Refusals that were certainly wrong. */
  spuriousRefusals: count,
  /** The conviction as text, with a timeline of the colliding holds; present if invalid. */
  conviction: optional(text),
  /** The first oversell of the conviction, as data. */
  race: optional(RaceSchema),
  /** The path of the saved history, relative to the results file; for convictions, and if requested. */
  historyFile: optional(text),
})

/** One strategy, one workload, one number of callers, once. */
export type Trial = Static<typeof TrialSchema>
