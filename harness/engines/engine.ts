/**
 * An engine is where holds are kept: a server, found or started, with everything that the harness needs from
 * it. Everything about one engine is in its folder, as one value of the interface `EngineKind`, and in one
 * line of `registry.ts`. Code outside that folder never asks which engine it is; what an engine can or cannot
 * do is a capability here.
 *
 *     kind.open(...)                   an address, a program, a download, a container; else an EngineError
 *       engine.openNamespace(...) the private part of one trial, dropped on dispose
 *         namespace.connections what a strategy receives namespace.store what a witness reads
 *         (strategies/ledgers/stores.ts) namespace.explorable what an exploration needs: gates, waits, events
 *         of the engine
 *     kind.attach(attachment)          the connections of another process to a namespace of this one
 */
import type { EngineName } from '../../strategies/strategy.ts'
import type { Address, Route } from '../network/conditions.ts'
import type { ProbeFindings } from './ability.ts'
import type { ContainerRecipe } from './containers/recipe.ts'
import type { Durability } from './durability.ts'
import type { EngineView } from './engine-view.ts'

export type { Durability } from './durability.ts'

export interface OpenOptions {
  readonly durability: Durability
  /** How many servers to start if no addresses are given; absent: the kind's default. */
  readonly servers?: number
  readonly env: NodeJS.ProcessEnv
  /** What to call the servers at the addresses in `env` if they are this run's containers. */
  readonly source?: `container (${string})`
  /** Whether leftovers of killed runs (schemas, keys, folders, processes) are removed first. */
  readonly sweeps: boolean
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
}

/** How many servers of an engine can be started, if there is a choice. */
export interface ServerChoice {
  /** The command-line option, without dashes. */
  readonly option: string
  readonly about: string
  readonly default: number
  /** For an exploration, where each additional server adds commands to every step; absent: the default. */
  readonly toExplore?: number
  readonly allowed: { readonly min: number; readonly max: number } | readonly number[]
}

/** Events that may happen to an engine between two steps of an exploration. */
export type EngineEvent =
  /** A client's lock on the engine expires. */
  | 'lock-expires'
  /** It loses all its data. */
  | 'memory-lost'
  /** Its clock moves past a deadline. */
  | 'time-passes'
  /** It ends a statement that waits for a lock. */
  | 'wait-times-out'

/**
 * What a server that is killed and started again has lost of what it acknowledged. `nothing`: it was on disk,
 * or at least with the operating system. `recent`: the last fraction of a second. `everything`: it keeps data
 * in memory only.
 */
type KillLoses = 'nothing' | 'recent' | 'everything'

/** A server that this run has started: what a fault can do to it. All settle when it has been done. */
export interface StrikableServer {
  /** Ends it and its processes as a crash does: nothing is written or said any more. */
  kill(): Promise<void>
  /** Starts it at the same address, on the data that it has kept; it answers when this settles. */
  start(): Promise<void>
  /**
   * Lets it drop data as a server does that is full and may, and returns how many records it dropped; then it
   * is as before. Absent if it never drops any.
   */
  evict?(): Promise<number>
  /**
   * Starts a copy that follows it by this address, which leads to it, and has all its data when this settles.
   * Absent if it cannot be followed.
   */
  followedBy?(from: Address): Promise<Follower>
  /** Absent if it cannot be put on a small disk. */
  readonly disk?: SmallDisk
  /** Absent if its disk cannot be made slow. */
  readonly slowDisk?: SlowDisk
  /** Absent if its clock cannot be stepped. */
  readonly clock?: SteppedClock
  /** Absent if it flushes everything before it answers, whatever it is told. */
  readonly flushing?: LaterFlushing
}

