/**
 * A workload says who wants what, and in which order; it never says when a call ends. All of it is data drawn
 * from the seed, so that every strategy is asked for exactly the same things.
 *
 * The callers form a closed loop: each plays one session after the other, and starts the next as soon as the
 * last one ended. What a caller asks for depends on the seed, the workload and the caller alone.
 */
import type { Line, Resource, ResourceId } from '../../strategies/strategy.ts'
import { resourceId } from '../../strategies/validation.ts'
import type { Random } from './random.ts'

export interface Workload {
  readonly name: string
  /** What it is in a few words, for tables. */
  readonly summary: string
  /** Deals the parts. A plan is good for a single play: its callers remember how far they are. */
  plan(settings: PlanSettings): WorkloadPlan
}

export interface PlanSettings {
  readonly seed: number
  /** How many callers there are. */
  readonly concurrency: number
  readonly durationMs: number
  /** Put before the name of every resource, so that a warm-up has resources of its own. */
  readonly prefix?: string
}

export interface WorkloadPlan {
  readonly resources: readonly Resource[]
  readonly callers: readonly Caller[]
  /** The callers stop after this long, or earlier when none of them wants anything more. */
  readonly durationMs: number
}

/** `buyer`: one of the crowd under test. `bystander`: wants things that the crowd does not want. */
export type Role = 'buyer' | 'bystander'

export interface Caller {
  readonly role: Role
  /**
   * `shared`: all callers draw from one queue, so that several processes must deal its
   * sessions out among themselves.
   */
  readonly queue?: 'shared'
  /** What this caller does next; undefined when it wants nothing more. */
  next(): BuyerSession | undefined
}

export type BuyerSession = HoldSession | ReadSession | SweepSession

/** Looks at the seat map. */
interface ReadSession {
  readonly kind: 'read'
  readonly resourceIds: readonly ResourceId[]
}

/**
 * A sweeper's step. It is no operation of a history: what it did shows in the holds that it ended, and in the
 * units that somebody else then got.
 */
interface SweepSession {
  readonly kind: 'sweep'
  readonly limit: number
  /** Before the next one. */
  readonly pauseMs: number
}

/** Tries to hold these lines, then goes through the steps if the hold was granted. */
export interface HoldSession {
  readonly kind: 'hold'
  readonly lines: readonly Line[]
  readonly ttlMs: number
  /**
   * How often the same request is sent at the same moment: an impatient buyer, or a proxy that duplicates.
   */
  readonly copies: number
  /**
   * The waits before further tries when the answer was `contended`, each under a new id. Its
   * length limits the tries.
   */
  readonly retryAfterMs: readonly number[]
  /** An empty list abandons the hold: it expires. */
  readonly steps: readonly Step[]
}

export type Step =
  | Send
  | { readonly do: 'pause'; readonly ms: number }
  /** Waits until this long after the hold's deadline; before it, where negative. */
  | { readonly do: 'wait-for-deadline'; readonly offsetMs: number }
  /** All of them in flight at once. */
  | { readonly do: 'concurrently'; readonly sends: readonly Send[] }

export type Send =
  | { readonly do: 'confirm' }
  | { readonly do: 'release' }
  /** The same id with the same lines. */
  | { readonly do: 'replay-hold' }
  /** The same id with other lines. */
  | { readonly do: 'reuse-id'; readonly lines: readonly Line[] }

export const CONFIRM: Send = { do: 'confirm' }
export const RELEASE: Send = { do: 'release' }
export const REPLAY_HOLD: Send = { do: 'replay-hold' }

/** Longer than any trial: such a hold never expires while anybody looks. */
export const TTL_MS_LONG = 10 * 60 * 1000
/** A buyer tries again this often when the strategy gave up; then it leaves, as people do. */
const RETRIES_MAX = 2
/**
 * The bounds of the wait before trying again: long enough for the winner to commit, short
 * enough to stay in the fight.
 */
const RETRY_AFTER_MS = { min: 1, max: 5 } as const

/** A session as nearly all workloads have it; `steps` decide how it ends. */
export function holdSession(random: Random, lines: readonly Line[], steps: readonly Step[]): HoldSession {
  return { kind: 'hold', lines, ttlMs: TTL_MS_LONG, copies: 1, retryAfterMs: retryWaits(random), steps }
}

/** The seeded waits before each further try. */
export function retryWaits(random: Random): readonly number[] {
  return Array.from({ length: RETRIES_MAX }, () => random.between(RETRY_AFTER_MS.min, RETRY_AFTER_MS.max))
}

/** `count` resources of one capacity, named `<prefix><name>-1` and so on. */
export function resources(
  settings: PlanSettings,
  name: string,
  of: { readonly count: number; readonly capacity: number },
): readonly Resource[] {
  return Array.from({ length: of.count }, (_, index) =>
    resource(settings, `${name}-${index + 1}`, of.capacity),
  )
}

export function resource(settings: PlanSettings, name: string, capacity: number): Resource {
  return { id: resourceId(`${settings.prefix ?? ''}${name}`), capacity }
}

/** Units of one resource, as a line. */
export function units(of: Resource, quantity = 1): Line {
  return { resourceId: of.id, quantity }
}

/** One caller for each number below the concurrency. */
export function callers(settings: PlanSettings, make: (caller: number) => Caller): readonly Caller[] {
  return Array.from({ length: settings.concurrency }, (_, caller) => make(caller))
}
