/** The schema of a results file, from which every table and chart is rendered. */
import Type, { type Static } from 'typebox'
import { RESULTS_FORMAT, RESULTS_VERSION } from './constants.ts'
import { ControlSchema } from './control.ts'
import { EngineResultSchema } from './engines.ts'
import { ExplorationSchema } from './explorations.ts'
import { FaultCellSchema } from './faults.ts'
import { count, list, object, optional, text, wallClock, yesOrNo } from './schema.ts'
import { MachineSchema, RunSettingsSchema } from './settings.ts'
import { ShardSchema } from './shard.ts'
import { NotProvenSchema, StrategyFactsSchema } from './strategies.ts'
import { TrialSchema } from './trial.ts'

export const ResultsSchema = object({
  format: Type.Literal(RESULTS_FORMAT),
  version: Type.Literal(RESULTS_VERSION),
  startedAt: wallClock,
  finishedAt: wallClock,
  /** The command line that repeats this run, including the seed. */
  command: text,
  seed: count,
  /** Which part of the run this is, if other machines run the rest. */
  shard: optional(ShardSchema),
  machine: MachineSchema,
  /** The commit of the checkout, with `-dirty` if it has changes; absent outside a checkout. */
  commit: optional(text),
  engines: list(EngineResultSchema),
  settings: RunSettingsSchema,
  /** The compared strategies and the engines they need; absent if not recorded. */
  strategies: optional(list(StrategyFactsSchema)),
  /** The control, caught or not. If it was not caught, the run proves nothing. */
  control: ControlSchema,
  trials: list(TrialSchema),
  /** Absent if nothing was explored. */
  explorations: optional(list(ExplorationSchema)),
  /** Faults that were inflicted, and what they came to; absent if there were none. */
  faults: optional(list(FaultCellSchema)),
  /** Strategies that could not be tested, and why. */
  notProven: list(NotProvenSchema),
  /** Whether a signal ended the run early, so that trials are missing. */
  interrupted: yesOrNo,
})

/** One run of `holdfast compare` or `holdfast load`. */
export type Results = Static<typeof ResultsSchema>