/** A disk of a few megabytes for the journal of a server, which it writes before it answers. */
export interface SmallDisk {
  /** Stops the server, moves its journal there, and starts it again. The same way back on dispose. */
  put(): Promise<AsyncDisposable>
  /** Leaves no room on it; settles when the server has met it, or after a few seconds. */
  fill(): Promise<void>
  /** What the server has said of it since then, as a clause; undefined if it has not noticed. */
  noticed(): string | undefined
  /** Makes room, and starts the server if it has ended itself: it takes writes when this settles. */
  makeRoom(): Promise<void>
}

/** The disk that has the data of a server, which can be made slow for this server alone. */
export interface SlowDisk {
  /** What the server writes is counted until dispose, and can be limited. The server goes on meanwhile. */
  take(): DiskShare
}

/** A server's part of its disk. Without a limit again on dispose, and not counted any more. */
export interface DiskShare extends AsyncDisposable {
  /** From now on; undefined: as many as it likes. */
  limit(writesPerSecond: number | undefined): void
  /**
   * How many writes it has asked for since it was taken, or how many were done: systems count the one or the
   * other.
   */
  writes(): number
}

/** The wall clock of a server, as a library before the system's own gives it. */
export interface SteppedClock {
  /** Stops the server, and starts it with a clock that can be stepped. With its own again on dispose. */
  put(): Promise<AsyncDisposable>
  /** Its clock is wrong by so much when this settles, in milliseconds; 0: it is right. */
  step(byMs: number): Promise<void>
}

/** A server that can be told to answer first, and to flush later. */
export interface LaterFlushing {
  /** When it flushes, until it is told otherwise; `at-once` (before it answers) is what it starts with. */
  set(when: 'at-once' | 'every-second' | 'never'): Promise<void>
  /**
   * What a power cut of its machine does: it is killed, and what it wrote since a mark and never flushed is
   * taken out of its file; after `deadMs` it is started again. `before` runs between the mark and the cut.
   * Resolves with how many bytes that were. Undefined, with nothing done, if the server flushed meanwhile.
   */
  cutPower(cut: {
    readonly before: () => Promise<unknown>
    readonly deadMs: number
  }): Promise<number | undefined>
}

/** A server that repeats what another one does. Ended on dispose. */
export interface Follower extends AsyncDisposable {
  readonly address: Address
  /**
   * From now on the other one answers only what this one has on disk, or no longer waits for it. Absent
   * if its clients decide (`Namespace.confirmedBy`).
   */
  confirms?(isSo: boolean): Promise<void>
  /** It follows nobody any more, and accepts writes. */
  promote(): Promise<void>
  /**
   * Starts the other one again, with the data of this one and nothing else. Nobody may write meanwhile;
   * afterwards the other one accepts writes.
   */
  handBack(): Promise<void>
}

/** One engine, before it is opened. Loading it is cheap: `open` and `attach` load the rest. */
export interface EngineKind {
  readonly name: EngineName
  /** Its name in a sentence. */
  readonly title: string
  /** A command that makes this engine available by address. */
  readonly example: string
  /** Whether it is part of this program: then its absence is a failure, not a gap. */
  readonly isBundled: boolean
  readonly servers?: ServerChoice
  readonly injectableEvents: readonly EngineEvent[]
  /** What a server that is started here loses when it is killed; absent: none is started here. */
  killLoses?(durability: Durability): KillLoses
  /**
   * What stands in a request that makes several others permanent, where a client sends them one by one: a
   * fault of the network can strike at it. Absent if one request is the whole change.
   */
  readonly commitText?: string
  /** Whether its servers keep one record together, for which a majority of them is enough. */
  readonly replicates?: true
  /** Whether a server that is full drops data that it acknowledged, if it is set to. */
  readonly mayEvict?: true
  /** Whether a server of the run can have a follower. */
  readonly follows?: true
  /** Whether a server of the run has a journal that can be put on a disk of its own. */
  readonly journals?: true
  /** Whether a server of the run reads the clock of the system, so that it can be stepped under it. */
  readonly clockSteps?: true
  /** Whether a server of the run can be told to answer before it has flushed. */
  readonly flushesLater?: true
  /** Whether callers share a pool of connections, and wait for one when all are in use. */
  readonly pools?: true
  /** Variables with which its requests carry their texts, so that a fault can recognise them. */
  readonly legibleWith?: Readonly<Record<string, string>>
  readonly container?: ContainerRecipe
  /**
   * Reads the addresses in its variables, if there are any, and connects to none of them. Rejects with an
   * `EngineError` if one cannot be used as it is written.
   */
  readAddresses?(env: NodeJS.ProcessEnv): Promise<void>
  /** Throws an `EngineError` with the one command that helps if the engine is not available. */
  open(options: OpenOptions): Promise<Engine>
  /** `attachment` is the value of `Namespace.attachment`, perhaps from another process. */
  attach(attachment: unknown): Promise<AttachedNamespace>
}

