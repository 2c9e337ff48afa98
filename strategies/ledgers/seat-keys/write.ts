/**
 * Seat keys: a key in Redis for each unit that is taken, `{venue}:seat:<unit>:<resource>`, which names its
 * hold and expires at the deadline; a hash for each hold, `{venue}:hold:<id>` (status, payload, deadline_ms,
 * units); the capacity of each resource as `{venue}:resource:<id>`. Each sold unit is a row of `sale` in
 * PostgreSQL.
 */
import { type Kysely, sql } from 'kysely'
import { alone } from '../writing/postgres/tables.ts'

export { againIfAborted } from '../writing/postgres/aborted.ts'
export type { PostgresConnections } from '../writing/postgres/connections.ts'
export { isUniqueViolation } from '../writing/postgres/errors.ts'
export { answerOf, payloadOf, type RedisConnections, script } from '../writing/redis/script.ts'

/**
 * All keys share one hash tag, so that a script finds them on one node of a cluster. The price: all units of
 * one sale are on one node, and a second node does not make it faster.
 */
export const VENUE = '{venue}'

/** Sales of units whose holds are in Redis: each unit is sold at most once. */
export function createSaleTable(db: Kysely<unknown>): Promise<void> {
  return alone(db, 'sale_hold', async (tx) => {
    await sql`
      create table if not exists sale (
        resource_id text    collate "C" not null,
        unit_no     integer not null,
        hold_id     text    collate "C" not null,
        primary key (resource_id, unit_no)
      )`.execute(tx)
    await sql`create index if not exists sale_hold on sale (hold_id)`.execute(tx)
  })
}
