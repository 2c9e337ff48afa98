/**
 * A fault: something that happens to an engine, to the network before it, or to a client, while buyers buy.
 * Each is one file beside this one and one line of `registry.ts`, as one value of `FaultKind`:
 *
 *     does       what happens, in words
 *     needs      what it takes: an engine of the run's own, a certain durability, several servers
 *     appliesTo  why it cannot happen to a strategy at all
 *     predict    what it comes to, from what the strategy promises; made before anything is run
 *     strike     does it, undoes it, and says what it struck
 *
 * Nothing here asks for an engine or a strategy by its name. What can be done to an engine is a capability of
 * the engine (`harness/engines/engine.ts`). Where a strategy behaves unlike its promises, its line in
 * `strategies/registry.ts` says so, with the reason.
 *
 * A fault that did not strike proves nothing: the cell is "not struck", whatever the verdict.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName } from '../../strategies/strategy.ts'
import type { Durability, EngineKind, StrikableServer } from '../engines/engine.ts'
import type { NetworkProxy } from '../network/network.ts'
import type { FaultPrediction } from '../results/faults.ts'
import type { Random } from '../workloads/random.ts'

export interface FaultKind {
  readonly name: string
  /** In a few words, for tables. */
  readonly title: string
  /** What happens, and how it is undone; sentences. */
  readonly does: string
  /** How one knows that it struck; a clause. */
  readonly strikesIf: string
  readonly needs: FaultNeeds
  /** Whether luck decides what it meets, so that a few runs say little. */
  readonly isLucky: boolean
  /** Why it cannot happen to this strategy, as a clause; undefined if it can. */
  appliesTo(subject: FaultSubject): string | undefined
  /** Only asked if it applies. */
  predict(subject: FaultSubject): FaultPrediction
  /**
   * Inflicts it, waits for as long as it lasts, and heals it, also if this rejects. Resolves with what was
   * struck, as a clause; undefined if nothing was.
   */
  strike(stage: FaultStage): Promise<string | undefined>
}

interface FaultNeeds {
  /** Of the engines that are started for it. */
  readonly durability: Durability
  /** Which engine's servers it ends: those are never a user's. None for a fault of the network. */
  readonly kills?: 'record' | 'helpers'
  /** How many servers keep the record; by default as many as the engine has by itself. */
  readonly recordServers?: number
  /**
   * Whether only seats are sold while it lasts: a lease on the tier, which everybody wants, would keep the
   * rivals of a seat from it.
   */
  readonly seatsOnly?: true
  /** Time that a buyer waits for an answer, milliseconds: longer than a fault that he has to outlast. */
  readonly patienceMs?: number
}

/** A strategy as a prediction sees it. */
export interface FaultSubject {
  readonly entry: StrategyEntry
  /** Where its record of holds is, and whose clock decides. */
  readonly record: EngineKind
  /** The other engines that it needs: where its leases are, or its sales. */
  readonly helpers: readonly EngineKind[]
}

/** One engine of a cell, as a fault reaches it. */
export interface FaultSite {
  readonly engine: EngineName
  readonly kind: EngineKind
  /** Before each of its servers, on the strategy's way. */
  readonly proxies: readonly NetworkProxy[]
  /** Empty for servers that this run did not start. */
  readonly servers: readonly StrikableServer[]
  /** How many of the strategy's sessions wait for a lock; undefined if the engine cannot tell. */
  waiters(): Promise<number | undefined>
}

/** What a fault is given while buyers buy. */
export interface FaultStage {
  readonly record: FaultSite
  readonly helpers: readonly FaultSite[]
  /** Of the seed of the cell. */
  readonly random: Random
  /** Holds granted until now. */
  granted(): number
  /** Settles after this time, or rejects when the run is ended. */
  wait(ms: number): Promise<void>
  /** Whether the condition came true within this time. */
  until(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean>
  /** What an application does when it starts: it creates its resources, which may be gone. */
  startAgain(): Promise<void>
}

/** The prediction for a strategy that keeps its word: it sells nothing twice, and is soon back. */
export const SAFE: FaultPrediction = { outcome: 'safe', recovers: true }
