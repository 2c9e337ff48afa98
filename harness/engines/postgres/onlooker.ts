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
  }
}
