/**
 * A fault: something that happens to an engine, to the network before it, or to a client, while buyers buy.
 * Each is one file beside this one and one line of `registry.ts`, as one value of `FaultKind`:
 *
 *     does       what happens, in words
 *     needs      what it takes: an engine of the run's own, a certain durability, several servers
 *     appliesTo  why it cannot happen to a strategy at all
 *     predict    what it comes to, from what the strategy promises; made before anything is run
 *     prepare    what must be so before buyers come, such as a small disk; undone after the cell
 *     strike     does it, undoes it, and says what it struck
 *
 * Nothing here asks for an engine or a strategy by its name. What can be done to an engine is a capability of
 * the engine (`harness/engines/engine.ts`). Where a strategy behaves unlike its promises, its line in
 * `strategies/registry.ts` says so, with the reason.
 *
 * A fault that did not strike proves nothing: the cell is "not struck", whatever the verdict.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { EngineName, ResourceId } from '../../strategies/strategy.ts'
import type { Durability, EngineKind, StrikableServer } from '../engines/engine.ts'
import type { MachineNeed } from '../engines/local/machine.ts'
import type { NetworkProxy } from '../network/network.ts'
import type { ClientProcess } from '../processes/client-process.ts'
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
  /**
   * The servers are set to lose what they acknowledge, for which nobody promises anything: what comes of it
   * says something of the setting, and nothing of the strategy.
   */
  readonly isUnpromised?: true
  /**
   * Whether chance decides what it meets, whatever is predicted: which calls are under way at that moment,
   * and at which of their steps. Then a few runs say little.
   */
  readonly isLucky: boolean
  /** Why it cannot happen to this strategy, as a clause; undefined if it can. */
  appliesTo(subject: FaultSubject): string | undefined
  /** Only asked if it applies. */
  predict(subject: FaultSubject): FaultPrediction
  /** Before anything else of the cell; what it returns is disposed of at the end. */
  prepare?(servers: FaultServers): Promise<AsyncDisposable>
  /**
   * Inflicts it, waits for as long as it lasts, and heals it, also if this rejects. Resolves with what was
   * struck, as a clause; undefined if nothing was.
   */
  strike(stage: FaultStage): Promise<string | undefined>
}

interface FaultNeeds {
  /** Of the engines that are started for it. */
  readonly durability: Durability
  /** Which engine's servers it ends or slows down: never a user's. None for a fault of the network. */
  readonly kills?: 'record' | 'helpers'
  /** What the machine must have for it: without it the cell is not proven. */
  readonly machine?: MachineNeed
  /** Whether it steps the clock that decides deadlines: then none of them proves anything. */
  readonly stepsClock?: true
  /** How many servers keep the record; by default as many as the engine has by itself. */
  readonly recordServers?: number
  /**
   * Whether only seats are sold while it lasts: a lease on the tier, which everybody wants, would keep the
   * rivals of a seat from it.
   */
  readonly seatsOnly?: true
  /**
   * So many processes of the application carry out the calls, each with connections of its own, and can be
   * killed and stopped; absent: this process does.
   */
  readonly clients?: number
  /** Connections of the strategy's pool, if fewer than usual. */
  readonly poolSize?: number
  /** Time that a buyer waits for an answer, milliseconds: longer than a fault that he has to outlast. */
  readonly patienceMs?: number
}

/** The servers of a cell that the run has started; empty for others. */
export interface FaultServers {
  readonly record: readonly StrikableServer[]
  readonly helpers: readonly StrikableServer[]
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
  /** Ends what its time-outs would end; see `Onlooker`. Undefined if it has no such sessions. */
  timeOut(afterMs: number): Promise<{ readonly statements: number; readonly sessions: number } | undefined>
  /** From now on an answer means that so many followers have it, where clients decide that. */
  confirmedBy(followers: number): void
  /** Calls that wait for a connection of its pool now; 0 if there is none. */
  waitingForPool(): number
}

/** What buyers can be asked to do. */
export interface BuyersMood {
  /** Each request for a hold is sent so many times at once. */
  impatient(copies: number): void
  /** Holds are as short as they can be, and are confirmed just when they fall due. */
  lastMinute(isSo: boolean): void
}

/** What a fault is given while buyers buy. */
export interface FaultStage {
  readonly record: FaultSite
  readonly helpers: readonly FaultSite[]
  /** The processes of the application; empty if none are needed. */
  readonly clients: readonly ClientProcess[]
  /** Of the seed of the cell. */
  readonly random: Random
  /** Holds granted until now. */
  granted(): number
  /** Whether a hold of this resource was ever granted. */
  wasGranted(resource: ResourceId): boolean
  /** Settles after this time, or rejects when the run is ended. */
  wait(ms: number): Promise<void>
  /** Whether the condition came true within this time. */
  until(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean>
  /** Calls for holds that have no answer yet. */
  underWay(): number
  /** Confirms until now: those that went through, and those that came too late. */
  confirms(): { readonly confirmed: number; readonly gone: number }
  /** A step of the sweeper; how many holds it ended. */
  sweep(limit: number): Promise<number>
  /** How buyers behave from now on; back to normal at the latest when the sale closes. */
  readonly buyers: BuyersMood
  /** What an application does when it starts: it creates its resources, which may be gone. */
  startAgain(): Promise<void>
}

/** The prediction for a strategy that keeps its word: it sells nothing twice, and is soon back. */
export const SAFE: FaultPrediction = { outcome: 'safe', recovers: true }
