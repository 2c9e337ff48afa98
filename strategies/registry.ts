/**
 * Every strategy by name, the engines that it needs, the ledger that it writes, what it promises, and how to
 * open it. A new strategy is one file beside this one and one line in this list: conformance, workloads,
 * tables and charts follow from it.
 */
import type { Ledger } from './ledgers/ledger.ts'
import { counterRows, hashFields, luaRecord, seatKeys, transfers, unitRows } from './ledgers/registry.ts'
import { byEvent } from './ledgers/writing/by-event.ts'
import type { PostgresConnections } from './ledgers/writing/postgres/connections.ts'
import type { RedisConnections } from './ledgers/writing/redis/script.ts'
import type { TigerbeetleConnections } from './ledgers/writing/tigerbeetle/book.ts'
import type {
  EngineName,
  FaultException,
  Promises,
  ReservationStrategy,
  StrategySettings,
} from './strategy.ts'
import { withValidation } from './validation.ts'

export { scriptTold, toldScripts } from './ledgers/writing/redis/script.ts'
export type { PostgresConnections, RedisConnections }
export { byEvent }

/** Open connections by the engine's name. */
export type AllConnections = PostgresConnections & RedisConnections & TigerbeetleConnections

/** The engines of the registry's strategies. */
export type KnownEngine = keyof AllConnections

/** Only those that the strategy's `engines` names must be present. */
export type Connections = Partial<AllConnections>

/** One strategy as the harness knows it: from the registry below, or from a user's file. */
export interface StrategyEntry {
  readonly name: string
  /** The technique in a few words, for tables. */
  readonly summary: string
  readonly engines: readonly EngineName[]
  /**
   * How it writes holds down, so that a witness can read them directly; absent if only the strategy can read
   * them.
   */
  readonly ledger?: Ledger
  readonly promises: Promises
  /** How many independent servers of an engine it needs, if more than one. */
  readonly serversMin?: Readonly<Partial<Record<EngineName, number>>>
  /**
   * What of an engine the technique relies on, besides its ledger, and not every server has: commands of
   * Redis, abilities of PostgreSQL (harness/engines/postgres/probe). Without them the strategy is left out.
   */
  readonly reliesOn?: Readonly<Partial<Record<EngineName, readonly string[]>>>
  /** By the name of a fault: what it comes to here, unlike what follows from the promises. */
  readonly faults?: Readonly<Record<string, FaultException>>
  /** Where another process can load it from; strategies in the registry are loaded by name. */
  readonly file?: string
  /** All who open it share one store, which nobody empties: a service at an address. */
  readonly hasOneStore?: true
  /**
   * Loads the strategy's code and opens it, validation included. Throws if a connection it needs is absent.
   */
  open(connections: Connections, settings: StrategySettings): Promise<ReservationStrategy>
}

/** What a strategy file exports, if it needs these engines. */
export interface StrategyModule<Engine extends KnownEngine> {
  create(connections: Pick<AllConnections, Engine>, settings: StrategySettings): ReservationStrategy
}

/** What a strategy promises unless its line says otherwise. */
export const PROMISES_DEFAULT: Promises = {
  safe: 'always',
  unsafeUnder: [],
  refusals: 'exact',
  contention: 'waits',
  expiry: 'lazy',
  clock: 'postgres',
  freesLateMs: 0,
  refusedIds: 'retryable',
  fairness: 'none',
  needsSession: false,
  batches: false,
}

/** Makes the entry of a strategy that needs these engines and writes this ledger. */
export function on<Engine extends KnownEngine>(
  engines: readonly Engine[],
  ledger: Ledger,
  name: string,
  summary: string,
  load: () => Promise<StrategyModule<Engine>>,
  promises: Partial<Promises> = {},
  serversMin?: Readonly<Partial<Record<Engine, number>>>,
  reliesOn?: Readonly<Partial<Record<Engine, readonly string[]>>>,
  faults?: StrategyEntry['faults'],
): StrategyEntry {
  return {
    name,
    summary,
    engines,
    ledger,
    promises: { ...PROMISES_DEFAULT, ...promises },
    ...(serversMin && { serversMin }),
    ...(reliesOn && { reliesOn }),
    ...(faults && { faults }),
    async open(connections, settings) {
      const missing = engines.filter((engine) => connections[engine] === undefined)
      if (missing.length > 0) throw new Error(`${name} needs a connection to ${missing.join(' and ')}`)
      const { create } = await load()
      const own = connections as Pick<AllConnections, Engine>
      return withValidation(await byEvent(own, (at) => create(at, settings)))
    },
  }
}

/**
 * How TigerBeetle behaves, however transfers are batched. Its pulse frees due holds, usually within a tenth
 * of a second.
 */
const onTigerbeetle: Partial<Promises> = {
  contention: 'never',
  expiry: 'engine',
  clock: 'tigerbeetle',
  freesLateMs: 1_000,
  refusedIds: 'final',
}

