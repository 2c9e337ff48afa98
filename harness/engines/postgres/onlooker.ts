/** A session beside a strategy's own on PostgreSQL: it locks rows, and sees who waits. */
import pg from 'pg'
import type { Onlooker } from '../engine.ts'

/** `schema` is also what the namespace's sessions call themselves. */
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
  }
}
