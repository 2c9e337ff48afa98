/** How this program connects to a PostgreSQL server. Every wait ends: the limits are here, in one place. */
import { isIP } from 'node:net'
import { join } from 'node:path'
import type pg from 'pg'
import type { Address, ProxyAddress } from '../../network/conditions.ts'
import { type SessionKind, sessionSettings, startupOptions } from './session.ts'

/** How connections are made: directly to the server, or as a pooler in between allows (see pooling.ts). */
export type Pooling = 'direct' | 'session' | 'transaction'

/** A server's address and the account to use. `password` is never printed. */
export interface PostgresTarget {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password: string | undefined
  readonly ssl: pg.ClientConfig['ssl']
  /** Command-line options for the session, given in the address. */
  readonly options: string
  readonly connectDeadlineMs: number
  readonly pooling: Pooling
  /**
   * Whether statements are prepared on its connections: not if it was asked for, nor where they would be
   * lost.
   */
  readonly prepares: boolean
  /** Settings of the experiment that a session can set there, by name; none before that is known. */
  readonly sets: readonly string[]
}

/** Where the server listens. */
export function addressOf({ host, port }: PostgresTarget): Address {
  return host.startsWith('/') ? { path: join(host, `.s.PGSQL.${port}`) } : { host, port }
}

/** The same server, reached by a proxy. Its certificate is still checked for its own name. */
export function throughProxy(target: PostgresTarget, proxy: ProxyAddress | undefined): PostgresTarget {
  if (proxy === undefined) return target
  const { host, ssl } = target
  if (ssl === undefined || ssl === false) return { ...target, ...proxy }
  const named = { host, ...(isIP(host) === 0 && { servername: host }) }
  if (ssl === true) return { ...target, ...proxy, ssl: named }
  // The library hides the key from everything that copies an object.
  return { ...target, ...proxy, ssl: { ...named, ...ssl, ...(ssl.key !== undefined && { key: ssl.key }) } }
}

/** What another process needs to connect to a namespace. With a password: to be passed on, never printed. */
export interface PostgresAttachment {
  readonly url: string
  readonly pooling: Pooling
  readonly prepares: boolean
  readonly sets: readonly string[]
  readonly schema: string
  /** Connections of the process that attaches. */
  readonly poolSize: number
  /** Where to connect instead of at the address of the URL. */
  readonly proxy: ProxyAddress | undefined
}

/** For a connection of the pool. Long, so that the queue for a contended row is measured and not cut off. */
const POOL_WAIT_DEADLINE_MS = 30_000
/** For creating, dropping and inspecting, so that closing a namespace ends soon even on a stuck server. */
const ADMIN_STATEMENT_DEADLINE_MS = 15_000
/** How much longer the client waits than the server, which ends a statement with a reason if it still can. */
const ANSWER_GRACE_MS = 5_000
/** A connection that was silent for this long is probed by TCP. */
const KEEPALIVE_AFTER_MS = 10_000

/**
 * Behind a pooler, settings are not sent at the start: they are set once connected, or in each transaction.
 */
export function clientConfig(target: PostgresTarget, session: SessionKind): pg.ClientConfig {
  const options =
    target.pooling === 'direct'
      ? [target.options, ...startupOptions(sessionSettings(session, target.sets))]
      : []
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: target.password,
    ssl: target.ssl,
    options: options.filter(Boolean).join(' '),
    application_name: session.applicationName,
    query_timeout: session.statementDeadlineMs + ANSWER_GRACE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_AFTER_MS,
    connectionTimeoutMillis: target.connectDeadlineMs,
  }
}

/** A session of the engine's own. */
export const ADMIN_SESSION: SessionKind = {
  applicationName: 'holdfast-admin',
  statementDeadlineMs: ADMIN_STATEMENT_DEADLINE_MS,
}

export function adminConfig(target: PostgresTarget): pg.ClientConfig {
  return clientConfig(target, ADMIN_SESSION)
}

export function poolConfig(config: pg.ClientConfig, max: number): pg.PoolConfig {
  return {
    ...config,
    max,
    connectionTimeoutMillis: POOL_WAIT_DEADLINE_MS,
    // Never closed when idle: reopening it would be measured as a wait.
    idleTimeoutMillis: 0,
  }
}

/** An address for a reader: without the password. */
export function printableUrl(target: PostgresTarget): string {
  const user = encodeURIComponent(target.user)
  const database = encodeURIComponent(target.database)
  if (target.host.startsWith('/')) {
    return `postgres://${user}@/${database}?host=${encodeURIComponent(target.host)}&port=${target.port}`
  }
  const host = target.host.includes(':') ? `[${target.host}]` : target.host
  return `postgres://${user}@${host}:${target.port}/${database}`
}
