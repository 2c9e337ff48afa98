/**
 * A workload defines which caller requests what, and in which order, but not when a call ends. It is data
 * drawn from the seed, so that every strategy gets exactly the same requests.
 *
 * The callers form a closed loop: each starts its next session as soon as the last one ended. What a caller
 * requests depends on the seed, the workload and the caller alone.
 */
import type { Line, Resource, ResourceId } from '../../strategies/strategy.ts'
import { resourceId } from '../../strategies/validation.ts'
import type { Random } from './random.ts'

export interface Workload {
  readonly name: string
  /** In a few words, for tables. */
  readonly summary: string
  /** Makes the plan. A plan can be run once: its callers keep their position. */
  plan(settings: PlanSettings): WorkloadPlan
}

export interface PlanSettings {
  readonly seed: number
  /** The number of callers. */
  readonly concurrency: number
  readonly durationMs: number
  /** Buyers who come each second, for workloads to which they come at their own times. */
  readonly arrivalsPerSecond?: number
  /** Put before the name of every resource, so that a warm-up has resources of its own. */
  readonly prefix?: string
}

export interface WorkloadPlan {
  readonly resources: readonly Resource[]
  readonly callers: readonly Caller[]
  /** The callers stop after this time, or earlier if none has a further session. */
  readonly durationMs: number
  /** Where buyers come at their own times: what became of them, once the callers have stopped. */
  readonly crowd?: () => CrowdRecord
  /** If the workload needs a while to show what it is for, it goes on until then, within a limit. */
  readonly goesOn?: {
    /** Whether it has shown it. */
    isEnough(): boolean
    /** The callers stop after this time in any case. */
    readonly durationMsMax: number
  }
}

/** `buyer`: a caller under test. `bystander`: requests resources that no buyer requests. */
export type Role = 'buyer' | 'bystander'

export interface Caller {
  readonly role: Role
  /**
   * `shared`: all callers draw from one queue, whose sessions several processes must divide among themselves.
   */
  readonly queue?: 'shared'
  /**
   * Where buyers come at their own times: resolves when there is one for this caller, or none will come any
   * more. `wait` tells whether the run goes on; once it does not, this must resolve.
   */
  arrives?(wait: (ms: number) => Promise<boolean>): Promise<void>
  /** The next session; undefined when the caller is finished. */
  next(): BuyerSession | undefined
}

/** What became of buyers who came at their own times. Times are in milliseconds. */
export interface CrowdRecord {
  /** Of what is on sale. */
  readonly units: number
  readonly buyers: number
  /** Buyers who have what they came for, and know it. */
  readonly sold: number
  /** Buyers who were told that nothing is left. */
  readonly refused: number
  /** From the first moment until the last sale; absent without any. */
  readonly lastSaleMs?: number
  /** From the first moment until the last buyer had an answer, or had left without one. */
  readonly overMs: number
  /** From when a buyer came until they knew, for each who was told anything. */
  readonly knownMs: readonly number[]
  /** From a request until its answer, for each that its buyer waited for. */
  readonly servedMs: readonly number[]
  /** Requests that the service refused because too many waited. */
  readonly turnedAway: number
  /** Requests that the service carried out for a buyer who no longer waited. */
  readonly inVain: number
  /** Pairs of buyers of whom one was sold to, and of those the ones in which the other had come earlier. */
  readonly pairs: number
  readonly inversions: number
}

export type BuyerSession = HoldSession | ReadSession | SweepSession

/** Reads the seat map. */
interface ReadSession {
  readonly kind: 'read'
  readonly resourceIds: readonly ResourceId[]
}

/**
 * A sweeper's step. It is not recorded in the history: it shows in the holds that it ended, and in the units
 * that other callers then got.
 */
interface SweepSession {
  readonly kind: 'sweep'
  readonly limit: number
  /** Wait before the next step. */
  readonly pauseMs: number
}

/** Requests a hold of these lines, then makes the steps if it was granted. */
export interface HoldSession {
  readonly kind: 'hold'
  readonly lines: readonly Line[]
  readonly ttlMs: number
  /** How often the same request is sent concurrently, as by an impatient buyer or a proxy that duplicates. */
  readonly copies: number
  /** The waits before retries after `contended`, each under a new id. The length limits the retries. */
  readonly retryAfterMs: readonly number[]
  /**
   * How often a call without an answer is sent again under the same id, before its outcome is left unknown;
   * absent: never.
   */
  readonly resends?: number
  /** An empty list abandons the hold: it expires. */
  readonly steps: readonly Step[]
}

export type Step =
  | Send
  | { readonly do: 'pause'; readonly ms: number }
  /** Waits until this long after the hold's deadline; before it, if negative. */
  | { readonly do: 'wait-for-deadline'; readonly offsetMs: number }
  /** Confirms, unless the buyer has gone away meanwhile: then the hold is abandoned. */
  | { readonly do: 'confirm-if'; readonly isWanted: () => boolean }
  /** All are in flight at once. */
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

/**
 * How many new resources a workload prepares that sells them for good: as many as it takes to last for its
 * duration at a speed that no engine here exceeds, within the limits. A faster run would end with its stock,
 * and say so by its duration.
 */
export function stockFor(
  { durationMs }: Pick<PlanSettings, 'durationMs'>,
  { perSecond, min, max }: { readonly perSecond: number; readonly min: number; readonly max: number },
): number {
  return Math.min(max, Math.max(min, Math.ceil((perSecond * durationMs) / 1_000)))
}

/** Longer than any trial: such a hold never expires during one. */
export const TTL_MS_LONG = 10 * 60 * 1000
/** The most retries after `contended`. */
const RETRIES_MAX = 2
/**
 * The bounds of the wait before a retry: long enough for the winner to commit, short enough to stay in
 * contention.
 */
const RETRY_AFTER_MS = { min: 1, max: 5 } as const

/** The usual session; `steps` decide how it ends. */
export function holdSession(random: Random, lines: readonly Line[], steps: readonly Step[]): HoldSession {
  return { kind: 'hold', lines, ttlMs: TTL_MS_LONG, copies: 1, retryAfterMs: retryWaits(random), steps }
}

/** The seeded waits before each retry. */
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
