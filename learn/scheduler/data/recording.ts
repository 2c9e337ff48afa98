/**
 * What is recorded of explorations, for a page on which the reader is the scheduler: of each strategy and
 * scenario the tree of all schedules that the explorer ran, with every answer of the engines, and what they
 * stored after every step.
 */
import type { Event } from '../../../harness/explore/schedule-run.ts'
import type { Pruning } from '../../../harness/explore/search.ts'

/** What a client does at a position: it has a next step, or why it has none. */
export type ClientStatus =
  | 'ready'
  /** It waits inside the engine for another one. */
  | 'waits'
  /** It would only be refused again, as long as nothing changes. */
  | 'refused'
  | 'done'
  | 'dead'

/** [cells in the order of the columns, clients who lock it, clients who wait for it] */
export type RecordedRow = readonly [
  cells: readonly string[],
  lockedBy: readonly number[],
  wantedBy: readonly number[],
]

/** What the engines store at a position. Clients are their numbers from 1; 0 is nobody of them. */
export interface RecordedState {
  /** Of each resource: the units that the witness of the ledger reads as taken. */
  readonly taken: readonly (readonly [resource: string, units: number])[]
  /** The holds as the witness reads them. */
  readonly holds: readonly (readonly [hold: string, status: string, seats: string])[]
  /** Why the witness read nothing; absent if it did. */
  readonly unread?: string
  readonly tables: readonly {
    readonly name: string
    readonly columns: readonly string[]
    readonly rows: readonly RecordedRow[]
  }[]
  readonly locks: readonly (readonly [what: string, client: number, isGranted: boolean])[]
  /** Clients with an open transaction. */
  readonly open: readonly number[]
}

/** A step that was not made, since what follows it was recorded elsewhere. */
export type RecordedCut =
  /**
   * The same as the schedule in which it is made so many steps earlier, up to the order of independent steps.
   */
  | { readonly kind: 'order'; readonly earlier: number }
  /** The same as the next step of this client, with the two names swapped. */
  | { readonly kind: 'names'; readonly twin: number }

export interface RecordedEvent extends Pick<Event, 'client' | 'kind' | 'text'> {
  readonly store?: string
  readonly blockers?: readonly number[]
}

/** One way in which a step went: more than one if PostgreSQL picked among waiting sessions. */
export interface RecordedStep {
  readonly events: readonly RecordedEvent[]
  readonly to: RecordedNode
}

/** A possible next step. */
export interface RecordedChoice {
  /** As in a schedule: the number of a client, or a letter. */
  readonly token: string
  /** What it would ask for. */
  readonly text: string
  /** Empty if it is cut. */
  readonly steps: readonly RecordedStep[]
  readonly cut?: RecordedCut
}

/** How a schedule ended. */
export interface RecordedEnd {
  readonly verdict: 'valid' | 'invalid' | 'unknown'
  /** Whether more units were promised or sold than there are. */
  readonly isOversold: boolean
  /** The checker's sentence, if a rule was broken. */
  readonly message?: string
  /** Where it was broken: so many steps before the end. */
  readonly back?: number
}

export interface RecordedNode {
  readonly state: RecordedState
  /** By client, from the first. */
  readonly clients: readonly ClientStatus[]
  readonly choices: readonly RecordedChoice[]
  /** Present where all clients have finished. */
  readonly end?: RecordedEnd
}

/** What every tree of a recording says of itself, before it is unpacked. */
export interface TreeFacts {
  readonly strategy: string
  /** The technique in a few words. */
  readonly technique: string
  readonly scenario: string
  /** The scenario in a few words. */
  readonly about: string
  readonly clients: number
  /** What is left out of the tree. */
  readonly pruning: Pruning
  readonly outcome: 'proved' | 'violated' | 'unknown'
  /** Schedules that were run to their end. */
  readonly schedules: number
  readonly violating: number
  /** Positions of the tree, each with a state that was read. */
  readonly positions: number
  /** What each client asks for, one after the other. */
  readonly calls: readonly (readonly string[])[]
  /** What is there before: a hold, or nothing. */
  readonly before?: string
  /** By name, how many units each has. */
  readonly seats: Readonly<Record<string, number>>
}

export interface RecordedTree extends TreeFacts {
  readonly root: RecordedNode
}

/** A strategy and a scenario without a tree. */
export interface LeftOut {
  readonly strategy: string
  readonly scenario: string
  readonly clients: number
  readonly why: string
}
