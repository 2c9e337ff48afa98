/** What each engine hands to a witness: raw access to one namespace, outside the connections of the strategy. */
import type { Redis } from 'ioredis'
import type pg from 'pg'
import type { Client } from 'tigerbeetle-node'

export interface PostgresStore {
  readonly schema: string
  /** Connections outside the pool under test. */
  readonly observer: pg.Pool
}

export interface RedisStore {
  /** One a node, outside the strategy's clients and without their key prefix. */
  readonly observers: readonly [Redis, ...Redis[]]
  /** Every key of the namespace begins with it. */
  readonly prefix: string
}

export interface TigerbeetleStore {
  readonly observer: Client
  readonly ledger: number
}
