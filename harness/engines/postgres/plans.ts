/**
 * Keeps the plans of an exploration as they are. PostgreSQL plans by statistics, and gathers them in the
 * background, by its own clock. At SERIALIZABLE the plan decides what a transaction has read, and so whom it
 * conflicts with: a scan of a table reads all of its rows, an index only those that were asked for
 * (https://www.postgresql.org/docs/18/transaction-iso.html#XACT-SERIALIZABLE).
 */
import type pg from 'pg'

/** Of all tables in the schema; those of a schema that is made for the exploration, and dropped after it. */
export async function keepPlans(observer: pg.Pool, schema: string): Promise<void> {
  const { rows } = await observer.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1`,
    [schema],
  )
  for (const { name } of rows) await observer.query(`alter table ${name} set (autovacuum_enabled = false)`)
}
