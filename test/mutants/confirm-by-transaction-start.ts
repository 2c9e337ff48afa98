/**
 * postgres-conditional-update, but confirm compares the deadline with `now()`, the start of its transaction: a confirm that
 * waited for a lock succeeds after the deadline.
 */
import { sql } from 'kysely'
import { only, type PostgresConnections } from '../../strategies/ledgers/counter-rows/write.ts'
import { create as conditionalUpdate } from '../../strategies/postgres-conditional-update.ts'
import type { ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'

export function create(connections: PostgresConnections, settings: StrategySettings): ReservationStrategy {
  return {
    ...conditionalUpdate(connections, settings),
    async confirm(id) {
      const { rows } = await sql<{ confirmed: number }>`
        with confirmed as (
          update hold set status = 'confirmed' where id = ${id} and status = 'held' and deadline > now() returning id
        ), lines as (
          update hold_line l set status = 'confirmed' from confirmed where l.hold_id = confirmed.id
        )
        select count(*)::integer as confirmed from confirmed`.execute(connections.postgres)
      return only(rows).confirmed === 1 ? { kind: 'confirmed' } : { kind: 'gone' }
    },
  }
}
