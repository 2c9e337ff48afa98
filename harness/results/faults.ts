/** What a fault did to a strategy: one cell of the table of faults, with the prediction made before. */
import type { Static } from 'typebox'
import type { FaultOutcome, FaultService } from '../../strategies/strategy.ts'
import { RaceSchema } from './race.ts'
import { choice, count, describes, figure, list, object, optional, text, yesOrNo } from './schema.ts'

const OutcomeSchema = describes<FaultOutcome>()(
  choice('safe', 'oversells', 'loses-sales', 'undersells', 'breaks-promises'),
)
const ServiceSchema = describes<FaultService>()(choice('serves', 'refuses', 'stalls'))

const FaultPredictionSchema = object({
  outcome: OutcomeSchema,
  /** What buyers get while the fault lasts; absent if nothing is predicted, as for a fault of an instant. */
  service: optional(ServiceSchema),
  /** Whether holds are granted as before within the limit once the fault is healed. */
  recovers: yesOrNo,
  /** Why, if it does not follow from what the strategy promises. */
  reason: optional(text),
})

/** What a cell is expected to come to. */
export type FaultPrediction = Static<typeof FaultPredictionSchema>

/** One fault in one trial of a workload; the moments count from the first call, in milliseconds. */
export const TrialFaultSchema = object({
  name: text,
  /** What it is, in a few words. */
  title: text,
  predicted: OutcomeSchema,
  /** What was struck, as a clause; absent if nothing was: then the trial proves nothing about the fault. */
  struck: optional(text),
  struckAtMs: figure,
  /** May be later than the last call. */
  healedAtMs: figure,
  /** From then until holds were granted as before; absent if that was not seen. */
  recoveredMs: optional(figure),
})

/** Holds granted per second. */
const GoodputSchema = object({ before: figure, during: figure, after: figure })

export const FaultCellSchema = object({
  fault: text,
  /** What the fault is, in a few words. */
  title: text,
  strategy: text,
  seed: count,
  /** The commit of its run; absent if it is that of the results. */
  commit: optional(text),
  predicted: FaultPredictionSchema,
  /** What was struck, as a clause; absent if nothing was: then the cell proves nothing. */
  struck: optional(text),
  /** Absent if it is unknown: the fault did not strike, or the verdict is unknown. */
  outcome: optional(OutcomeSchema),
  /** Absent if the fault did not last long enough to tell. */
  service: optional(ServiceSchema),
  /**
   * Whether the run was for its outcome alone, and goodput after the fault was not compared with that before.
   * Absent if not.
   */
  isForOutcomeAlone: optional(yesOrNo),
  /** From the healing until holds were granted as before, in milliseconds; absent if that was not seen. */
  recoveredMs: optional(figure),
  /** How long the fault lasted, in milliseconds. */
  lastedMs: figure,
  /** How long the cell took, in milliseconds. */
  elapsedMs: figure,
  goodputPerSecond: GoodputSchema,
  /** Calls whose outcome the caller never learned. */
  unknown: count,
  /** Holds whose first call had no answer and had its effect all the same. */
  ghosts: count,
  /** Acknowledged sales that the store no longer has. */
  lostSales: count,
  oversoldUnits: count,
  overReservedUnits: count,
  /** What was left when everything was at rest, one sentence each: locks, sessions, keys, units. */
  leftBehind: list(text),
  /** Whether the prediction came true. Never where the outcome is unknown. */
  asPredicted: yesOrNo,
  /** Why the outcome is unknown, or in what it differs from the prediction; one sentence each. */
  reasons: list(text),
  /**
   * Whether the servers were set to lose what they acknowledge, and were made to: no strategy makes a promise
   * for that. Absent if not.
   */
  isUnpromised: optional(yesOrNo),
  /** Of a history that is invalid. */
  conviction: optional(text),
  /** The first oversell of the conviction, as data. */
  race: optional(RaceSchema),
  /** The saved history, relative to the results file. */
  historyFile: optional(text),
})

/** One fault, one strategy, one seed. */
export type FaultCell = Static<typeof FaultCellSchema>
