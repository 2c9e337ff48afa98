/** Rows as every session sees them, and which session has each of them locked. */
import pg from 'pg'
import type { CommittedRow } from '../engine.ts'

/**
 * Takes no lock and writes nothing. A row names the transaction that has locked it, and every transaction has
 * a lock on its own number. Rows that several sessions share a lock on count as not locked. Empty if there is
 * no such table.
 */
export async function committedRows(
  { observer, schema }: { readonly observer: pg.Pool; readonly schema: string },
  { table, column }: { readonly table: string; readonly column: string },
  values: readonly string[],
): Promise<readonly CommittedRow[]> {
  const quoted = pg.escapeIdentifier
  const known = await observer.query('select from pg_tables where schemaname = $1 and tablename = $2', [
    schema,
    table,
  ])
  if (known.rowCount === 0) return []
  const { rows } = await observer.query<{ values: CommittedRow['values']; pid: number | null }>(
    `select to_jsonb(r) as values, l.pid
     from ${quoted(schema)}.${quoted(table)} r
     left join pg_locks l on l.locktype = 'transactionid' and l.granted and l.mode = 'ExclusiveLock'
       and l.transactionid = r.xmax
     where r.${quoted(column)} = any ($1::text[])
     order by r::text`,
    [values],
  )
  return rows.map(({ values: committed, pid }) => ({
    values: committed,
    ...(pid !== null && { lockedBy: pid }),
  }))
}
