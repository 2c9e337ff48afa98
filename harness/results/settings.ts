/** The schemas of the machine and the settings of a run. */
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

const RunFaultSchema = object({
  name: text,
  /** What it is, in a few words. */
  title: text,
  /** Strategies that it cannot happen to, and why, as a clause; they were not run. */
  notFor: list(object({ strategy: text, why: text })),
})

/** The fault of a run. */
export type RunFault = Static<typeof RunFaultSchema>

export const RunSettingsSchema = object({
  /** The duration of the longest trial, in milliseconds; each trial has its own. */
  durationMs: figure,
  /** The warm-up of each trial, in milliseconds. */
  warmupMs: figure,
  /** The maximum number of repeats of a trial. */
  repeats: count,
  /** The numbers of callers, ascending. */
  concurrency: list(count),
  /** By name. */
  workloads: list(text),
  /** Connections to PostgreSQL. */
  poolSize: count,
  /** The usual critical section in milliseconds; each trial has its own. */
  criticalSectionMs: figure,
  /** Milliseconds added to each round trip between strategies and engines; absent for none. */
  networkLatencyMs: optional(figure),
  /** Buyers per second that begin at intended times; absent if each begins as soon as its caller is free. */
  ratePerSecond: optional(figure),
  /** The fault that was inflicted on each trial but the control's; absent for none. */
  fault: optional(RunFaultSchema),
})

/** The settings of a run. */
export type RunSettings = Static<typeof RunSettingsSchema>