export interface Engine extends AsyncDisposable {
  readonly name: EngineName
  /** The product and its version, as the server reports them: `PostgreSQL 18.4`. */
  readonly version: string
  /** How it was found: a variable, a program, the copy that comes with this program, a container. */
  readonly source: string
  /** Read from the server, whatever was requested. */
  readonly durability: {
    readonly label: string
    readonly settings: Readonly<Record<string, string>>
    /** The file system that holds the data, if known. */
    readonly storage: string | undefined
  }
  /** Sizes and limits, and every setting that changes a promise, for a report. */
  readonly settings: Readonly<Record<string, string>>
  /**
   * What a reader of a verdict must know about a server that the run did not start, one clause each: settings
   * that the run overrides, and settings that no session can change. Empty for a server of the run.
   */
  readonly caveats: readonly string[]
  /**
   * Aborted, with the reason, when this run no longer owns what it wrote. Never happens on a server of the
   * run.
   */
  readonly lost: AbortSignal
  /**
   * In the order of the engine's servers. Absent for servers that this run did not start: those are never
   * struck by a fault.
   */
  readonly ownServers?: readonly StrikableServer[]
  /** Present if each event lives on one of its servers: how to have a single one instead. */
  readonly dividesEvents?: { readonly remedy: string }
  /** One line for a report. */
  describe(): string
  /**
   * Tries on it what strategies rely on, once. A server given by its address is probed when it is opened, so
   * that `refusal` knows. Absent if there is nothing to be found out.
   */
  probe?(): Promise<ProbeFindings>
  /** Why a strategy cannot be tested on it with its current settings, and what would help. */
  refusal?(needs: StrategyNeeds): Unfit | undefined
  openNamespace(options: NamespaceOptions): Promise<Namespace>
  /**
   * What this name stands for on the server is made, or found as another run has left it, and is this run's
   * until it is released. Answers why not: a run that may be alive has it, or something else has the name.
   * Absent for servers that end with the run. `name`: small letters, digits and underscores, at most 32.
   */
  keep?(name: string): Promise<KeptNamespace | Unfit>
}

/** A namespace that outlives the runs that use it. Disposing releases it; it is removed by hand. */
export interface KeptNamespace extends AsyncDisposable {
  /** For `attach`. */
  attachment(poolSize: number): unknown
  /** Aborted, with the reason, once another run may have it. */
  readonly lost: AbortSignal
}

export interface NamespaceOptions {
  readonly label: string
  /** Connections, for an engine that has a pool. */
  readonly poolSize: number
  /**
   * The way that the connections for a strategy take, here and in processes that attach. The harness's own
   * (audits, clock readings, inspection) never take it. Asked for each server, in the order of the servers;
   * not asked by an engine that has none.
   */
  readonly through?: Route
}

/** What a strategy requires of an engine besides its presence. */
export interface StrategyNeeds {
  /** Something that outlives a transaction in its session. */
  readonly sessionState: boolean
  /** Independent servers. */
  readonly servers: number
  /** Whether it is the only engine that the strategy uses. */
  readonly isAlone: boolean
  /** What not every server of the engine has: commands of Redis, abilities of PostgreSQL as probed. */
  readonly reliesOn: readonly string[]
}

