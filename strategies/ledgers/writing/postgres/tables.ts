/**
 * The tables that all strategies on PostgreSQL share, so that only the technique differs. They are created in
 * the first schema of the connection's search_path. Ids are compared by bytes (collation "C"), so that the
 * order in which rows are locked is the same in SQL and in TypeScript, whatever the database's locale.
 *
 * There are no foreign keys and no `check (taken <= capacity)`: both would add locks or a second guard to
 * every technique, and each technique must be judged on its own.
 */
import { type Kysely, sql } from 'kysely'
import type { Resource } from '../../../strategy.ts'

/**
 * Rows per insert: large enough to load a stadium in a few statements, small enough for the protocol's
 * limits.
 */
const ROWS_PER_INSERT = 10_000

export function createTables(db: Kysely<unknown>): Promise<void> {
  return alone(db, 'hold_line_due', async (tx) => {
    // taken: units of held and confirmed holds, including due holds that are not freed yet. fence: the
    // highest fencing token that has read this row; used by the one strategy with tokens. version: grows with
    // each change of this row. Half-filled pages keep its updates off the indexes (HOT).
    await sql`
      create table if not exists resource (
        id       text    collate "C" primary key,
        capacity integer not null,
        taken    integer not null default 0,
        version  bigint  not null default 0,
        fence    bigint  not null default 0
      ) with (fillfactor = 50)`.execute(tx)

    // The row that decides the state of a hold: held, confirmed, released or expired.
    await sql`
      create table if not exists hold (
        id       text        collate "C" primary key,
        status   text        not null default 'held',
        deadline timestamptz not null
      ) with (fillfactor = 80)`.execute(tx)
    await sql`create index if not exists hold_due on hold (deadline) where status = 'held'`.execute(tx)

    // status and deadline are copies of the hold's, so that one index finds what is due on one resource.
    await sql`
      create table if not exists hold_line (
        hold_id     text        collate "C" not null,
        line        smallint    not null,
        resource_id text        collate "C" not null,
        quantity    integer     not null,
        version     bigint,
        status      text        not null default 'held',
        deadline    timestamptz not null,
        primary key (hold_id, line)
      ) with (fillfactor = 80)`.execute(tx)
    await sql`
      create index if not exists hold_line_due on hold_line (resource_id, deadline) where status = 'held'`.execute(
      tx,
    )
  })
}

/** Inserts the missing resources. */
export async function insertResources(db: Kysely<unknown>, resources: readonly Resource[]): Promise<void> {
  for (let from = 0; from < resources.length; from += ROWS_PER_INSERT) {
    const some = resources.slice(from, from + ROWS_PER_INSERT)
    await sql`
      insert into resource (id, capacity)
      select * from unnest(${some.map((r) => r.id)}::text[], ${some.map((r) => r.capacity)}::integer[])
      on conflict (id) do nothing`.execute(db)
  }
}

/**
 * Creates tables while no other process does: `if not exists` alone can fail when two processes create the
 * same table at once. If `last`, which is made last, is there, all are: resources may be created while
 * others buy, and even `if not exists` would wait for their locks.
 */
export async function alone(
  db: Kysely<unknown>,
  last: string,
  make: (tx: Kysely<unknown>) => Promise<void>,
): Promise<void> {
  const { rows } = await sql<{ isThere: boolean }>`
    select to_regclass(quote_ident(current_schema()) || '.' || ${last}::text) is not null as "isThere"`.execute(
    db,
  )
  if (rows[0]?.isThere === true) return
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || ' tables', 0))`.execute(tx)
    await make(tx)
  })
}
