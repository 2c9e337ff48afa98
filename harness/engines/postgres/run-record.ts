/**
 * On a server that we did not start, every run keeps a record of its identity, in a separate schema that is
 * created before its first namespace and dropped after its last:
 *
 *     holdfast_<run id>_0      the record: one table, one row (owner, last heartbeat)
 *     holdfast_<run id>_<n>    the n-th namespace
 *     holdfast_<run id>_<PROBE_COUNT>    what is tried on the server itself, before the first namespace
 *
 * A namespace is only created in a transaction that locks the record, so none can be created after its run
 * has ended. A later run drops what a killed run left; it locks the record meanwhile, and does so only if the
 * owner is certainly gone.
 */
import pg from 'pg'
import { codeOf, reasonOf } from '../engine-error.ts'
import {
  isCertainlyGone,
  isOwner,
  keepBeating,
  type Owner,
  OwnershipLostError,
  thisOwner,
} from '../ownership.ts'

export interface PostgresRunRecord extends AsyncDisposable {
  readonly runId: string
  /** Aborted, with the reason, once the record is gone: another run may then drop this run's data. */
  readonly lost: AbortSignal
  /** Checks at once, for example after a connection was restored. */
  beatNow(): Promise<void>
}

/** More than a run has namespaces. */
export const PROBE_COUNT = 1_000_000

const SCHEMA_PATTERN = '^holdfast_[0-9a-f]{12}_[0-9]+$'
/** A comment is for a reader; a long label adds nothing. */
const LABEL_CHARACTERS_MAX = 200
/** Time limit for locks that the last transaction of a cut connection may still hold. */
const DROP_LOCK_DEADLINE_MS = 10_000
/** undefined_table, invalid_schema_name: how a record that was dropped answers. */
const IS_DROPPED: ReadonlySet<string> = new Set(['42P01', '3F000'])

export function namespaceSchema(runId: string, count: number): string {
  return `holdfast_${runId}_${count}`
}

/** Statements that create a schema with our mark. */
function creation(schema: string, runId: string, label: string): string[] {
  const comment = `${commentStart(runId)}${label.slice(0, LABEL_CHARACTERS_MAX)}`
  return [
    `create schema ${pg.escapeIdentifier(schema)}`,
    `comment on schema ${pg.escapeIdentifier(schema)} is ${pg.escapeLiteral(comment)}`,
  ]
}

/**
 * Creates the schema of a namespace. With `isRecorded`, only while the run's record exists: its row is locked
 * until the schema is committed, so that a run that drops the record has seen the schema before.
 */
export async function createSchema(
  admin: pg.Pool,
  of: {
    readonly schema: string
    readonly runId: string
    readonly label: string
    readonly isRecorded: boolean
  },
): Promise<void> {
  await inTransaction(admin, [
    ...(of.isRecorded ? [`select from ${recordOf(of.runId)} for key share`] : []),
    ...creation(of.schema, of.runId, of.label),
  ])
}

export async function dropSchema(admin: pg.Pool, schema: string): Promise<void> {
  await inTransaction(admin, dropping(schema))
}

/**
 * Writes the record and renews its heartbeat until it is disposed of, which drops every schema of the run.
 */
export async function keepRunRecord(
  admin: pg.Pool,
  runId: string,
  log: (line: string) => void,
  everyMs?: number,
): Promise<PostgresRunRecord> {
  const { pid, started, machine, boot } = thisOwner()
  const row = [String(pid), started, machine, boot].map((each) => pg.escapeLiteral(each)).join(', ')
  await inTransaction(admin, [
    ...creation(namespaceSchema(runId, 0), runId, 'record of the run'),
    `create table ${recordOf(runId)} (
       pid text not null, started text not null, machine text not null, boot text not null, beat_at timestamptz not null)`,
    `insert into ${recordOf(runId)} values (${row}, clock_timestamp())`,
  ]).catch(async (error: unknown) => {
    // It may have been committed nevertheless, or may be later: then the next run finds its owner gone.
    await dropSchema(admin, namespaceSchema(runId, 0)).catch(() => undefined)
    throw error
  })
  const lost = new AbortController()
  const beating = keepBeating({
    ...(everyMs !== undefined && { everyMs }),
    beat: async () => {
      try {
        const { rowCount } = await admin.query(`update ${recordOf(runId)} set beat_at = clock_timestamp()`)
        return rowCount === 1
      } catch (error) {
        if (IS_DROPPED.has(codeOf(error) ?? '')) return false
        throw error
      }
    },
    onLost: () => {
      lost.abort(
        new OwnershipLostError(
          `the record of this run (schema ${namespaceSchema(runId, 0)}) is gone from the PostgreSQL server, and with it all that it had written there`,
        ),
      )
    },
  })
  return {
    runId,
    lost: lost.signal,
    beatNow: beating.now,
    async [Symbol.asyncDispose]() {
      await beating.stop()
      if (lost.signal.aborted) return
      await dropRun(admin, runId).catch((error: unknown) => {
        log(
          `postgres: schemas of run ${runId} could not be dropped and are left to the next run: ${reasonOf(error)}`,
        )
      })
    },
  }
}