export interface Unfit {
  /** A clause. */
  readonly why: string
  readonly remedy: string
}

/** How an engine's clock relates to the monotonic clock of this host, in milliseconds. */
export interface ClockReading {
  readonly offsetMs: number
  /** The error bound of the offset: half the fastest round trip, plus the resolution of the clocks. */
  readonly errorMs: number
}

/** How long the users of a pool waited for connections, and how long they kept them. */
export interface MeterReading {
  readonly poolWaitMs: {
    readonly p50: number
    readonly p95: number
    readonly p99: number
    readonly max: number
    readonly count: number
  }
  readonly poolWaitSeconds: number
  readonly connectionSeconds: number
  /** Its current state; absent if there is no pool. */
  readonly pool?: PoolState
}

/** Connections of a pool at the moment; `broken` counts since it was opened or reset. */
export interface PoolState {
  readonly open: number
  readonly inUse: number
  /** Calls that wait for one. */
  readonly waiting: number
  readonly broken: number
}

/** Connections to a namespace for a strategy, and measurements of them. */
export interface Lent {
  /** What a strategy receives under the engine's name. */
  readonly connections: unknown
  /** Present if the engine is reached through a pool. */
  readonly meter?: { reset(): void; read(): MeterReading }
  /** The engine's sessions that these connections have used; empty if it has no sessions. */
  sessions(): readonly number[]
}

/** The private part of one trial on an engine. Dropped on dispose, whatever its state. */
export interface Namespace extends Lent, AsyncDisposable {
  /** Raw access, for a witness. */
  readonly store: unknown
  readClock(): Promise<ClockReading>
  /**
   * What was left open and will never be released: connections, locks, open transactions, one sentence each.
   * Must be called when no call is in flight. `sessions`: those of other processes, besides its own.
   */
  leftOpen(sessions: readonly number[]): Promise<readonly string[]>
  /**
   * What clients that are gone have left on the server: sessions, and locks that outlast any lease, one
   * sentence each; waits a few seconds for what ends by itself. Only while no other process is attached.
   */
  leftBehind?(): Promise<readonly string[]>
  /**
   * Whether the engine reports that it has kept everything it acknowledged since the namespace was opened;
   * for an engine whose settings may allow losses.
   */
  keeping?(): Promise<Keeping>
  /**
   * Removes data written outside the namespace, and returns a few of its names. Absent if others may have
   * written it: on a server that this run did not start.
   */
  removeStrays?(): Promise<readonly string[]>
  /**
   * What another process needs to attach, as plain data. It may contain passwords: to be passed on, never
   * printed.
   */
  attachment(poolSize: number): unknown
  readonly explorable: Explorable
  /**
   * From now on an answer means that so many followers have what was asked for; without them it is an error.
   * For the connections of this process. Absent if the server, and not its clients, decides.
   */
  confirmedBy?(followers: number): void
  /** Present if rows can be locked and the waiting sessions can be seen. */
  readonly onlooker?: Onlooker
}

/**
 * `kept`: there is no sign of a loss. `may-lose`: its settings let it drop acknowledged data, but no loss was
 * observed. `lost`: it did drop some. `why` is a clause that begins with "the server".
 */
export type Keeping =
  | { readonly kind: 'kept' }
  | { readonly kind: 'may-lose'; readonly why: string }
  | { readonly kind: 'lost'; readonly why: string }

/** A session besides the strategy's, on the same tables. */
export interface Onlooker {
  /** Locks rows, as an uncommitted transaction would, for as long as `during` runs. */
  locking(
    rows: readonly { readonly table: string; readonly column: string; readonly value: string }[],
    during: () => Promise<void>,
  ): Promise<void>
  /** How many of the namespace's sessions wait for a lock. */
  waiters(): Promise<number>
  /**
   * Ends what time-outs of a server end: statements that have waited for a lock, and sessions that have been
   * idle in a transaction, for this long. Returns how many there were.
   */
  timeOut(afterMs: number): Promise<{ readonly statements: number; readonly sessions: number }>
}

