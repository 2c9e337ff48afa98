/**
 * On a server that is not ours to throw away, the schemas of a killed run are found by its lock. Every run holds a
 * session-level advisory lock on its run id from before its first schema until its end; the server frees it when the
 * session ends, however it ends. Whoever can take the lock of a run therefore knows that the run is over.
 */
import pg from 'pg'
import { reasonOf } from './engine-error.ts'
import { adminConfig, type PostgresTarget } from './postgres-connection.ts'
import { dropSchema } from './postgres-namespace.ts'
import { connectFailure } from './postgres-url.ts'

/** The first half of the lock's key ("HOLD"): an auditor that looks for stray advisory locks passes these over. */
const RUN_LOCK_CLASS = 0x484f4c44

export interface RunLock extends AsyncDisposable {
  readonly runId: string
}

/** For the server to close the session; a server that stands still never would. */
const END_GRACE_MS = 2_000
const SCHEMA_PATTERN = '^holdfast_[0-9a-f]{12}_[0-9]+$'
/** A comment is for a reader; a long label adds nothing. */
const LABEL_CHARACTERS_MAX = 200

export function schemaComment(runId: string, label: string): string {
  return `${commentStart(runId)}${label.slice(0, LABEL_CHARACTERS_MAX)}`
}

export async function holdRunLock(target: PostgresTarget, runId: string): Promise<RunLock> {
  const client = new pg.Client(adminConfig(target))
  // Should this session be cut, another run may clear our schemas: no worse than the cut itself.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select pg_advisory_lock($1, $2)', [RUN_LOCK_CLASS, lockKey(runId)])
  } catch (error) {
    await client.end().catch(() => undefined)
    throw connectFailure(target, error)
  }
  return {
    runId,
    async [Symbol.asyncDispose]() {
      const cut = setTimeout(() => client.connection.stream.destroy(), END_GRACE_MS)
      await client.end().catch(() => undefined)
      clearTimeout(cut)
    },
  }
}

/** Drops the schemas of runs that are over. Only what has the exact name and the exact mark is looked at. */
export async function sweepStaleSchemas(
  admin: pg.Pool,
  own: RunLock,
  log: (line: string) => void,
): Promise<void> {
  const session = await admin.connect()
  try {
    const { rows } = await session.query<{ schema: string; comment: string | null }>(
      `select nspname as schema, obj_description(oid, 'pg_namespace') as comment
         from pg_namespace where nspname ~ $1`,
      [SCHEMA_PATTERN],
    )
    const marked = rows.flatMap(({ schema, comment }) => {
      const runId = schema.split('_')[1] ?? ''
      return runId !== own.runId && comment?.startsWith(commentStart(runId)) ? [{ schema, runId }] : []
    })
    if (marked.length === 0) return
    // Some servers that speak this protocol accept advisory locks and do nothing: there every run would seem over.
    if (await takes(session, own.runId)) {
      log('postgres: advisory locks do not exclude on this server, so schemas of killed runs are left alone')
      return
    }
    for (const runId of new Set(marked.map((found) => found.runId))) {
      if (!(await takes(session, runId))) continue
      try {
        for (const { schema } of marked.filter((found) => found.runId === runId)) {
          await dropSchema(admin, schema)
          log(`postgres: dropped schema ${schema}, which a killed run had left`)
        }
      } catch (error) {
        log(`postgres: a schema of killed run ${runId} could not be dropped: ${reasonOf(error)}`)
      } finally {
        await session.query('select pg_advisory_unlock($1, $2)', [RUN_LOCK_CLASS, lockKey(runId)])
      }
    }
  } finally {
    // Closed rather than given back, so that no lock can stay behind on it.
    session.release(true)
  }
}

async function takes(session: pg.PoolClient, runId: string): Promise<boolean> {
  const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
    RUN_LOCK_CLASS,
    lockKey(runId),
  ])
  return rows[0]?.taken === true
}

/** The second half of the lock's key: a signed 32-bit number. Two runs that share one only delay a clearing. */
function lockKey(runId: string): number {
  return Number.parseInt(runId.slice(0, 8), 16) | 0
}

function commentStart(runId: string): string {
  return `holdfast run ${runId}: `
}
