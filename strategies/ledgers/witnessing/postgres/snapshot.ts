/** Reads a schema in one snapshot, so that everything read is from the same moment. */
import type pg from 'pg'
import type { PostgresStore } from '../../stores.ts'

/**
 * `now`: one moment for everything, by the server's clock. A hold that falls due between two statements is
 * due in both or in neither.
 */
export async function inSnapshot<T>(
  { observer, schema }: PostgresStore,
  read: (client: pg.PoolClient, now: string) => Promise<T>,
): Promise<T> {
  const client = await observer.connect()
  try {
    await client.query('begin isolation level repeatable read, read only')
    // The schema comes first: if it has its own clock function, that is the one that strategies use.
    await client.query(`select set_config('search_path', $1, true)`, [`${quoted(schema)}, pg_catalog`])
    return await read(client, await clock(client))
  } finally {
    // The transaction only read; if even ending it fails, the connection must not be reused.
    await client.query('rollback').then(
      () => client.release(),
      (error: Error) => client.release(error),
    )
  }
}

async function clock(client: pg.PoolClient): Promise<string> {
  const { rows } = await client.query<{ now: string }>('select clock_timestamp()::text as now')
  const now = rows[0]?.now
  if (now === undefined) throw new Error('the engine did not report its time')
  return now
}

/** The tables of this list that the schema lacks. */
export async function missingOf(
  { observer, schema }: PostgresStore,
  tables: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await observer.query<{ name: string }>(
    `select name from unnest($2::text[]) with ordinality wanted (name, at)
     where not exists (select from pg_tables where schemaname = $1 and tablename = name) order by at`,
    [schema, tables],
  )
  return rows.map(({ name }) => name)
}

export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

/**
 * SQLSTATEs of a table, a column or an operator between types that does not exist: the tables are not the
 * ones expected.
 */
const OTHER_TABLES: ReadonlySet<unknown> = new Set(['42P01', '42703', '42883'])

export function isOfOtherTables(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && OTHER_TABLES.has(error.code)
}
