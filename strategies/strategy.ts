/**
 * The contract: what every way of reserving a scarce thing must do, and what its answers claim.
 *
 * A **resource** has a capacity: 1 for a seat, N for a GA tier (tickets without seats). A **hold** claims
 * units of one or more resources, all or nothing, until a deadline. **Confirm** turns a live hold into a
 * permanent sale; **release** ends it early; past its deadline a hold **expires** and its units are free
 * again without any cleanup.
 *
 * Rules that hold for every strategy, and that the conformance suite tests:
 *
 * 1. A returned value is a definite claim. `held` means the units are this hold's until the deadline.
 *    `sold-out` means that at some moment during the call the units were not there. `contended` means: no
 *    effect, try again. An uncertain outcome (a timeout, a cut connection) throws, and the caller must treat
 *    the effect as unknown.
 * 2. The caller makes the hold id, and the id is the idempotency key. The same id with the same lines has one
 *    effect and one answer, however often and however concurrently it is sent; a `held` is answered again
 *    with the same deadline, even after the hold ended. The same id with other lines is `id-reused`. A
 *    refused id is evaluated again, or stays refused; even then the answer is `sold-out` only if the units
 *    are missing now.
 * 3. The engine's clock decides the deadline and `held` reports it. Before the deadline a hold can be
 *    confirmed; after it, never. No hold is both confirmed and freed.
 * 4. Expiry frees units lazily, when a later hold needs them. `expireDue` only frees them sooner.
 * 5. Confirm and release are idempotent: a repeated call gives the same answer and changes nothing.
 * 6. A strategy does not log, measure or time itself, and its retries have a limit, reported as `attempts`.
 *
 * A strategy receives its connections from outside and does not close them: the code that opened a connection
 * closes it.
 */

/** Names a resource. 1 to 128 characters. */
export type ResourceId = string & { readonly __brand: 'ResourceId' }

/** Names a hold, chosen by the caller; never reused. 1 to 128 characters. */
export type HoldId = string & { readonly __brand: 'HoldId' }

/**
 * The event that an id names: what stands before its first colon, and nothing where it has none. An engine
 * of several servers keeps everything of one event on one of them, so a hold is of its event as its lines
 * are: the id alone must lead to the server (`e7:order-1` for `e7:seat-4`).
 */
export function eventOf(id: ResourceId | HoldId): string {
  return id.slice(0, Math.max(0, id.indexOf(':')))
}

/** A name as an id of the same event as this one. */
export function inEventOf(id: ResourceId | HoldId, name: string): string {
  const event = eventOf(id)
  return event === '' ? name : `${event}:${name}`
}

/**
 * What an engine of several servers gives instead of connections: those to the place where an event lives.
 * A strategy never sees it; there is an instance of it for each place.
 */
export interface PerEvent<Connections = unknown> {
  /** Names the place of an event. Events of one place share its connections, and a strategy's instance. */
  placeOf(event: string): string
  connectionsOf(place: string): Connections
  /** All places, if there are a few that exist before any event does. */
  readonly places?: readonly string[]
}

/** Something with limited capacity. `capacity` is a whole number of units, at least 1. */
export interface Resource {
  readonly id: ResourceId
  readonly capacity: number
}

/** Some units of one resource. `quantity` is a whole number, at least 1. */
export interface Line {
  readonly resourceId: ResourceId
  readonly quantity: number
}

/**
 * Requests all of its lines or none. No two lines name the same resource; their order is the buyer's, and a
 * strategy that locks must sort them itself. `ttlMs` is a whole number of seconds by the time a strategy sees
 * it.
 */
export interface HoldRequest {
  readonly holdId: HoldId
  readonly lines: readonly Line[]
  readonly ttlMs: number
}

/** The place of this hold in the order of all changes of one resource: no two changes share a version. */
export interface LineVersion {
  readonly resourceId: ResourceId
  readonly version: number
}

/** Why a strategy gave up without effect. */
export type ContendedReason =
  /** Another caller holds the lock, and the technique does not wait. */
  | 'lock-not-available'
  /** The row changed between read and write, on every attempt. */
  | 'version-changed'
  /** The engine aborted the transaction to keep it serializable, on every attempt. */
  | 'serialization-failure'
  /** The engine aborted the transaction to break a deadlock. */
  | 'deadlock'
  /** The units kept changing hands while the strategy read them, on every attempt. */
  | 'units-in-motion'
  /** Too many calls of this process are already waiting for their batch; this one was never sent. */
  | 'queue-full'
  /**
   * The units are available, but this id was refused before and the engine remembers that: a retry needs a
   * new id.
   */
  | 'id-refused'

/** `attempts`: how often the claim was tried within this call, at least 1. */
export type HoldOutcome =
  | {
      readonly kind: 'held'
      /**
       * When the hold expires, by the engine's clock: milliseconds since the Unix epoch, possibly fractional.
       */
      readonly deadlineMs: number
      /** One per line where the engine can number changes in the same atomic step; otherwise absent. */
      readonly versions?: readonly LineVersion[]
      readonly attempts: number
    }
  | { readonly kind: 'sold-out'; readonly resourceId: ResourceId; readonly attempts: number }
  | { readonly kind: 'contended'; readonly reason: ContendedReason; readonly attempts: number }
  | { readonly kind: 'id-reused' }

/** `gone`: at some moment during the call no live hold had this id: expired, released, or never made. */
export type ConfirmOutcome = { readonly kind: 'confirmed' } | { readonly kind: 'gone' }

/**
 * `released` also answers a repeated release; `gone` answers an expired or unknown id. A sale is never
 * undone.
 */
