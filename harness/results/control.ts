/** Whether the strategy that must be caught was caught. */
import type { Static } from 'typebox'
import { RaceSchema } from './race.ts'
import { count, object, optional, text, yesOrNo } from './schema.ts'

export const ControlSchema = object({
  caught: yesOrNo,
  strategy: text,
  workload: text,
  /** The number of rounds until it was caught, or of all that were run; 0 if it could not be run. */
  rounds: count,
  /** Units sold beyond capacity (hard). */
  oversoldUnits: count,
  /** Units held or sold beyond capacity at the same time (hard and soft). */
  overReservedUnits: count,
  /** The conviction as text; if it was not caught, the reason. */
  conviction: text,
  /** The first oversell of the conviction, as data. */
  race: optional(RaceSchema),
  /** The path of the saved history, relative to the results file. */
  historyFile: optional(text),
})

/** A strategy known to oversell, run first. If it is not caught, the run proves nothing. */
export type Control = Static<typeof ControlSchema>
