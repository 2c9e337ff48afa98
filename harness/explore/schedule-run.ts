/**
 * What a schedule is played with, and what is seen of it: the words that its runner and its readers share.
 */
import type { EngineName } from '../../strategies/strategy.ts'
import type { Touch, Waits } from '../engines/engine.ts'
import type { Client } from './client.ts'
import type { Footprint } from './footprint.ts'
import type { Token } from './schedule.ts'

/** A client in a schedule, or what may happen besides. */
export interface Choice {
  readonly token: Token
  /** What would be done, without the values in it: the same again when the same steps came before. */
  readonly shape: string
  /** With them, for a reader. */
  readonly text: string
}

/** Something that may happen anywhere, once. */
export interface EnvironmentStep {
  readonly token: Token
  readonly text: string
  /** Asked between two steps. */
  isPossible(): Promise<boolean>
  /**
   * What decides it, so that it is asked again only after a step that touched that; absent: asked every time.
   */
  readonly dependsOn?: readonly Touch[]
  /** Makes it happen as this step, and answers what it touched. */
  happen(step: number): Promise<Footprint>
}

/** What was seen of a schedule, for a reader. */
export interface Event {
  /** The step, from 1. */
  readonly step: number
  /** The client, from 1; 0 for what happens to all. */
  readonly client: number
  readonly kind: 'asks' | 'answers' | 'waits' | 'happens' | 'begins' | 'ends'
  readonly text: string
  readonly store?: EngineName
  /** Of one that waits: for whom. */
  readonly blockers?: readonly number[]
}

/** How a schedule ended: everybody was through, the scheduler gave it up, or it had too many steps. */
export type ScheduleEnding = 'complete' | 'given up' | 'cut'

export interface ScheduleRun {
  readonly steps: readonly Token[]
  readonly events: readonly Event[]
  /** Of any other than a complete one nothing can be concluded. */
  readonly ending: ScheduleEnding
  /** Why it does not show all that it should, one sentence each. */
  readonly doubts: readonly string[]
}

/** What a step came to. */
export interface StepResult {
  readonly footprint: Footprint
  /** Whether PostgreSQL itself had to pick one of several that waited. */
  readonly isPicked: boolean
  /** What was answered to whom, in order. */
  readonly answers: string
}

export interface Scheduler {
  /** The next step, one of these; undefined gives the schedule up. */
  choose(choices: readonly Choice[], step: number): Token | undefined
  /** Told after each step. */
  done(done: StepResult): void
}

/** Everybody and everything that a schedule is made of. */
export interface ScheduleSetup {
  readonly clients: readonly Client[]
  readonly environmentSteps: readonly EnvironmentStep[]
  /** Who waits inside an engine, where it can be asked. */
  waitsOf(store: EngineName): Waits | undefined
  /** Called before a schedule that is given up is left to itself. */
  beforeRunningOut(): Promise<void>
}
