/** A session besides the strategy's own on PostgreSQL: it locks rows, and sees waiting sessions. */
import pg from 'pg'
import type { Onlooker } from '../engine.ts'

/** `schema` is also the application name of the namespace's sessions. */
export function onlooker({
  schema,
  observer,
}: {
  readonly schema: string
  readonly observer: pg.Pool
}): Onlooker {
  return {
    async locking(rows, during) {
      const session = await observer.connect()
      try {
        await session.query('begin')
        for (const { table, column, value } of rows) {
          const name = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`
          await session.query(`select from ${name} where ${pg.escapeIdentifier(column)} = $1 for update`, [
            value,
          ])
        }
        await during()
      } finally {
        await session.query('rollback')
        session.release()
      }
    },
    async waiters() {
      const { rows } = await observer.query<{ waiting: number }>(
        `select count(*)::integer as waiting from pg_stat_activity
         where application_name = $1 and cardinality(pg_blocking_pids(pid)) > 0`,
        [schema],
      )
      return rows[0]?.waiting ?? 0
    },
    async timeOut(afterMs) {
      const { rows } = await observer.query<{ statements: number; sessions: number }>(
        `with late as (
           select pid, state from pg_stat_activity
           where application_name = $1 and clock_timestamp() - state_change > $2 * interval '1 millisecond'
         ), statements as (
           select pg_cancel_backend(pid) as ended from late
           where state = 'active' and cardinality(pg_blocking_pids(pid)) > 0
         ), sessions as (
           select pg_terminate_backend(pid) as ended from late where state like 'idle in transaction%'
         )
         select (select count(*) from statements where ended)::integer as statements,
                (select count(*) from sessions where ended)::integer as sessions`,
        [schema, afterMs],
      )
      return rows[0] ?? { statements: 0, sessions: 0 }
    },
  }
}
