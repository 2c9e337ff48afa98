/** The whole file: what a run writes as JSON, and what every table and chart is rendered from. */
import Type, { type Static } from 'typebox'
import { RESULTS_FORMAT, RESULTS_VERSION } from './constants.ts'
import { ControlSchema } from './control.ts'
import { EngineResultSchema } from './engines.ts'
import { ExplorationSchema } from './explorations.ts'
import { count, list, object, optional, text, wallClock, yesOrNo } from './schema.ts'
import { MachineSchema, RunSettingsSchema } from './settings.ts'
import { NotProvenSchema, StrategyFactsSchema } from './strategies.ts'
import { TrialSchema } from './trial.ts'

export const ResultsSchema = object({
  format: Type.Literal(RESULTS_FORMAT),
  version: Type.Literal(RESULTS_VERSION),
  startedAt: wallClock,
  finishedAt: wallClock,
  /** What to type to run this again, the seed included. */
  command: text,
  seed: count,
  machine: MachineSchema,
  /** The commit of the checkout, with `-dirty` where it has changes; absent outside a checkout. */
  commit: optional(text),
  engines: list(EngineResultSchema),
  settings: RunSettingsSchema,
  /** What was compared, with what each needs to run; absent where it was not told. */
  strategies: optional(list(StrategyFactsSchema)),
  /** The control, caught or not: without it no verdict of this run proves anything. */
  control: ControlSchema,
  trials: list(TrialSchema),
  /** Absent where nothing was explored. */
  explorations: optional(list(ExplorationSchema)),
  /** Strategies that could not be tried, and why. */
  notProven: list(NotProvenSchema),
  /** True if the run was ended early (a signal): what is here was measured, the rest was not. */
  interrupted: yesOrNo,
})

/** One run of `holdfast compare` or `holdfast load`. */
export type Results = Static<typeof ResultsSchema>
