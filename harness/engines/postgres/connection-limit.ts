/** How many connections a server, a database and a role allow, and which pools fit. */
import pg from 'pg'
import { EngineError } from '../engine-error.ts'
import { OBSERVER_CONNECTIONS } from './namespace.ts'

/** For the engine itself: creating and dropping schemas. */
export const ADMIN_CONNECTIONS = 2

/** A limit on connections, and how to raise it; the smallest limit counts. */
export interface ConnectionLimit {
  readonly connections: number
  readonly of: string
  readonly remedy: string
}

/** Superusers are bound by the server's limit alone. */
export async function readConnectionLimit(admin: pg.Pool): Promise<ConnectionLimit> {
  const { rows } = await admin.query<{
    role: string
    database: string
    is_super: boolean
    of_role: number
    of_database: number
    of_server: number
  }>(
    `select r.rolname as role, d.datname as database, r.rolsuper as is_super,
       r.rolconnlimit as of_role, d.datconnlimit as of_database,
       current_setting('max_connections')::integer
         - current_setting('superuser_reserved_connections')::integer as of_server
     from pg_roles r, pg_database d where r.rolname = session_user and d.datname = current_database()`,
  )
  const [found] = rows
  if (found === undefined) return { connections: Number.POSITIVE_INFINITY, of: 'the server', remedy: '' }
  const { role, database, is_super, of_role, of_database, of_server } = found
  const limited = (limit: number): number => (limit < 0 || is_super ? Number.POSITIVE_INFINITY : limit)
  const all: readonly ConnectionLimit[] = [
    { connections: of_server, of: 'this PostgreSQL server', remedy: 'raise max_connections' },
    {
      connections: limited(of_role),
      of: `the role "${role}"`,
      remedy: `ALTER ROLE ${pg.escapeIdentifier(role)} CONNECTION LIMIT -1`,
    },
    {
      connections: limited(of_database),
      of: `the database "${database}"`,
      remedy: `ALTER DATABASE ${pg.escapeIdentifier(database)} CONNECTION LIMIT -1`,
    },
  ]
  return all.reduce((least, each) => (each.connections < least.connections ? each : least))
}

/** Throws if a pool of this size would not leave the engine the connections that it needs itself. */
export function refuseTooLarge(poolSize: number, { connections, of, remedy }: ConnectionLimit): void {
  if (!Number.isInteger(poolSize) || poolSize < 1)
    throw new RangeError(`poolSize must be a whole number above 0`)
  const most = connections - ADMIN_CONNECTIONS - OBSERVER_CONNECTIONS - 1
  if (poolSize <= most) return
  throw new EngineError({
    engine: 'postgres',
    problem: 'too-small',
    message: `A pool of ${poolSize} connections was requested, but ${of} has room for at most ${Math.max(0, most)}.`,
    remedy: most < 1 ? remedy : `use a pool of ${most} or fewer, or ${remedy}`,
  })
}
