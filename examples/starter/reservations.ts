/**
 * Reservations in PostgreSQL, to be replaced by yours: counters in one table, holds in another, and one conditional
 * update that checks and takes in the same statement. holdfast/strategy says what each call must do.
 */
import { isDeepStrictEqual } from 'node:util'
import {
  type HoldId,
  type HoldOutcome,
  type Line,
  type ReservationStrategy,
  type ResourceId,
  UnknownResourceError,
} from 'holdfast/strategy'
import { type Kysely, sql } from 'kysely'

type Db = Kysely<unknown>

const DEADLINE_MS = sql`(extract(epoch from deadline) * 1000)::float8 as deadline_ms`

/** Thrown to roll back what a hold has taken so far. */
class SoldOut extends Error {
  readonly resourceId: ResourceId
  constructor(resourceId: ResourceId) {
    super('sold out')
    this.resourceId = resourceId
  }
}

export function create({ postgres: db }: { readonly postgres: Db }): ReservationStrategy {
  return {
    async createResources(resources) {
      await db.transaction().execute(async (tx) => {
        // Two processes may be the first at once.
        await sql`select pg_advisory_xact_lock(hashtextextended('stock', 0))`.execute(tx)
        await sql`create table if not exists stock
          (id text primary key, capacity bigint not null, taken bigint not null default 0)`.execute(tx)
        await sql`create table if not exists held
          (id text primary key, lines jsonb not null, deadline timestamptz not null, status text not null)`.execute(
          tx,
        )
        await sql`insert into stock (id, capacity)
          select id, capacity from jsonb_to_recordset(${JSON.stringify(resources)}::jsonb) as r (id text, capacity bigint)
          on conflict do nothing`.execute(tx)
      })
    },

    async hold({ holdId, lines, ttlMs }) {
      // Always in the same order, so that two holds do not wait for each other.
      const wanted = lines.toSorted((a, b) => (a.resourceId < b.resourceId ? -1 : 1))
      const ids = wanted.map(({ resourceId }) => resourceId)
      try {
        return await db.transaction().execute(async (tx) => {
          // Sent twice at once, the second waits here for the first.
          const made = await sql<{ deadline_ms: number }>`
            insert into held values (${holdId}, ${JSON.stringify(wanted)}::jsonb,
              clock_timestamp() + ${ttlMs} * interval '1 millisecond', 'held')
            on conflict do nothing returning ${DEADLINE_MS}`.execute(tx)
          const [hold] = made.rows
          if (hold === undefined) return await earlierAnswer(tx, holdId, wanted)
          await freeDue(tx, ids, 1_000)
          for (const line of wanted) await take(tx, line)
          return { kind: 'held', deadlineMs: hold.deadline_ms, attempts: 1 }
        })
      } catch (error) {
        if (error instanceof SoldOut) {
          return { kind: 'sold-out', resourceId: error.resourceId, attempts: 1 }
        }
        if (isDeadlock(error)) return { kind: 'contended', reason: 'deadlock', attempts: 1 }
        throw error // what happened is unknown
      }
    },

    async confirm(holdId) {
      const { rows } = await sql`
        update held set status = 'sold' where id = ${holdId}
          and (status = 'sold' or (status = 'held' and deadline > clock_timestamp())) returning id`.execute(
        db,
      )
      return { kind: rows.length === 1 ? 'confirmed' : 'gone' }
    },

    release: (holdId) =>
      db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ status: string; is_due: boolean }>`
          select status, deadline <= clock_timestamp() as is_due from held where id = ${holdId} for update`.execute(
          tx,
        )
        const [hold] = rows
        if (hold?.status === 'sold') return { kind: 'already-confirmed' }
        if (hold?.status === 'released') return { kind: 'released' }
        if (hold?.status !== 'held' || hold.is_due) return { kind: 'gone' }
        await free(tx, holdId, 'released')
        return { kind: 'released' }
      }),

    async availability(ids) {
      const { rows } = await sql<{ id: ResourceId; available: number }>`
        select id, (capacity - taken + coalesce((
          select sum((line->>'quantity')::bigint) from held, jsonb_array_elements(lines) line
          where status = 'held' and deadline <= clock_timestamp() and line->>'resourceId' = stock.id), 0))::float8 as available
        from stock where id = any (${ids})`.execute(db)
      const found = new Map(rows.map((row) => [row.id, row.available]))
      return ids.map((resourceId) => {
        const available = found.get(resourceId)
        if (available === undefined) throw new UnknownResourceError(resourceId)
        return { resourceId, available }
      })
    },

    expireDue: (limit) => db.transaction().execute((tx) => freeDue(tx, null, limit)),

    async close() {},
  }
}

/** The same id was sent before: with the same lines it has the same answer. */
async function earlierAnswer(tx: Db, holdId: HoldId, wanted: readonly Line[]): Promise<HoldOutcome> {
  const { rows } = await sql<{ lines: Line[]; deadline_ms: number }>`
    select lines, ${DEADLINE_MS} from held where id = ${holdId}`.execute(tx)
  const [hold] = rows
  if (hold === undefined || !isDeepStrictEqual(hold.lines, wanted)) return { kind: 'id-reused' }
  return { kind: 'held', deadlineMs: hold.deadline_ms, attempts: 1 }
}

async function take(tx: Db, { resourceId, quantity }: Line): Promise<void> {
  // Without its last condition this is check, then act without the check: the tests fail with the two buyers of one seat.
  const { numAffectedRows } = await sql`
    update stock set taken = taken + ${quantity}
    where id = ${resourceId} and taken + ${quantity} <= capacity`.execute(tx)
  if (numAffectedRows === 1n) return
  const { rows } = await sql`select from stock where id = ${resourceId}`.execute(tx)
  throw rows.length === 0 ? new UnknownResourceError(resourceId) : new SoldOut(resourceId)
}

/** Frees holds past their deadline, of these resources or of all; returns how many. */
async function freeDue(tx: Db, ids: readonly ResourceId[] | null, limit: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select id from held where status = 'held' and deadline <= clock_timestamp()
      and (${ids}::text[] is null or exists (
        select from jsonb_array_elements(lines) line where line->>'resourceId' = any (${ids}::text[])))
    order by id limit ${limit} for update`.execute(tx)
  for (const { id } of rows) await free(tx, id, 'expired')
  return rows.length
}

/** Only the caller that takes a hold out of 'held' gives its units back. */
async function free(tx: Db, holdId: string, status: 'released' | 'expired'): Promise<void> {
  const { rows } = await sql<{ lines: Line[] }>`
    update held set status = ${status} where id = ${holdId} and status = 'held' returning lines`.execute(tx)
  for (const { resourceId, quantity } of rows[0]?.lines ?? []) {
    await sql`update stock set taken = taken - ${quantity} where id = ${resourceId}`.execute(tx)
  }
}

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '40P01'
}
