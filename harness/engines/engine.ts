/**
 * An engine is where holds are kept: a server, found or started, with everything that the harness needs of
 * it. All that is to be known of one engine stands in its folder, as one value of the interface `EngineKind`,
 * and in one line of `registry.ts`. Outside that folder nobody asks which engine it is; what an engine can or
 * cannot do is a capability here.
 *
 *     kind.open(...)                   an address, a program, a download, a container; else an EngineError
 *       engine.openNamespace(...)      what one trial has on it, seen by nobody else, gone on dispose
 *         namespace.connections        what a strategy is handed
 *         namespace.store              what a witness reads (strategies/ledgers/stores.ts)
 *         namespace.explorable         what an exploration needs: gates, waits, what may befall the engine
 *     kind.attach(attachment)          the connections of another process to a namespace of this one
 */
import type { EngineName } from '../../strategies/strategy.ts'
import type { ContainerRecipe } from './containers/recipe.ts'
import type { Durability } from './durability.ts'

export type { Durability } from './durability.ts'

export interface OpenOptions {
  readonly durability: Durability
  /** Servers of the engine to start where none are given by address; the kind's default where absent. */
  readonly servers?: number
  readonly env: NodeJS.ProcessEnv
  /** What the servers at the addresses in `env` are called, where they are containers of this run's. */
  readonly source?: `container (${string})`
  /** Whether what killed runs have left (schemas, keys, folders, processes) is cleared first. */
  readonly sweeps: boolean
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
}

/** How many servers of an engine can be started, where there is a choice. */
export interface ServerChoice {
  /** Of the command line, without dashes. */
  readonly option: string
  readonly about: string
  readonly default: number
  /** For an exploration, where each server more makes every step more commands; the default where absent. */
  readonly toExplore?: number
  readonly allowed: { readonly min: number; readonly max: number } | readonly number[]
}

/** What may happen to an engine between two steps of an exploration. */
export type EngineEvent =
  /** A lock that a client has there expires. */
  | 'lock-expires'
  /** It loses everything that it knew. */
  | 'memory-lost'
  /** Its clock moves past a deadline. */
  | 'time-passes'
  /** It gives up a statement that waits for a lock. */
  | 'wait-times-out'

/** One engine, before it is opened. Loading it costs nothing: `open` and `attach` load the rest. */
export interface EngineKind {
  readonly name: EngineName
  /** As a sentence names it. */
  readonly title: string
  /** One command that gives a run this engine by address. */
  readonly example: string
  /** Whether it comes with this program: then its absence is a failure, not a gap. */
  readonly isBundled: boolean
  readonly servers?: ServerChoice
  readonly injectableEvents: readonly EngineEvent[]
  readonly container?: ContainerRecipe
  /** Throws an `EngineError`, with the one command that would help, where it is not to be had. */
  open(options: OpenOptions): Promise<Engine>
  /** `attachment` is what `Namespace.attachment` answered, perhaps in another process. */
  attach(attachment: unknown): Promise<AttachedNamespace>
}

export interface Engine extends AsyncDisposable {
  readonly name: EngineName
  /** The product and its version, as the server tells it: `PostgreSQL 18.4`. */
  readonly version: string
  /**
   * The rung of the ladder that gave it: a variable, a program, the copy that comes with this program, a
   * container.
   */
  readonly source: string
  /** Read from the server, whatever was asked for. */
  readonly durability: {
    readonly label: string
    readonly settings: Readonly<Record<string, string>>
    /** The file system below the data, where it is known. */
    readonly storage: string | undefined
  }
  /** Sizes and limits, and every setting that changes a promise, for a report. */
  readonly settings: Readonly<Record<string, string>>
  /**
   * What a reader of a verdict has to know of the server that was found, one clause each: what the run set
   * otherwise than it stands there, and what no session can set. Empty of a server that was started here.
   */
  readonly caveats: readonly string[]
  /**
   * Aborted, with the reason, when what this run wrote is no longer its own. Never on a server of the run's
   * own.
   */
  readonly lost: AbortSignal
  /** One line for a report. */
  describe(): string
  /** Why a strategy cannot be put to the test on it as it is set up, and what would help. */
  refusal?(needs: StrategyNeeds): Unfit | undefined
  /** `poolSize`: connections, for an engine that has a pool. */
  openNamespace(options: { readonly label: string; readonly poolSize: number }): Promise<Namespace>
}

