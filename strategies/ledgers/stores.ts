/** What each engine gives a witness: raw access to one namespace, outside the connections of the strategy. */
import type { Redis } from 'ioredis'
import type pg from 'pg'
import type { Client } from 'tigerbeetle-node'
import type { Stores } from './ledger.ts'

export interface PostgresStore {
  readonly schema: string
  /** Connections outside the pool under test. */
  readonly observer: pg.Pool
}

export interface RedisStore {
  /** One per node, outside the strategy's clients and without their key prefix. */
  readonly observers: readonly [Redis, ...Redis[]]
  /** Every key of the namespace begins with this. */
  readonly prefix: string
  /** The event whose keys these are, where a cluster keeps those of each event apart. */
  readonly event?: string
}

export interface TigerbeetleStore {
  /** Outside the strategy's own client. */
  readonly observer: Client
  /** Holds everything of the namespace, and nothing else. */
  readonly ledger: number
}

/** A namespace on several servers, each of which keeps whole events. */
export interface SplitStore {
  /** What a witness reads one after another: the stores of one event, or of one server. */
  parts(): Promise<readonly unknown[]>
}

export function isSplit(store: unknown): store is SplitStore {
  return typeof store === 'object' && store !== null && 'parts' in store
}

export function postgresIn(stores: Stores): PostgresStore {
  return storeOf(stores, 'postgres') as PostgresStore
}

export function redisIn(stores: Stores): RedisStore {
  return storeOf(stores, 'redis') as RedisStore
}

export function tigerbeetleIn(stores: Stores): TigerbeetleStore {
  return storeOf(stores, 'tigerbeetle') as TigerbeetleStore
}

function storeOf(stores: Stores, engine: string): unknown {
  const store = stores[engine]
  if (store === undefined) throw new Error(`the ledger is kept in ${engine}, which the strategy does not use`)
  return store
}
