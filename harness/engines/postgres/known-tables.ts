/** What the catalog says of a schema's tables: which of them touch no other table, and which have rows. */
import pg from 'pg'
import type { KnownTables } from './statements.ts'

/** A default that reads nothing but a clock, chance, or the table's own sequence. */
const OWN_DEFAULT = String.raw`^(nextval\('[^']+'::regclass\)|now\(\)|CURRENT_TIMESTAMP|gen_random_uuid\(\)|[^(]*)$`

const TABLES = `
  select c.relname as name, c.relkind = 'r' as is_table,
    c.relkind = 'r' and not c.relhastriggers and not c.relhasrules and not c.relrowsecurity
      and not c.relhassubclass and not c.relispartition
      and not exists (select from pg_attrdef d where d.adrelid = c.oid
        and (pg_get_expr(d.adbin, d.adrelid) !~ $2
          or pg_get_expr(d.adbin, d.adrelid) ~ '^nextval' and not exists (
            select from pg_depend o join pg_depend u on u.objid = o.refobjid and u.deptype in ('a', 'i')
            where o.classid = 'pg_attrdef'::regclass and o.objid = d.oid
              and o.refclassid = 'pg_class'::regclass and u.refobjid = c.oid))) as is_plain
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  order by c.relname`

interface Found {
  readonly name: string
  readonly is_table: boolean
  readonly is_plain: boolean
}

/** An ordinary name, which a statement writes as it is. */
const ORDINARY = /^[a-z_][a-z0-9_]*$/

/** The ordinary tables of a schema, each with its schema, as a statement writes it. */
export async function tablesIn(observer: pg.Pool, schema: string): Promise<readonly string[]> {
  const { rows } = await observer.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1`,
    [schema],
  )
  return rows.map(({ name }) => name)
}

export async function knownTables(
  observer: pg.Pool,
  schema: string,
): Promise<{ readonly known: KnownTables; readonly withRows: readonly string[] }> {
  const { rows } = await observer.query<Found>(TABLES, [schema, OWN_DEFAULT])
  const plain = rows.flatMap(({ name, is_plain }) => (is_plain && ORDINARY.test(name) ? [name] : []))
  const others = rows.flatMap(({ name }) => (plain.includes(name) ? [] : [name]))
  const withRows: string[] = []
  for (const { name, is_table } of rows) {
    if (!is_table) continue
    const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`
    const { rowCount } = await observer.query(`select from ${table} limit 1`)
    if (rowCount !== 0) withRows.push(name)
  }
  return { known: { plain, others }, withRows }
}