/** What a strategy needs of an engine besides being there. */
export interface StrategyNeeds {
  /** Something that outlives a transaction in its session. */
  readonly sessionState: boolean
  /** Independent servers. */
  readonly servers: number
}

export interface Unfit {
  /** A clause. */
  readonly why: string
  readonly remedy: string
}

/** How an engine's clock relates to the monotonic clock of this host, in milliseconds. */
export interface ClockReading {
  readonly offsetMs: number
  /** How far the offset may be off: half the fastest round trip, plus what the clocks cannot resolve. */
  readonly errorMs: number
}

/** What the users of a pool waited for its connections, and for how long they kept them. */
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
  /** As it is now; absent where there is no pool. */
  readonly pool?: PoolState
}

/** Connections of a pool, now; `broken` since it was opened or reset. */
export interface PoolState {
  readonly open: number
  readonly inUse: number
  /** Calls that wait for one. */
  readonly waiting: number
  readonly broken: number
}

/** Connections to a namespace, for a strategy, and what is measured of them. */
export interface Lent {
  /** What a strategy is handed under the engine's name. */
  readonly connections: unknown
  /** Where the engine is reached through a pool. */
  readonly meter?: { reset(): void; read(): MeterReading }
  /** The engine's sessions that these connections have used; empty where it has none. */
  sessions(): readonly number[]
}

/** What one trial has on an engine. Dropped on dispose, whatever state it is in. */
export interface Namespace extends Lent, AsyncDisposable {
  /** Raw access, for a witness. */
  readonly store: unknown
  readClock(): Promise<ClockReading>
  /**
   * What nobody will release any more: connections, locks, open transactions, one sentence each. To be asked
   * when no call is in flight. `sessions`: of other processes, beside its own.
   */
  leftOpen(sessions: readonly number[]): Promise<readonly string[]>
  /**
   * Whether the engine has kept what it acknowledged here since the namespace was opened, by its own word;
   * for an engine that may be set up not to.
   */
  keeping?(): Promise<Keeping>
  /**
   * What was written outside the namespace, removed: a few names, as the engine has them. Absent where others
   * may have written it: on a server that this run did not start.
   */
  removeStrays?(): Promise<readonly string[]>
  /**
   * What another process needs to attach, as plain data. It may hold passwords: for handing on, never for
   * printing.
   */
  attachment(poolSize: number): unknown
  readonly explorable: Explorable
  /** Where rows can be locked, and who waits for them can be seen. */
  readonly onlooker?: Onlooker
}

/**
 * `kept`: nothing says otherwise. `may-lose`: it is set up to drop what it acknowledged, and did not while
 * anybody looked. `lost`: it did. `why` is a clause that begins with "the server".
 */
export type Keeping =
  | { readonly kind: 'kept' }
  | { readonly kind: 'may-lose'; readonly why: string }
  | { readonly kind: 'lost'; readonly why: string }

/** A session beside the strategy's, on its tables. */
export interface Onlooker {
  /** Locks rows, as somebody does who has not committed, for as long as `during` takes. */
  locking(
    rows: readonly { readonly table: string; readonly column: string; readonly value: string }[],
    during: () => Promise<void>,
  ): Promise<void>
  /** How many of the namespace's sessions wait for a lock. */
  waiters(): Promise<number>
}

/** Connections of this process to a namespace that another has made and will drop. */
export interface AttachedNamespace extends Lent, AsyncDisposable {}

// What an exploration needs
// ---------------------------------------------------------------------------------------------

/**
 * What one request touched, so far as the order of two requests may matter. Only of one engine are two
 * compared.
 */
export interface Touch {
  readonly store: EngineName
  /** Whether the order of the two may matter. Asked for touches of the same store. */
  conflictsWith(other: Touch): boolean
}