export type ReleaseOutcome =
  | { readonly kind: 'released' }
  | { readonly kind: 'already-confirmed' }
  | { readonly kind: 'gone' }

/** How many units could have been held at some moment during the call; units of due holds count as free. */
export interface Availability {
  readonly resourceId: ResourceId
  readonly available: number
}

export interface ReservationStrategy {
  /**
   * Creates resources that do not exist yet, and the tables or scripts that the strategy needs. Called before
   * any hold.
   */
  createResources(resources: readonly Resource[]): Promise<void>
  hold(request: HoldRequest): Promise<HoldOutcome>
  confirm(holdId: HoldId): Promise<ConfirmOutcome>
  release(holdId: HoldId): Promise<ReleaseOutcome>
  /**
   * One answer per id, in the order of the request. Throws `UnknownResourceError` for an id that was never
   * created.
   */
  availability(resourceIds: readonly ResourceId[]): Promise<readonly Availability[]>
  /**
   * One step of a sweeper: frees at most `limit` due holds and returns how many; 0 if the engine expires
   * holds by itself.
   */
  expireDue(limit: number): Promise<number>
  /** Ends what the strategy itself started (timers, batches in flight). It does not close the connections. */
  close(): Promise<void>
}

/** What every strategy receives besides its connections. */
export interface StrategySettings {
  /**
   * What an application does between a strategy's read, or lock, and its commit (`--critical-section`); does
   * nothing by default. A technique whose claim is a single statement, command or transfer has no such place,
   * and never calls it: there the caller works after the hold was answered.
   */
  readonly criticalSection: () => Promise<void>
  /**
   * Called with the number of callers whose requests are sent together, each time a batching strategy sends a
   * batch.
   */
  readonly onBatch?: (callers: number) => void
  /** A number in [0, 1): jitter for retries, seeded so that a run can be repeated. */
  readonly random: () => number
}

/** The request names a resource that was never created. The call had no effect. */
export class UnknownResourceError extends Error {
  override readonly name = 'UnknownResourceError'
  readonly code = 'unknown-resource'
  readonly resourceId: ResourceId
  constructor(resourceId: ResourceId) {
    super(`there is no resource "${resourceId}"`)
    this.resourceId = resourceId
  }
}

/** A request that no strategy may see: wrong shape or out of bounds. The call had no effect. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
  readonly code = 'invalid-request'
}

/**
 * Names an engine that a strategy needs: one in the harness's registry of engines (`postgres`, `redis`,
 * `tigerbeetle`, …).
 */
export type EngineName = string

/**
 * `client-pause`: a client stops between two steps for an arbitrary time. `lost-writes`: an engine loses
 * writes that it had acknowledged.
 */
export type Fault = 'client-pause' | 'lost-writes'

/**
 * What becomes of the buyers of a strategy when a fault has struck and is healed again. `oversells`: more
 * units were sold, or promised at one moment, than there are. `loses-sales`: an acknowledged sale is gone.
 * `undersells`: units were refused or kept back although they were free. `breaks-promises`: something else
 * was acknowledged that is not so.
 */
export type FaultOutcome = 'safe' | 'oversells' | 'loses-sales' | 'undersells' | 'breaks-promises'

/** What buyers get while a fault lasts: units, definite refusals, or no answer. */
export type FaultService = 'serves' | 'refuses' | 'stalls'

/** What a fault comes to for one strategy, where that does not follow from its promises, and why. */
export interface FaultException {
  readonly outcome?: FaultOutcome
  readonly service?: FaultService
  readonly recovers?: boolean
  /** One sentence without a full stop. */
  readonly reason: string
}

/** What a strategy claims about itself. The harness tests every claim, the negative ones too. */
export interface Promises {
  /**
   * `always`: no interleaving and no fault makes it oversell, as long as a database that acknowledged a
   * commit keeps it. `without-faults`: it may oversell under the faults that `unsafeUnder` names. `never`: it
   * oversells under plain concurrency, and must be caught doing so.
   */
  readonly safe: 'always' | 'without-faults' | 'never'
  readonly unsafeUnder: readonly Fault[]
  /**
   * `exact`: it answers sold-out only if the units were gone. `spurious`: it may do so while units are free.
   */
  readonly refusals: 'exact' | 'spurious'
  /**
   * What a caller does when another caller was first. `waits`: it waits in line; it answers contended only
   * when units keep changing hands while it reads them. `gives-up`: contended at once. `retries`: it repeats
   * its transaction a few times, then answers contended. `polls`: it requests the other caller's lock again a
   * few times, then answers contended. `never`: the engine runs one request at a time, so a caller never
   * meets another one halfway. In every case, a full queue is answered as contended.
   */
  readonly contention: 'waits' | 'gives-up' | 'retries' | 'polls' | 'never'
  /** `lazy`: the next caller that needs the units frees them. `engine`: the engine frees them by itself. */
  readonly expiry: 'lazy' | 'engine'
  /** The engine whose clock decides deadlines. */
  readonly clock: EngineName
  /**
   * How long after its deadline the engine may take to free a hold's units when another caller needs them.
   */
  readonly freesLateMs: number
  /**
   * `retryable`: a refused id may be tried again. `final`: it stays refused, and a retry needs a new id: if
   * the units are available by then, the answer is `contended`, `id-refused`.
   */
  readonly refusedIds: 'retryable' | 'final'
  /** `queue`: waiters are served in order of arrival. `none`: any caller may win, however late it came. */
  readonly fairness: 'queue' | 'none'
  /**
   * Whether some session state must outlive a transaction (a session lock, a temporary table, a listener).
   */
  readonly needsSession: boolean
  /** Whether callers of one process share requests, so that one answer covers several calls. */
  readonly batches: boolean
}
