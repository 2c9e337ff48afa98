import type { Kysely } from 'kysely'

/** What a strategy on PostgreSQL receives. The code that opened the pool closes it. */
export interface PostgresConnections {
  readonly postgres: Kysely<unknown>
}
