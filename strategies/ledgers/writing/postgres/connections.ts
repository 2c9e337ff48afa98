import type { Kysely } from 'kysely'

/** What a strategy on PostgreSQL is handed. The pool behind it belongs to whoever opened it. */
export interface PostgresConnections {
  readonly postgres: Kysely<unknown>
}