/** Connections of this process to a namespace that another process has created and will drop. */
export interface AttachedNamespace extends Lent, AsyncDisposable {}

// What an exploration needs
// ---------------------------------------------------------------------------------------------

/**
 * What one request touched, as far as the order of two requests may matter. Only touches of the same engine
 * are compared.
 */
export interface Touch {
  readonly store: EngineName
  /** Whether the order of the two may matter. Only called for touches of the same store. */
  conflictsWith(other: Touch): boolean
}

/** One statement, command or request. */
export interface Request {
  readonly store: EngineName
  /** For a reader, on one line. */
  readonly text: string
  /**
   * The same without its values: a clock, a counter or a token differs from run to run. This identifies a
   * repeated step.
   */
  readonly shape: string
  /**
   * The part that the answer depends on, if that is not the whole text: a request for a lock may have a new
   * token each time.
   */
  readonly question?: string
  /** Why one request is more than one step, so that interleavings within it are not covered; one sentence. */
  readonly doubt?: string
  /** Sends it and settles with the engine's answer. Called at most once. */
  send(): Promise<unknown>
  /** The answer for a reader, on one line. */
  tell(answer: unknown): string
  /** What it touched; known once it has been answered. */
  touched(): readonly Touch[]
  /** Whether the answer is only a refusal: if nothing changes, a repeated request gets the same answer. */
  isRefusal(answer: unknown): boolean
  /**
   * Whether the engine aborted it because of another request, and could have aborted the other instead: a
   * deadlock.
   */
  isPicked?(error: unknown): boolean
  /** The session that serves it, once it was sent, if the engine can report which sessions wait. */
  session?(): number | undefined
}

/**
 * One client's gate before the engines: each request is announced, and waits until the scheduler lets it
 * through.
 */
export interface Gate {
  /** Announces a request, and settles with the engine's answer. */
  pass(request: Request): Promise<unknown>
  /**
   * Opens a connection that also leads through this gate; connections that the strategy opens otherwise are
   * reported.
   */
  openBehind<Connection>(open: () => Connection): Connection
}

/**
 * How a reader is told of a script that a server runs under this hash: what it does, and what the number is
 * that it answers. Undefined if nothing is known of it.
 */
export type ScriptNames = (sha: string) => { readonly name: string; readonly number?: string } | undefined

/** A row as it is committed. */
export interface CommittedRow {
  readonly values: Readonly<Record<string, unknown>>
  /** The session that has it locked; absent if none has. */
  readonly lockedBy?: number
}

/** The connections of one client, through its gate. */
export interface Gated {
  readonly connections: unknown
  /** The sessions that this client has taken from the pool. */
  sessions(): readonly number[]
  /** Ends the sessions that are taken; returns how many there were. */
  forget(): number
  /**
   * Whether this client has sent the engine this text as an argument: a client that has sent a lock's token
   * holds the lock.
   */
  hasSent(argument: string): boolean
}

/** Connections of one client in a test body: the library's own objects, shared with no other client. */
export interface LentToBody extends Omit<Gated, 'hasSent' | 'connections'> {
  /** By the names under which a body finds them. */
  readonly connections: Readonly<Record<string, unknown>>
  /**
   * Cuts the connections that are in hand, and returns when the engine has undone what was not committed: the
   * error with which the library lets their requests fail.
   */
  cut(): Promise<Error>
  /** Present if code that opens its connections itself can be given an address. */
  readonly door?: Door
  close(): Promise<void>
}

/** An address for code whose connections are its own, perhaps in another process. */
export interface Door {
  readonly isUsed: boolean
  /** Whether that code may be about to ask something: nobody sees what it does in between. */
  readonly isThinking: boolean
}

interface LendOptions {
  /** Whether what the body sends is to read the clock that can be moved. */
  readonly movesClock: boolean
}

