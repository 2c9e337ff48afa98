/** The tables of a probe, and the statements that every strategy needs to be understood. */

/** One statement each, in this order. */
export const TABLES: readonly string[] = [
  'create table item (id text primary key, n integer not null)',
  'create table key (id text constraint probe_key primary key)',
]

/**
 * What the strategies and the witnesses on PostgreSQL say in ways that not every server understands, with as
 * little around it as possible: types and clauses of their tables, statements that write several tables,
 * functions.
 */
export const STATEMENTS: readonly string[] = [
  `create table thing (
     id text collate "C" primary key, taken integer not null default 0, status text not null default 'held',
     deadline timestamptz not null default clock_timestamp()) with (fillfactor = 50)`,
  `create index thing_due on thing (deadline) where status = 'held'`,
  `insert into thing (id) select * from unnest(array['a', 'b']::text[]) on conflict (id) do nothing`,
  `with locked as materialized (
     select id from thing where id = any (array['a', 'b']::text[]) order by id for update
   ), changed as (
     update thing set taken = taken + 1, deadline = clock_timestamp() + 1000 * interval '1 millisecond'
     where id in (select id from locked) returning id, deadline
   ), added as (
     insert into thing (id) select id || ' again' from changed
   )
   select l.at, (extract(epoch from c.deadline) * 1000)::float8 as deadline_ms
   from changed c join unnest(array['a', 'b']::text[]) with ordinality l (id, at) on l.id = c.id`,
  `select hashtextextended(current_schema() || ' thing', 0), to_regclass(quote_ident(current_schema()) || '.thing')`,
  `select pg_advisory_xact_lock(hashtextextended(current_schema() || ' tables', 0))`,
  `select json_agg(id), row_number() over (partition by status order by status) from thing group by status`,
]
