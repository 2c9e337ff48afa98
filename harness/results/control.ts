/** Whether the strategy that must be caught was caught. */
import type { Static } from 'typebox'
import { RaceSchema } from './race.ts'
import { count, object, optional, text, yesOrNo } from './schema.ts'

export const ControlSchema = object({
  caught: yesOrNo,
  strategy: text,
  workload: text,
  /** How many rounds it took, or were tried in vain; 0 where none could be. */
  rounds: count,
  /** Units sold beyond capacity (hard). */
  oversoldUnits: count,
  /** Units held or sold beyond capacity at one moment (hard and soft). */
  overReservedUnits: count,
  /** The conviction as text; why not, where it was not caught. */
  conviction: text,
  /** The first oversell of the conviction, as data. */
  race: optional(RaceSchema),
  /** Where the history was kept. Relative to the results file. */
  historyFile: optional(text),
})

/**
 * A strategy known to oversell, run first. If it is not caught, checker or load is too weak to prove a thing.
 */
export type Control = Static<typeof ControlSchema>