/**
 * Drops the leftovers of runs whose owners are certainly gone. Only schemas with the exact name and the exact
 * mark are considered.
 */
export async function sweepStaleSchemas(
  admin: pg.Pool,
  ownRunId: string,
  log: (line: string) => void,
): Promise<void> {
  const { rows } = await admin.query<{ schema: string; comment: string | null }>(
    `select nspname as schema, obj_description(oid, 'pg_namespace') as comment
       from pg_namespace where nspname ~ $1 order by nspname`,
    [SCHEMA_PATTERN],
  )
  const runs = new Map<string, string[]>()
  for (const { schema, comment } of rows) {
    const runId = schema.split('_')[1] ?? ''
    if (runId === ownRunId || !comment?.startsWith(commentStart(runId))) continue
    runs.set(runId, [...(runs.get(runId) ?? []), schema])
  }
  for (const [runId, schemas] of runs) {
    if (!schemas.includes(namespaceSchema(runId, 0))) {
      log(
        `postgres: ${schemas.join(', ')} names a run of Holdfast, but no record says whose: left alone. If you know that it is over: drop schema … cascade`,
      )
      continue
    }
    await sweepRun(admin, runId, log)
  }
}

async function sweepRun(admin: pg.Pool, runId: string, log: (line: string) => void): Promise<void> {
  const session = await admin.connect()
  let isOpen = false
  try {
    await session.query('begin')
    isOpen = true
    // If the record is locked, it is in use: by its owner, or by another run that cleans up.
    const { rows } = await session.query<{ silent_ms: number }>(
      `select pid::integer, started, machine, boot,
         (extract(epoch from clock_timestamp() - beat_at) * 1000)::float8 as silent_ms
       from ${recordOf(runId)} for update nowait`,
    )
    const [record] = rows
    if (isOwner(record) && isCertainlyGone(record as Owner, record.silent_ms)) {
      const dropped = await dropNamespaces(admin, runId)
      for (const statement of dropping(namespaceSchema(runId, 0))) await session.query(statement)
      log(`postgres: dropped ${['the record', ...dropped].join(', ')} of killed run ${runId}`)
    }
    await session.query('commit')
    isOpen = false
  } catch (error) {
    // Locked, gone meanwhile, or owned by another role: not ours to drop in any of these cases.
    const isNotOurs = ['55P03', '42501', ...IS_DROPPED].includes(codeOf(error) ?? '')
    if (!isNotOurs) log(`postgres: what killed run ${runId} left could not be dropped: ${reasonOf(error)}`)
  } finally {
    session.release(isOpen)
  }
}

/**
 * The run's own cleanup: its namespaces, including those that were committed after their creator had given
 * up; its record last.
 */
async function dropRun(admin: pg.Pool, runId: string): Promise<void> {
  await dropNamespaces(admin, runId)
  await inTransaction(admin, dropping(namespaceSchema(runId, 0)))
}

async function dropNamespaces(admin: pg.Pool, runId: string): Promise<readonly string[]> {
  const { rows } = await admin.query<{ schema: string }>(
    `select nspname as schema from pg_namespace
     where nspname ~ $1 and nspname <> $2 and obj_description(oid, 'pg_namespace') like $3 order by nspname`,
    [`^holdfast_${runId}_[0-9]+$`, namespaceSchema(runId, 0), `${commentStart(runId)}%`],
  )
  for (const { schema } of rows) await dropSchema(admin, schema)
  return rows.map(({ schema }) => schema)
}

function dropping(schema: string): string[] {
  return [
    `set local lock_timeout = ${DROP_LOCK_DEADLINE_MS}`,
    // The notice that lists every dropped table is of no use.
    'set local client_min_messages = warning',
    `drop schema if exists ${pg.escapeIdentifier(schema)} cascade`,
  ]
}

async function inTransaction(pool: pg.Pool, statements: readonly string[]): Promise<void> {
  const client = await pool.connect()
  try {
    for (const statement of ['begin', ...statements, 'commit']) await client.query(statement)
    client.release()
  } catch (error) {
    // Closing the connection rolls back.
    client.release(true)
    throw error
  }
}

function recordOf(runId: string): string {
  return `${pg.escapeIdentifier(namespaceSchema(runId, 0))}.run`
}

function commentStart(runId: string): string {
  return `holdfast run ${runId}: `
}
