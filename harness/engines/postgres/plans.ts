/**
 * Keeps the plans of an exploration as they are. PostgreSQL plans by statistics, and gathers them in the
 * background, by its own clock. At SERIALIZABLE the plan decides what a transaction has read, and so whom it
 * conflicts with: a scan of a table reads all of its rows, an index only those that were asked for
 * (https://www.postgresql.org/docs/18/transaction-iso.html#XACT-SERIALIZABLE).
 */
import type pg from 'pg'
import { tablesIn } from './known-tables.ts'

/** Of all tables in the schema; those of a schema that is made for the exploration, and dropped after it. */
export async function keepPlans(observer: pg.Pool, schema: string): Promise<void> {
  for (const table of await tablesIn(observer, schema))
    await observer.query(`alter table ${table} set (autovacuum_enabled = false)`)
}
