/** The schemas of the figures of a trial. */
import type { Static } from 'typebox'
import { TIMELINE_BUCKETS_MAX } from './constants.ts'
import { count, figure, list, object, optional, positive } from './schema.ts'

export const PercentilesSchema = object({
  /** The number of measurements. */
  count,
  p50: figure,
  /** This and the other optional ones are absent if not known, as with k6. */
  p75: optional(figure),
  p90: optional(figure),
  p95: figure,
  p99: figure,
  p999: optional(figure),
  max: figure,
})

/** Of waiting times, in milliseconds. All zero if nothing was measured. */
export type Percentiles = Static<typeof PercentilesSchema>

const buckets = list(count, TIMELINE_BUCKETS_MAX)

export const TimelineSchema = object({
  /** The length of a bucket in milliseconds; the last one may be shorter. */
  bucketMs: positive,
  held: buckets,
  soldOut: buckets,
  contended: buckets,
  unknown: buckets,
})

/** The buyers' answers over time, per bucket. All four lists have the same length. */
export type Timeline = Static<typeof TimelineSchema>

export const CountsSchema = object({
  held: count,
  /** Repeated answers for an id already held; not included in `held`. */
  replayed: count,
  soldOut: count,
  contended: count,
  idReused: count,
  /** Operations of any kind with an unknown outcome. */
  unknown: count,
  confirmed: count,
  /** Confirms of holds that had ended. */
  confirmGone: count,
  released: count,
  /** Reads of availability. */
  reads: count,
})

export const LatencySchema = object({
  /** Holds by buyers (the role under test), with any outcome. */
  hold: PercentilesSchema,
  confirm: optional(PercentilesSchema),
  release: optional(PercentilesSchema),
  /** Of the holds by buyers, those answered sold out: how soon a loser knows. */
  soldOut: optional(PercentilesSchema),
  /** Of the holds by buyers, those answered contended. */
  contended: optional(PercentilesSchema),
  /** Holds by bystanders, who request other seats. */
  bystanderHold: optional(PercentilesSchema),
  /** Reads of availability. */
  read: optional(PercentilesSchema),
  /** From the deadline of an abandoned hold until the next buyer who kept asking had its seat. */
  freed: optional(PercentilesSchema),
})

/** The answers to the holds of buyers, the role under test, without replays. */
export const AnswersSchema = object({ held: count, soldOut: count, contended: count, unknown: count })

/** How many buyers got which answer. */
export type Answers = Static<typeof AnswersSchema>

export const CpuSchema = object({
  /** Milliseconds of processor time of the processes that ran the callers and the strategy. */
  clientMs: figure,
  /** Of the servers that this run started, all engines together; absent if they cannot be observed. */
  serversMs: optional(figure),
})

/** How the callers' time was spent, in seconds over all calls of all callers. */
export const TimeSpentSchema = object({
  /** From request to answer. */
  callsSeconds: figure,
  /** Of that, waiting for a pooled connection to PostgreSQL. */
  poolWaitSeconds: figure,
  /** Of that, on such a connection: statements, commits, and waits for locks. */
  connectionSeconds: figure,
})

export const BatchesSchema = object({
  /** How many batches there were. */
  count,
  /** Callers per batch. */
  mean: figure,
  /** Callers per batch. */
  p95: figure,
  /** Callers in the largest batch. */
  max: figure,
})

/** The number of callers whose requests were sent together. */
export type Batches = Static<typeof BatchesSchema>
