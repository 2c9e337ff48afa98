/**
 * A separate schema and a pool for it, on a server that may hold other data: nothing else is ever touched.
 */
import type { Kysely } from 'kysely'
import type pg from 'pg'
import type { PostgresStore } from '../../../strategies/ledgers/stores.ts'
import { readingOf } from '../clock-reading.ts'
import type { ClockReading, Namespace, NamespaceOptions } from '../engine.ts'
import { reasonOf } from '../engine-error.ts'
import {
  addressOf,
  clientConfig,
  type PostgresAttachment,
  type PostgresTarget,
  poolConfig,
  throughProxy,
} from './connection.ts'
import { explorable } from './explorable.ts'
import { leftBehind, leftOpen } from './left-open.ts'
import { lentFrom } from './lent.ts'
import { MeteredPool } from './metered-pool.ts'
import { namingClient } from './naming-client.ts'
import { onlooker } from './onlooker.ts'
import { claimSession, transactionScoped } from './pooling.ts'
import { createSchema, dropSchema } from './run-record.ts'
import { type SessionKind, STATEMENT_DEADLINE_MS, sessionSettings, transactionSettings } from './session.ts'

export interface PostgresNamespace extends Namespace {
  readonly connections: Kysely<unknown>
  readonly store: PostgresStore
  readonly schema: string
  /** A metered pool. Its search path is the schema; all connections are open from the start. */
  readonly pool: MeteredPool
  /** Two connections outside the metered pool: audits, clock readings, inspection of locks. */
  readonly observer: pg.Pool
}

export const OBSERVER_CONNECTIONS = 2

export interface OpenPostgresNamespace extends PostgresNamespace {
  /** Cuts all connections and leaves the schema: for a server that is about to be discarded. */
  cut(): Promise<void>
}

/** `admin` belongs to the engine and outlives the namespace. */
export async function createNamespace(options: {
  readonly target: PostgresTarget
  readonly admin: pg.Pool
  readonly schema: string
  readonly runId: string
  readonly label: string
  /** With the password: for other processes. */
  readonly connectionString: string
  /** Whether the run keeps a record on the server; not if the server itself is discarded. */
  readonly isRecorded: boolean
  readonly poolSize: number
  readonly through: NamespaceOptions['through']
  readonly log: (line: string) => void
}): Promise<OpenPostgresNamespace> {
  const { target, admin, schema, log } = options
  const proxy = await options.through?.(addressOf(target))
  await createSchema(admin, options)
  // Named after the schema, so that pg_stat_activity shows which sessions belong to it.
  const pool = poolOn(throughProxy(target, proxy), { ...options, applicationName: schema })
  const observer = poolOn(target, {
    schema,
    poolSize: OBSERVER_CONNECTIONS,
    applicationName: 'holdfast-observer',
  })
  const lent = lentFrom(pool)
  const namespace: OpenPostgresNamespace = {
    ...lent,
    schema,
    pool,
    observer,
    store: { schema, observer },
    leftOpen: (sessions) => leftOpen({ pool, observer }, [...lent.sessions(), ...sessions]),
    leftBehind: () => leftBehind({ schema, pool, observer }),
    attachment: (size): PostgresAttachment => ({
      url: options.connectionString,
      pooling: target.pooling,
      prepares: target.prepares,
      sets: target.sets,
      schema,
      poolSize: size,
      proxy,
    }),
    explorable: explorable({
      schema,
      pool,
      observer,
      isPooled: target.pooling !== 'direct',
      target,
      sessions: lent.sessions,
    }),
    onlooker: onlooker({ schema, observer }),
    readClock: () => readClock(observer),
    async cut() {
      await Promise.all([pool.endOrCut(), observer.endOrCut()])
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([endPool(pool, admin), endPool(observer, admin)])
      await dropSchema(admin, schema).catch((error: unknown) => {
        log(`postgres: schema ${schema} could not be dropped and is left to the next run: ${reasonOf(error)}`)
      })
    },
  }
  try {
    await Promise.all([pool.fill(), observer.fill()])
  } catch (error) {
    await namespace[Symbol.asyncDispose]()
    throw error
  }
  return namespace
}

/**
 * A pool for a schema that another process has created and will drop; all connections are open from the
 * start.
 */
export async function openPool(
  target: PostgresTarget,
  on: { readonly schema: string; readonly poolSize: number },
): Promise<MeteredPool> {
  const pool = poolOn(target, { ...on, applicationName: on.schema })
  try {
    await pool.fill()
    return pool
  } catch (error) {
    await pool.endOrCut()
    throw error
  }
}

function poolOn(
  target: PostgresTarget,
  of: { readonly schema: string; readonly poolSize: number; readonly applicationName: string },
): MeteredPool {
  const { schema, poolSize, applicationName } = of
  return poolFor(target, { applicationName, schema, statementDeadlineMs: STATEMENT_DEADLINE_MS }, poolSize)
}

/**
 * Verifies, before anything is written, that every session of the pool has the experiment's settings and
 * works in its schema, if it has one.
 */
export function poolFor(
  target: PostgresTarget,
  session: SessionKind,
  poolSize: number,
  limits: Pick<pg.PoolConfig, 'connectionTimeoutMillis'> = {},
): MeteredPool {
  const config = { ...poolConfig(clientConfig(target, session), poolSize), ...limits }
  const settings = sessionSettings(session, target.sets)
  const Client = namingClient(target.prepares)
  return target.pooling === 'transaction'
    ? new MeteredPool({ ...config, Client: transactionScoped(Client, transactionSettings(settings)) })
    : new MeteredPool({
        ...config,
        Client,
        onConnect: (client) => claimSession(client, target, { schema: session.schema, settings }),
      })
}

async function readClock(observer: pg.Pool): Promise<ClockReading> {
  const client = await observer.connect()
  try {
    return await readingOf(
      () =>
        client.query<{ us: string }>(
          'select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us',
        ),
      ({ rows }) => Number(rows[0]?.us) / 1_000,
    )
  } finally {
    client.release()
  }
}

/**
 * A cut connection alone does not end a statement that waits for a lock, and its locks would block dropping
 * the schema.
 */
async function endPool(pool: MeteredPool, admin: pg.Pool): Promise<void> {
  const pids = await pool.endOrCut()
  if (pids.length === 0) return
  await admin
    .query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids])
    .catch(() => undefined)
}
