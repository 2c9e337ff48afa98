/**
 * What the runner of a schedule and its readers know of a client: a strategy's (`client.ts`), or one that a
 * test body uses. Its requests wait at its gate; everything else about it is its own.
 */
import type { Answer } from '../workloads/recorder.ts'
import type { Announced } from './gate.ts'

/** A call that has ended. */
export interface EndedCall {
  readonly call: { readonly label: string }
  readonly answer: Answer<unknown>
}

export interface ScheduledClient {
  readonly name: string
  /** From 1; in a schedule it stands for the client's next step. */
  readonly number: number
  /** Announced, but not let through yet: together they are one step. A client without any cannot move. */
  readonly pending: readonly Announced[]
  readonly state: 'going' | 'done' | 'dead'
  /** No other step comes before its next one: an event that belongs to that step has just happened. */
  readonly goesNext?: boolean
  /** For a reader: the call that begins with its next step. */
  readonly label: string
  /** Its calls that have ended, in order. */
  readonly made: readonly EndedCall[]
  /** Why its steps do not show everything, one sentence each. */
  readonly doubts: ReadonlySet<string>
  /** The engine's sessions that serve it at the moment. */
  sessions(): readonly number[]
  /** Takes the announced requests as the schedule's n-th step. Returns whether a call begins with it. */
  take(step: number): { readonly requests: readonly Announced[]; readonly begins: boolean }
  /** Called before answers are delivered: calls that end now ended with this step. */
  hears(step: number): void
  /** Waits until it has announced its next step, has finished, or can only wait for other clients. */
  settled(): Promise<void>
  /** Lets everything through from now on, and waits until nothing of it is running. */
  runOut(): Promise<void>
}
