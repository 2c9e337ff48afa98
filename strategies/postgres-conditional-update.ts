/**
 * Conditional update: let one statement check and write.
 *
 * Mechanism: `update … set taken = taken + q where taken + q <= capacity`. One row updated: the units are
 * ours. None: there were not enough. A hold of one line is one statement, which also writes the hold; a
 * hold of several lines is a transaction with one such update per line, in id order, rolled back if any
 * of them matches nothing.
 *
 * Why it cannot oversell: the condition is evaluated under the row's lock. An update that waited for
 * another one evaluates it again with the newest row (at READ COMMITTED; at the higher levels it
 * fails with 40001 instead).
 *
 *     Alice: update … where taken + 1 <= 1 → 1 row
 *     Bob:   update … where taken + 1 <= 1 … waits for Alice's commit, looks again → 0 rows → sold out
 *
 * The lock is held from the update to the commit. With a single statement, no application code runs in
 * between.
 *
 * Deadline: the server's clock. Round trips per hold: 1 for one line; 1 and one per line for
 * more (BEGIN goes with the first update, COMMIT with the insert).
 * Weakness: it learns only yes or no; a second statement must find out why, and for which line. All buyers
 * of one GA tier still queue for one row, for as long as a durable commit takes.
 */
import { type Kysely, sql } from 'kysely'
import {
  type Claim,
  epochMs,
  insertHoldAndCommit,
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnitsWhereFree,
} from './ledgers/counter-rows/write.ts'
import type { HoldRequest, Line, ReservationStrategy, StrategySettings } from './strategy.ts'

export function create({ postgres }: PostgresConnections, settings: StrategySettings): ReservationStrategy {
  return reservationsOn(postgres, {
    claim(request) {
      const [first, ...more] = request.lines
      // A single statement leaves no place for the application's work.
      if (first !== undefined && more.length === 0) return claimLine(postgres, request, first)
      return inTransaction(postgres, 'read committed', (tx) =>
        takeUnitsWhereFree(tx, request, async (...granted) => {
          await settings.criticalSection()
          return insertHoldAndCommit(...granted)
        }),
      )
    },
  })
}

/** One line, one statement. If the id is taken, the insert fails and takes the update back with it. */
async function claimLine(
  db: Kysely<unknown>,
  { holdId, ttlMs }: HoldRequest,
  { resourceId, quantity }: Line,
): Promise<Claim> {
  const { rows } = await sql<{ deadline_ms: number; version: number }>`
    with claimed as (
      update resource set taken = taken + ${quantity}, version = version + 1
      where id = ${resourceId} and taken + ${quantity} <= capacity
      returning id, version
    ), h as (
      insert into hold (id, deadline)
      select ${holdId}, clock_timestamp() + ${ttlMs} * interval '1 millisecond' from claimed
      returning id, deadline
    ), line as (
      insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
      select h.id, 1, claimed.id, ${quantity}, claimed.version, h.deadline from h, claimed
    )
    select ${epochMs(sql`h.deadline`)} as deadline_ms, claimed.version::float8 as version from h, claimed`.execute(
    db,
  )
  const [row] = rows
  if (row === undefined) return { kind: 'short' }
  return { kind: 'claimed', deadlineMs: row.deadline_ms, versions: [{ resourceId, version: row.version }] }
}
