/** Whether a server can be used: its version, its settings, and what its role may do. */
import pg from 'pg'
import { EngineError } from '../engine-error.ts'
import { type PostgresTarget, printableUrl } from './connection.ts'
import { connectFailure, PRIMARY } from './failures.ts'
import type { Product } from './product.ts'
import { DURABILITY_NAMES, REPORTED_NAMES, type ServerSettings } from './settings.ts'

/** Of PostgreSQL itself: another product may give the number of any version that it likes to be taken for. */
const OLDEST_VERSION_NUM = 140_000

/** Those that change a promise, and those that are reported; without what the server does not know. */
export async function readSettings(admin: pg.Pool, target: PostgresTarget): Promise<ServerSettings> {
  try {
    const { rows } = await admin.query<{ name: string; value: string | null }>(
      'select name, current_setting(name, true) as value from unnest($1::text[]) as name',
      [[...DURABILITY_NAMES, ...REPORTED_NAMES]],
    )
    return Object.fromEntries(rows.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])))
  } catch (error) {
    throw connectFailure(target, error)
  }
}

/** Throws for a server that is too old, takes no writes, or lets this role create nothing. */
export async function refuseUnusable(
  admin: pg.Pool,
  target: PostgresTarget,
  { settings, product }: { readonly settings: ServerSettings; readonly product: Product },
): Promise<void> {
  const shown = printableUrl(target)
  const versionNum = Number(settings.server_version_num)
  if (product.isPostgres && !(versionNum >= OLDEST_VERSION_NUM)) {
    throw new EngineError({
      engine: 'postgres',
      problem: 'wrong-server',
      message: `The server at ${shown} is version ${settings.server_version ?? 'unknown'}; PostgreSQL 14 or newer is needed.`,
      remedy: 'unset POSTGRES_URL to use the PostgreSQL that comes with this program',
    })
  }
  const { rows } = await admin.query<{
    allowed: boolean
    role: string
    is_standby: boolean
    is_read_only: boolean
  }>(
    `select has_database_privilege(current_database(), 'CREATE') as allowed, current_user as role,
       pg_is_in_recovery() as is_standby, current_setting('transaction_read_only')::boolean as is_read_only`,
  )
  const [answer] = rows
  if (answer?.is_standby || answer?.is_read_only) {
    throw new EngineError({
      engine: 'postgres',
      problem: 'wrong-server',
      message: answer.is_standby
        ? `The server at ${shown} is a standby, which takes no writes.`
        : `The server at ${shown} lets no session write.`,
      remedy: PRIMARY,
    })
  }
  if (answer?.allowed !== true) {
    const role = answer?.role ?? target.user
    throw new EngineError({
      engine: 'postgres',
      problem: 'refused-access',
      message: `The role "${role}" may not create schemas in the database "${target.database}" (${shown}).`,
      remedy: `GRANT CREATE ON DATABASE ${pg.escapeIdentifier(target.database)} TO ${pg.escapeIdentifier(role)}`,
    })
  }
}
