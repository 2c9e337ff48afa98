/** How this program connects to a PostgreSQL server. Every wait ends: the limits are here, in one place. */
import type pg from 'pg'

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
}

/** For a connection of the pool. Long, so that the queue before a hot row is measured and not cut off. */
const POOL_WAIT_DEADLINE_MS = 30_000
/** Ended by the server: longer than any wait for a row lock that a run expects. */
export const STATEMENT_DEADLINE_MS = 30_000
/** A transaction whose owner does nothing holds its locks no longer than this. */
const IDLE_IN_TRANSACTION_DEADLINE_MS = 30_000
/** Making, dropping and inspecting: so that closing a namespace ends soon even on a server that stands still. */
const ADMIN_STATEMENT_DEADLINE_MS = 15_000
/** By how much this side waits longer than the server, which ends a statement with a reason, when it still can. */
const ANSWER_GRACE_MS = 5_000
/** A connection on which nothing was heard for so long is probed by TCP. */
const KEEPALIVE_AFTER_MS = 10_000

export function clientConfig(
  target: PostgresTarget,
  session: {
    readonly applicationName: string
    readonly schema?: string
    readonly statementDeadlineMs: number
  },
): pg.ClientConfig {
  const settings = [
    `statement_timeout=${session.statementDeadlineMs}`,
    `idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_DEADLINE_MS}`,
    ...(session.schema === undefined ? [] : [`search_path=${session.schema}`]),
  ]
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: target.password,
    ssl: target.ssl,
    options: [target.options, ...settings.map((setting) => `-c ${setting}`)].filter(Boolean).join(' '),
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
