/**
 * A schema that outlives the run that made it, under a name that an operator has given:
 *
 *     holdfast_kept_<name>          what is kept; its comment is our mark
 *     holdfast_kept_<name>.owner    the run that has it now, and its last heartbeat
 *
 * As with the records of runs (run-record.ts), the next run takes it only if that one is certainly gone.
 */
import pg from 'pg'
import type { KeptNamespace, Unfit } from '../engine.ts'
import {
  isCertainlyGone,
  isOwner,
  keepBeating,
  OWNED_REMEDY,
  OwnershipLostError,
  thisOwner,
} from '../ownership.ts'
import type { PostgresAttachment } from './connection.ts'

type KeptAttachment = Omit<PostgresAttachment, 'schema' | 'poolSize'>

export async function keepNamespace(
  name: string,
  { admin, attachment }: { readonly admin: pg.Pool; readonly attachment: KeptAttachment },
): Promise<KeptNamespace | Unfit> {
  const schema = `holdfast_kept_${name}`
  const table = `${pg.escapeIdentifier(schema)}.owner`
  const unfit = await take(admin, schema, table)
  if (unfit !== undefined) return unfit
  const own = Object.values(ownerRow())
  const lost = new AbortController()
  const beating = keepBeating({
    async beat() {
      const { rowCount } = await admin.query(
        `update ${table} set beat_at = clock_timestamp() where ${IS_OWN}`,
        own,
      )
      return rowCount === 1
    },
    onLost: () =>
      lost.abort(new OwnershipLostError(`${schema} is no longer of this run, but of another one`)),
  })
  return {
    lost: lost.signal,
    attachment: (poolSize): PostgresAttachment => ({ ...attachment, schema, poolSize }),
    async [Symbol.asyncDispose]() {
      await beating.stop()
      // If it fails, the next run finds an owner that is gone.
      await admin.query(`delete from ${table} where ${IS_OWN}`, own).catch(() => undefined)
    },
  }
}

const IS_OWN = 'pid = $1 and started = $2 and machine = $3 and boot = $4'

function ownerRow() {
  const { pid, started, machine, boot } = thisOwner()
  return { pid: String(pid), started, machine, boot }
}

/** Makes the schema or takes it over, in one transaction; why not, otherwise. */
async function take(admin: pg.Pool, schema: string, table: string): Promise<Unfit | undefined> {
  const client = await admin.connect()
  let isOver = false
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [schema])
    const unfit = await takeWithin(client, schema, table)
    await client.query(unfit === undefined ? 'commit' : 'rollback')
    isOver = true
    return unfit
  } finally {
    // Closing the connection rolls back.
    client.release(!isOver)
  }
}

async function takeWithin(client: pg.PoolClient, schema: string, table: string): Promise<Unfit | undefined> {
  const mark = `holdfast kept: ${schema}`
  const { rows: found } = await client.query<{ comment: string | null }>(
    `select obj_description(oid, 'pg_namespace') as comment from pg_namespace where nspname = $1`,
    [schema],
  )
  const [known] = found
  if (known === undefined) {
    await client.query(`create schema ${pg.escapeIdentifier(schema)}`)
    await client.query(`comment on schema ${pg.escapeIdentifier(schema)} is ${pg.escapeLiteral(mark)}`)
    await client.query(
      `create table ${table} (pid text not null, started text not null, machine text not null, boot text not null, beat_at timestamptz not null)`,
    )
  } else if (known.comment !== mark) {
    return { why: `the schema ${schema} was not made by Holdfast`, remedy: 'choose another name' }
  } else {
    const { rows } = await client.query<{ silent_ms: number }>(
      `select pid::integer, started, machine, boot,
         (extract(epoch from clock_timestamp() - beat_at) * 1000)::float8 as silent_ms from ${table} for update`,
    )
    if (rows.some((row) => !(isOwner(row) && isCertainlyGone(row, row.silent_ms)))) {
      return {
        why: `another process has ${schema} and may be alive`,
        remedy: OWNED_REMEDY,
      }
    }
    await client.query(`delete from ${table}`)
  }
  await client.query(
    `insert into ${table} values ($1, $2, $3, $4, clock_timestamp())`,
    Object.values(ownerRow()),
  )
  return undefined
}
