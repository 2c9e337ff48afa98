/** What belongs to every figure of a run: the machine, and what was asked of it. */
import type { Static } from 'typebox'
import { count, figure, list, object, optional, text } from './schema.ts'

export const MachineSchema = object({
  /** Name, release and architecture. */
  os: text,
  /** The model of the processor. */
  cpu: text,
  /** Cores that this process may use. */
  cores: count,
  /** GiB of memory. */
  memoryGib: figure,
  /** The version of Node, with its `v`. */
  node: text,
})

/** Where a run took place. */
export type Machine = Static<typeof MachineSchema>

export const RunSettingsSchema = object({
  /** Milliseconds that the callers play, in the longest trial; each trial tells its own. */
  durationMs: figure,
  /** Milliseconds of each trial that are played first and not counted. */
  warmupMs: figure,
  /** How often each trial is made, at most. */
  repeats: count,
  /** The numbers of callers, ascending. */
  concurrency: list(count),
  /** By name. */
  workloads: list(text),
  /** Connections to PostgreSQL. */
  poolSize: count,
  /** Milliseconds that an application works between read and write, where a trial is not asked for others. */
  criticalSectionMs: figure,
  /** Milliseconds added to each round trip between strategies and engines; absent for none. */
  networkLatencyMs: optional(figure),
})

/** How a run was asked for. */
export type RunSettings = Static<typeof RunSettingsSchema>
