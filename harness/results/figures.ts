/** The figures that a trial adds up to. */
import type { Static } from 'typebox'
import { TIMELINE_BUCKETS_MAX } from './constants.ts'
import { count, figure, list, object, optional, positive } from './schema.ts'

export const PercentilesSchema = object({
  /** How many were measured. */
  count,
  p50: figure,
  /** Absent where only a few percentiles are known, as from k6; so are the other optional ones. */
  p75: optional(figure),
  p90: optional(figure),
  p95: figure,
  p99: figure,
  p999: optional(figure),
  max: figure,
})

/** Of waiting times, in milliseconds. All zero where nothing was measured. */
export type Percentiles = Static<typeof PercentilesSchema>

const buckets = list(count, TIMELINE_BUCKETS_MAX)

export const TimelineSchema = object({
  /** Milliseconds that each bucket lasts; the last one may be cut short by the trial's end. */
  bucketMs: positive,
  held: buckets,
  soldOut: buckets,
  contended: buckets,
  unknown: buckets,
})

/**
 * The buyers' answers over the time of a trial, as many per bucket, by when they came. All four lists are
 * equally long, at most `TIMELINE_BUCKETS_MAX`.
 */
export type Timeline = Static<typeof TimelineSchema>

export const CountsSchema = object({
  held: count,
  /** Holds answered a second time for an id already held; not part of `held`. */
  replayed: count,
  soldOut: count,
  contended: count,
  idReused: count,
  /** Operations of any kind whose caller cannot tell what happened. */
  unknown: count,
  confirmed: count,
  /** Confirms that came after the hold's end. */
  confirmGone: count,
  released: count,
  /** Reads of availability. */
  reads: count,
})

export const LatencySchema = object({
  /** Holds by buyers (the role under test), whatever their outcome. */
  hold: PercentilesSchema,
  confirm: optional(PercentilesSchema),
  release: optional(PercentilesSchema),
  /** Holds by bystanders, who want other seats than the crowd. */
  bystanderHold: optional(PercentilesSchema),
  /** Reads of availability. */
  read: optional(PercentilesSchema),
})

/** Where the callers' time went, in seconds summed over all calls of all callers. */
export const TimeSpentSchema = object({
  /** From asking to the answer. */
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

/** How many callers' requests travelled together. */
export type Batches = Static<typeof BatchesSchema>