/** One statement, command or request. */
export interface Request {
  readonly store: EngineName
  /** For a reader, on one line. */
  readonly text: string
  /**
   * The same without its values: a clock, a counter or a token in it differs from run to run. By this a step
   * is known again.
   */
  readonly shape: string
  /**
   * What is asked, where the answer does not depend on all of the text: who asks for a lock may say another
   * token each time.
   */
  readonly question?: string
  /** Why one request is more than one step, so that what lies between is not seen; in one sentence. */
  readonly doubt?: string
  /** Sends it and settles with the engine's answer. Called once, or not at all. */
  send(): Promise<unknown>
  /** The answer for a reader, on one line. */
  tell(answer: unknown): string
  /** What it touched, known when it has been answered. */
  touched(): readonly Touch[]
  /** Whether the answer is a bare no: asked again with nothing changed, it would be the same. */
  isRefusal(answer: unknown): boolean
  /** Whether the engine failed it for another's sake, and might have failed the other: a deadlock. */
  isPicked?(error: unknown): boolean
  /** The session that serves it, once it was sent, where the engine can be asked who waits for whom. */
  session?(): number | undefined
}

/**
 * One client's side of the engines: what it is about to send is announced, and waits for the scheduler's
 * word.
 */
export interface Gate {
  /** Announces, and settles as the engine answered. */
  pass(request: Request): Promise<unknown>
  /** Opens a connection that leads through this gate, too: what the strategy opens besides is told of. */
  openBehind<Connection>(open: () => Connection): Connection
}

/** The connections of one client, through its gate. */
export interface Gated {
  readonly connections: unknown
  /** The sessions that this client has in hand. */
  sessions(): readonly number[]
  /** Gives up the sessions in hand; says how many there were. */
  forget(): number
  /**
   * Whether this client has sent the engine this text as an argument: whoever has said a lock's token has the
   * lock.
   */
  hasSent(argument: string): boolean
}

/** Who waits inside an engine for whom, by its sessions. */
export interface Waits {
  /** Whether this session waits for another one of the namespace. */
  isWaiting(session: number): Promise<boolean>
  blockersOf(session: number): Promise<readonly number[]>
  /** Ends the wait of this session as a time-out does; returns when it waits no longer. */
  timeOut(session: number): Promise<void>
}

/** A lock that somebody has: its key without the namespace's prefix, and the token that tells whose it is. */
export interface LockHeld {
  readonly key: string
  readonly token: string
  /** Milliseconds until it expires by itself. */
  readonly leftMs: number
}

/**
 * A clock that only goes forward until it is reset. Whatever reads it in the namespace, a strategy's own
 * tables and scripts included, reads the moved one.
 */
export interface MovableClock {
  /** Before any strategy is opened there. */
  make(): Promise<void>
  /**
   * Moves it past this moment, in milliseconds since the Unix epoch, by whole seconds. A key that has less
   * than `leastMs` to live is a lock, and is left as it is.
   */
  moveTo(ms: number, options: { readonly leastMs: number }): Promise<readonly Touch[]>
  /** Back to the server's own time: when nothing is left of those who read the moved one. */
  reset(): Promise<void>
}

export interface Explorable {
  /** Why nothing can be explored here, in one sentence. */
  readonly refusal?: string
  gated(gate: Gate): Gated
  /** Brings the sessions into the state in which every schedule begins. */
  prepare(): Promise<void>
  /** Empties the namespace. False where nothing can be deleted: then another one is needed. */
  clear(): Promise<boolean>
  /** What a schedule left open in its sessions, one sentence each; ends it. */
  tidy(): Promise<readonly string[]>
  /** Its clock, where it can be moved for whoever reads it in the namespace. */
  readonly clock?: MovableClock
  /** Whatever may be done to it. */
  readonly anything: Touch
  readonly waits?: Waits
  /** Ends sessions, and returns when the engine has rolled back what they were in. */
  endSessions(sessions: readonly number[]): Promise<readonly Touch[]>
  /** Keys that expire by themselves; `mark` is in the key's name. */
  locksHeld(mark: string): Promise<readonly LockHeld[]>
  expireLocks(keys: readonly string[]): Promise<readonly Touch[]>
  /** Loses whatever has this mark in its name; nothing is touched where there was nothing to lose. */
  loseMemory(mark: string): Promise<readonly Touch[]>
  /**
   * Whether it keeps something in memory whose name bears no mark: then it belongs to all schedules together.
   */
  keepsUnmarked(): Promise<boolean>
}

/** For engines without sessions, locks and memory to lose. */
export const NOTHING_HAPPENS = {
  prepare: async () => {},
  tidy: async () => [],
  endSessions: async () => [],
  locksHeld: async () => [],
  expireLocks: async () => [],
  loseMemory: async () => [],
  keepsUnmarked: async () => false,
} as const
