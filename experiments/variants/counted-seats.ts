/**
 * SELECT … FOR UPDATE on the seats, and a counter of available seats on the row of their event, updated in
 * the same transaction and when a hold is released. Not in the registry: nothing reads the counter, and its
 * row is a second hot one for every buyer of the event.
 */
import { type Kysely, sql } from 'kysely'
import {
  covers,
  type FreeUnits,
  insertHoldAndCommit,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnits,
} from '../../strategies/ledgers/counter-rows/write.ts'
import type { ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const rest = reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', async (tx) => {
        const ids = request.lines.map((line) => line.resourceId)
        const { rows } = await sql<FreeUnits>`
          select id, capacity - taken as free from resource
          where id = any (${ids}::text[])
          order by id
          for update`.execute(tx)
        await settings.criticalSection()
        if (!covers(rows, request.lines)) return { kind: 'short' }
        await change(tx, -request.lines.reduce((sum, { quantity }) => sum + quantity, 0))
        return takeUnits(tx, request, insertHoldAndCommit)
      }),
  })
  return {
    ...rest,
    async createResources(resources) {
      await rest.createResources(resources)
      await sql`create table if not exists event (id integer primary key, available_seats bigint not null)`.execute(
        db,
      )
      const seats = resources.reduce((sum, { capacity }) => sum + capacity, 0)
      await sql`
        insert into event values (1, ${seats})
        on conflict (id) do update set available_seats = event.available_seats + excluded.available_seats`.execute(
        db,
      )
    },
    async release(id) {
      const outcome = await rest.release(id)
      // By one, whatever the hold had, and again when repeated: only the cost of the row counts here.
      if (outcome.kind === 'released') await change(db, 1)
      return outcome
    },
  }
}

async function change(db: Kysely<unknown>, by: number): Promise<void> {
  await sql`update event set available_seats = available_seats + ${by} where id = 1`.execute(db)
}
