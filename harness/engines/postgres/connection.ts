/** How this program connects to a PostgreSQL server. Every wait ends: the limits are here, in one place. */
import type pg from 'pg'

/**
 * How connections are made: straight to the server, or as the pooler before it allows
 * (see postgres-pooling.ts).
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
}

/**
 * What another process needs to connect to a namespace. With a password: for handing on, never for printing.
 */
export interface PostgresAttachment {
  readonly url: string
  readonly pooling: Pooling
  readonly schema: string
  /** Connections of the process that attaches. */
  readonly poolSize: number
}

/** For a connection of the pool. Long, so that the queue before a hot row is measured and not cut off. */
const POOL_WAIT_DEADLINE_MS = 30_000
/** Ended by the server: longer than any wait for a row lock that a run expects. */
export const STATEMENT_DEADLINE_MS = 30_000
/** A transaction whose owner does nothing holds its locks no longer than this. */
const IDLE_IN_TRANSACTION_DEADLINE_MS = 30_000
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

export interface SessionKind {
  readonly applicationName: string
  readonly schema?: string
  readonly statementDeadlineMs: number
}

/** What a session of this kind has set, by name. */
export function sessionSettings(session: SessionKind): Readonly<Record<string, string>> {
  return {
    statement_timeout: String(session.statementDeadlineMs),
    idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_DEADLINE_MS),
    ...(session.schema !== undefined && { search_path: session.schema }),
  }
}

/**
 * Behind a pooler nothing is asked for at the start: it is set once the connection is
 * there, or in each transaction.
 */
export function clientConfig(target: PostgresTarget, session: SessionKind): pg.ClientConfig {
  const settings = target.pooling === 'direct' ? Object.entries(sessionSettings(session)) : []
  const options = target.pooling === 'direct' ? [target.options] : []
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: target.password,
    ssl: target.ssl,
    options: [...options, ...settings.map(([name, value]) => `-c ${name}=${value}`)]
      .filter(Boolean)
      .join(' '),
    application_name: session.applicationName,
    query_timeout: session.statementDeadlineMs + ANSWER_GRACE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_AFTER_MS,
    connectionTimeoutMillis: target.connectDeadlineMs,
  }
}

/** A session of the engine's own. */
export function adminConfig(target: PostgresTarget): pg.ClientConfig {
  return clientConfig(target, {
    applicationName: 'holdfast-admin',
    statementDeadlineMs: ADMIN_STATEMENT_DEADLINE_MS,
  })
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
