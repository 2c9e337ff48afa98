/** The types of a running schedule and its events, shared by its runner and its readers. */
import type { EngineName } from '../../strategies/strategy.ts'
import type { Touch, Waits } from '../engines/engine.ts'
import type { Footprint } from './footprint.ts'
import type { Token } from './schedule.ts'
import type { ScheduledClient } from './scheduled-client.ts'

/** A client in a schedule, or an event. */
export interface Choice {
  readonly token: Token
  /** The step without the values in it: the same whenever the same steps came before. */
  readonly shape: string
  /** The step with its values, for a reader. */
  readonly text: string
}

/** An event that may happen anywhere, once. */
export interface EnvironmentStep {
  readonly token: Token
  readonly text: string
  /** Checked between two steps. */
  isPossible(): Promise<boolean>
  /**
   * What the condition reads, so that it is checked again only after a step that touched it; absent: checked
   * every time.
   */
  readonly dependsOn?: readonly Touch[]
  /** Causes it as this step, and returns what it touched. */
  happen(step: number): Promise<EventFootprint>
}

/** Of an event, which counts as the beginning of a call: it cannot be moved behind the end of one. */
export type EventFootprint = Omit<Footprint, 'begins'>

/** What was seen of a schedule, for a reader. */
export interface Event {
  /** The step, from 1. */
  readonly step: number
  /** The client, from 1; 0 for what happens to all. */
  readonly client: number
  readonly kind: 'asks' | 'answers' | 'waits' | 'happens' | 'begins' | 'ends'
  readonly text: string
  readonly store?: EngineName
  /** If it waits: the clients that it waits for. */
  readonly blockers?: readonly number[]
}

/** How a schedule ended: all clients finished, the scheduler abandoned it, or it had too many steps. */
export type ScheduleEnding = 'complete' | 'given up' | 'cut'

export interface ScheduleRun {
  readonly steps: readonly Token[]
  readonly events: readonly Event[]
  /** Only a complete schedule allows conclusions. */
  readonly ending: ScheduleEnding
  /** Why it does not show all that it should, one sentence each. */
  readonly doubts: readonly string[]
}

/** The result of a step. */
export interface StepResult {
  readonly footprint: Footprint
  /** Whether PostgreSQL itself had to pick one of several waiting sessions. */
  readonly isPicked: boolean
  /** Which client got which answer, in order. */
  readonly answers: string
}

export interface Scheduler {
  /** The next step, one of these; undefined abandons the schedule. */
  choose(choices: readonly Choice[], step: number): Token | undefined
  /** Called after each step. */
  done(done: StepResult): void
}

/** Where a schedule is between two steps. */
export interface Position {
  /** Those made so far. */
  readonly steps: readonly Token[]
  readonly events: readonly Event[]
  /** The possible next steps; none if all clients have finished. */
  readonly choices: readonly Choice[]
}

/** Everything that a schedule consists of. */
export interface ScheduleSetup {
  readonly clients: readonly ScheduledClient[]
  readonly environmentSteps: readonly EnvironmentStep[]
  /** Which sessions wait inside an engine, if it can report that. */
  waitsOf(store: EngineName): Waits | undefined
  /**
   * Whether a client that would only be refused again is held back until something has changed; false: it
   * may ask again and again, and each time is a step.
   */
  readonly holdsBackRefused: boolean
  /** Called between two steps, before the next is chosen, and after the last: no client moves meanwhile. */
  watch?(position: Position): Promise<void>
  /** Called before an abandoned schedule runs freely. */
  beforeRunningOut(): Promise<void>
}
