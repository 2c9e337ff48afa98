/**
 * Exercise 12: a hold that can be sent again, as its author believes: what is there already is not inserted twice.
 *
 * Your task: the same id has one effect and one answer, however often it comes, also at the same moment.
 */
import {
  type Claim,
  epochMs,
  inTransaction,
  only,
  type PostgresConnections,
  reservationsOn,
  takeUnitsWhereFree,
} from 'holdfast/postgres'
import type { HoldRequest, ReservationStrategy } from 'holdfast/strategy'
import { type Kysely, sql } from 'kysely'

export const ledger = 'counter-rows'

/** Writes the hold and its lines, unless they are there. */
async function insertOnce(tx: Kysely<unknown>, { holdId, ttlMs, lines }: HoldRequest): Promise<Claim> {
  await sql`
    insert into hold (id, deadline)
    values (${holdId}, clock_timestamp() + ${ttlMs} * interval '1 millisecond')
    on conflict (id) do nothing`.execute(tx)
  for (const [at, { resourceId, quantity }] of lines.entries()) {
    await sql`
      insert into hold_line (hold_id, line, resource_id, quantity, deadline)
      select id, ${at + 1}, ${resourceId}, ${quantity}, deadline from hold where id = ${holdId}
      on conflict (hold_id, line) do nothing`.execute(tx)
  }
  const { rows } = await sql<{ readonly deadline_ms: number }>`
    select ${epochMs(sql`deadline`)} as deadline_ms from hold where id = ${holdId}`.execute(tx)
  return { kind: 'claimed', deadlineMs: only(rows).deadline_ms }
}

export function create({ postgres: db }: PostgresConnections): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) =>
      inTransaction(db, 'read committed', (tx) => takeUnitsWhereFree(tx, request, insertOnce)),
  })
}