const goesOnWithoutLeases: FaultException = {
  service: 'serves',
  reason: 'without a lease it goes on, since its conditional update alone keeps it safe',
}

const looksAtItsLease: FaultException = {
  outcome: 'safe',
  reason:
    'it looks at what is left of its lease just before the commit, and only a stop between the two falls',
}

const dropsKeysByItsClock: FaultException = {
  outcome: 'breaks-promises',
  reason:
    'a hold that expires while the clock is fast loses its keys to others, and counts as live again by its record when it is right',
}

// biome-ignore format: one line a strategy, so that the list reads as a table
export const registry: readonly StrategyEntry[] = [
  on(['postgres'], counterRows, 'postgres-naive', 'check, then act', () => import('./postgres-naive.ts'), { safe: 'never' }),
  on(['postgres'], counterRows, 'postgres-select-for-update', 'row locks in id order', () => import('./postgres-select-for-update.ts')),
  on(['postgres'], counterRows, 'postgres-nowait', 'row locks, the loser learns at once', () => import('./postgres-nowait.ts'), { contention: 'gives-up' }, undefined, { postgres: ['nowait'] }),
  on(['postgres'], unitRows, 'postgres-skip-locked', 'one row per unit, skipping locked ones', () => import('./postgres-skip-locked.ts'), { refusals: 'spurious' }, undefined, { postgres: ['skip-locked'] }),
  on(['postgres'], counterRows, 'postgres-advisory-lock', 'transaction-level advisory locks', () => import('./postgres-advisory-lock.ts'), { fairness: 'queue' }, undefined, { postgres: ['advisory-lock'] }),
  on(['postgres'], counterRows, 'postgres-optimistic-version', 'version compared in the update', () => import('./postgres-optimistic-version.ts'), { contention: 'retries' }, undefined, { postgres: ['recheck'] }),
  on(['postgres'], counterRows, 'postgres-serializable', 'read-check-write at SERIALIZABLE', () => import('./postgres-serializable.ts'), { contention: 'retries' }, undefined, { postgres: ['serializable'] }),
  on(['postgres'], counterRows, 'postgres-conditional-update', 'update … where units are there', () => import('./postgres-conditional-update.ts'), {}, undefined, { postgres: ['recheck'] }),
  on(['postgres'], counterRows, 'postgres-conditional-update-batched', 'callers batched, one round trip', () => import('./postgres-conditional-update-batched.ts'), { batches: true }),
  on(['postgres', 'redis'], counterRows, 'redis-setnx', 'a lease around read-check-write', () => import('./redis-setnx.ts'), { safe: 'without-faults', unsafeUnder: ['client-pause', 'lost-writes'], contention: 'polls' }),
  on(['postgres', 'redis'], counterRows, 'redis-setnx-fenced', 'a lease, and a fence in the database', () => import('./redis-setnx-fenced.ts'), { contention: 'polls' }, undefined, { postgres: ['recheck'] }),
  on(['postgres', 'redis'], counterRows, 'redlock', 'a lease on most of five nodes', () => import('./redlock.ts'), { safe: 'without-faults', unsafeUnder: ['client-pause', 'lost-writes'], contention: 'polls' }, { redis: 3 }, undefined, { 'client-stopped': looksAtItsLease }),
  on(['postgres', 'redis'], counterRows, 'redlock-guarded', 'Redlock, and a conditional update', () => import('./redlock-guarded.ts'), { contention: 'polls' }, { redis: 3 }, { postgres: ['recheck'] }, { 'leases-unreachable': goesOnWithoutLeases, 'leases-gone': goesOnWithoutLeases, 'majority-lost': goesOnWithoutLeases }),
  on(['postgres', 'redis'], seatKeys, 'redis-seat-key', 'a key with a TTL is the hold', () => import('./redis-seat-key.ts'), { safe: 'without-faults', unsafeUnder: ['lost-writes'], contention: 'never', expiry: 'engine', clock: 'redis' }, undefined, undefined, { 'engine-clock-stepped': dropsKeysByItsClock }),
  on(['redis'], luaRecord, 'redis-lua', 'the record in Redis, one script each', () => import('./redis-lua.ts'), { safe: 'without-faults', unsafeUnder: ['lost-writes'], contention: 'never', clock: 'redis' }),
  on(['redis'], hashFields, 'redis-hash-fields', 'one command sets all fields or none', () => import('./redis-hash-fields.ts'), { safe: 'without-faults', unsafeUnder: ['lost-writes'], contention: 'never', clock: 'redis' }, undefined, { redis: ['HSETEX'] }),
  on(['tigerbeetle'], transfers, 'tigerbeetle-pending-transfer', 'double entry, one call each', () => import('./tigerbeetle-pending-transfer.ts'), onTigerbeetle),
  on(['tigerbeetle'], transfers, 'tigerbeetle-pending-transfer-batched', 'double entry, callers batched', () => import('./tigerbeetle-pending-transfer-batched.ts'), { ...onTigerbeetle, batches: true }),
]
