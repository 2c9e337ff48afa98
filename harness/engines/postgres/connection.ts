/** How this program connects to a PostgreSQL server. Every wait ends: the limits are here, in one place. */
import type pg from 'pg'
import { type SessionKind, sessionSettings, startupOptions } from './session.ts'

/**
 * How connections are made: straight to the server, or as the pooler before it allows
 * (see pooling.ts).
 */
export type Pooling = 'direct' | 'session' | 'transaction'

/** Where a server is and as whom to go there. `password` is never printed. */
export interface PostgresTarget {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password: string | undefined
  readonly ssl: pg.ClientConfig['ssl']
  /** Command-line options for the session that the address itself asked for. */
  readonly options: string
  readonly connectDeadlineMs: number
  readonly pooling: Pooling
  /** `server_version_num`, which decides what a session can set; 0 before it is known. */
  readonly versionNum: number
}

/**
 * What another process needs to connect to a namespace. With a password: for handing on, never for printing.
 */
export interface PostgresAttachment {
  readonly url: string
  readonly pooling: Pooling
  readonly versionNum: number
  readonly schema: string
  /** Connections of the process that attaches. */
  readonly poolSize: number
}

/** For a connection of the pool. Long, so that the queue before a hot row is measured and not cut off. */
const POOL_WAIT_DEADLINE_MS = 30_000
/**
 * Making, dropping and inspecting: so that closing a namespace ends soon even on a server that stands still.
 */
const ADMIN_STATEMENT_DEADLINE_MS = 15_000
/**
 * By how much this side waits longer than the server, which ends a statement with a
 * reason, when it still can.
 */
const ANSWER_GRACE_MS = 5_000
/** A connection on which nothing was heard for so long is probed by TCP. */
const KEEPALIVE_AFTER_MS = 10_000

/**
 * Behind a pooler nothing is asked for at the start: it is set once the connection is
 * there, or in each transaction.
 */
export function clientConfig(target: PostgresTarget, session: SessionKind): pg.ClientConfig {
  const options =
    target.pooling === 'direct'
      ? [target.options, ...startupOptions(sessionSettings(session, target.versionNum))]
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
    // Never closed for idleness: opening it again would be measured as a wait.
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