/** Which of an engine's sessions wait for which others. */
export interface Waits {
  /** Whether this session waits for another one of the namespace. */
  isWaiting(session: number): Promise<boolean>
  blockersOf(session: number): Promise<readonly number[]>
  /** Ends the wait of this session as a timeout would; returns when it no longer waits. */
  timeOut(session: number): Promise<void>
}

/** A lock that is held: its key without the namespace's prefix, and the token that identifies its owner. */
export interface LockHeld {
  readonly key: string
  readonly token: string
  /** Milliseconds until it expires. */
  readonly leftMs: number
}

/**
 * A clock that only moves forward until it is reset. All code that reads it in the namespace, including a
 * strategy's own tables and scripts, reads the moved clock.
 */
export interface MovableClock {
  /** Called before any strategy is opened there. */
  make(): Promise<void>
  /**
   * Moves it past this moment, in milliseconds since the Unix epoch, by whole seconds. A key that expires
   * within `leastMs` is a lock, and is not changed.
   */
  moveTo(ms: number, options: { readonly leastMs: number }): Promise<readonly Touch[]>
  /** Returns to the server's own time; called when nothing remains that read the moved clock. */
  reset(): Promise<void>
}

export interface Explorable {
  /** Why exploration is impossible here, in one sentence. */
  readonly refusal?: string
  gated(gate: Gate, scripts?: ScriptNames): Gated
  /**
   * The rows of a table whose column has one of these values, in the order of their text. Absent for an
   * engine without rows.
   */
  committed?(
    rows: { readonly table: string; readonly column: string },
    values: readonly string[],
  ): Promise<readonly CommittedRow[]>
  /** Lends a test body what its own code would use; absent if this engine's library cannot be lent. */
  lend?(gate: Gate, options: LendOptions): LentToBody
  /** Called when a body's tables exist: learns what they touch. Returns the names of those that have rows. */
  learn?(): Promise<readonly string[]>
  /**
   * Brings the sessions into the state in which every schedule begins. `scripts`: the texts of those that the
   * strategies run; an engine that runs scripts knows them then, so that no answer depends on which schedule
   * came first.
   */
  prepare(scripts?: readonly string[]): Promise<void>
  /**
   * Called when the strategy's tables exist: what the engine does to them by its own clock, and what could
   * change an answer, is done no more.
   */
  stopUpkeep(): Promise<void>
  /** Empties the namespace. False if nothing can be deleted: then another one is needed. */
  clear(): Promise<boolean>
  /** Reports what a schedule left open in its sessions, one sentence each, and ends it. */
  tidy(): Promise<readonly string[]>
  /** Its clock, if it can be moved for all readers in the namespace. */
  readonly clock?: MovableClock
  /** The events that can be caused on it. */
  readonly anything: Touch
  readonly waits?: Waits
  /** Ends sessions, and returns when the engine has rolled back their transactions. */
  endSessions(sessions: readonly number[]): Promise<readonly Touch[]>
  /** Keys that expire; `mark` is in the key's name. */
  locksHeld(mark: string): Promise<readonly LockHeld[]>
  expireLocks(keys: readonly string[]): Promise<readonly Touch[]>
  /** Loses all data with this mark in its name; touches nothing if there was nothing to lose. */
  loseMemory(mark: string): Promise<readonly Touch[]>
  /** Whether it keeps data in memory without a mark in its name: such data is shared by all schedules. */
  keepsUnmarked(): Promise<boolean>
  /** What it stores with this mark, and who holds or waits for what; absent if only a witness can read it. */
  view?(mark: string): Promise<EngineView>
}

/** For engines without sessions, locks and memory to lose. */
export const NOTHING_HAPPENS = {
  prepare: async () => {},
  stopUpkeep: async () => {},
  tidy: async () => [],
  endSessions: async () => [],
  locksHeld: async () => [],
  expireLocks: async () => [],
  loseMemory: async () => [],
  keepsUnmarked: async () => false,
} as const
