/** Small helpers for SQL and its results. */
import { type RawBuilder, sql } from 'kysely'

/** A timestamp as milliseconds since the epoch. */
export function epochMs(timestamp: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(extract(epoch from ${timestamp}) * 1000)::float8`
}

/** The one row of a statement that always has one. */
export function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows
  if (row === undefined || rows.length > 1) throw new Error(`expected one row, got ${rows.length}`)
  return row
}
