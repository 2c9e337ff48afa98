/**
 * postgres-conditional-update, with one thing about deadlines, sweepers, processes or refused ids broken in each. No workload of
 * long holds would notice: every one is caught by a conformance case.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import {
  inTransaction,
  type PostgresConnections,
  reservationsOn,
  takeUnitsWhereFree,
} from '../../strategies/ledgers/counter-rows/write.ts'
import type { HoldId, ReservationStrategy } from '../../strategies/strategy.ts'

/** Longer than two sweepers need to look at the same moment. */
const BETWEEN_LOOK_AND_SWEEP_MS = 20

function right(db: Kysely<unknown>): ReservationStrategy {
  return reservationsOn(db, {
    claim: (request) => inTransaction(db, 'read committed', (tx) => takeUnitsWhereFree(tx, request)),
  })
}

/** What it does instead. */
type Twist = (strategy: ReservationStrategy, db: Kysely<unknown>) => Partial<ReservationStrategy>

function twisted(twist: Twist) {
  return {
    create({ postgres: db }: PostgresConnections): ReservationStrategy {
      const strategy = right(db)
      return { ...strategy, ...twist(strategy, db) }
    },
  }
}

/** Looks for holds, and later ends them without looking again. */
function sweepsWhere(db: Kysely<unknown>, isDue: ReturnType<typeof sql>) {
  return async (limit: number): Promise<number> => {
    const { rows } = await sql<{ id: string }>`
      select id from hold where ${isDue} order by id limit ${limit}`.execute(db)
    await pause(BETWEEN_LOOK_AND_SWEEP_MS)
    const ids = rows.map(({ id }) => id)
    await sql`
      with swept as (update hold set status = 'expired' where id = any (${ids}::text[])),
        lines as (update hold_line set status = 'expired' where hold_id = any (${ids}::text[]) returning *)
      update resource r set taken = r.taken - f.quantity
      from (select resource_id, sum(quantity)::integer as quantity from lines group by resource_id) f
      where r.id = f.resource_id`.execute(db)
    return ids.length
  }
}

/** A condition that forgot the status. */
const sweepsSales = twisted((_, db) => ({
  expireDue: sweepsWhere(db, sql`status in ('held', 'confirmed') and deadline <= clock_timestamp()`),
}))

/** A condition that forgot the deadline. */
const sweepsLiveHolds = twisted((_, db) => ({ expireDue: sweepsWhere(db, sql`status = 'held'`) }))

/** Right by itself: only a second sweeper, at the same moment, frees the same units again. */
const sweepsWithoutLock = twisted((_, db) => ({
  expireDue: sweepsWhere(db, sql`status = 'held' and deadline <= clock_timestamp()`),
}))

/** By a clock that runs ahead, so that a confirm comes between its look and its act. */
const sweepsAhead = twisted((_, db) => ({
  expireDue: sweepsWhere(
    db,
    sql`status = 'held' and deadline <= clock_timestamp() + interval '500 milliseconds'`,
  ),
}))

/** The hold of another process is nobody's. */
const confirmsItsOwn = twisted((strategy) => {
  const mine = new Set<HoldId>()
  return {
    async hold(request) {
      mine.add(request.holdId)
      return await strategy.hold(request)
    },
    confirm: async (id) => (mine.has(id) ? await strategy.confirm(id) : { kind: 'gone' }),
  }
})

/** An idempotency key that is forgotten with its hold. */
const forgetsExpired = twisted((strategy) => ({
  async hold(request) {
    const outcome = await strategy.hold(request)
    const [line] = request.lines
    return outcome.kind === 'held' && outcome.deadlineMs < Date.now() && line !== undefined
      ? { kind: 'sold-out', resourceId: line.resourceId, attempts: 1 }
      : outcome
  },
}))

/** A hold that is said again is prolonged. */
const prolongs = twisted((strategy) => ({
  async hold(request) {
    const outcome = await strategy.hold(request)
    return outcome.kind === 'held'
      ? { ...outcome, deadlineMs: Math.max(outcome.deadlineMs, Date.now() + request.ttlMs) }
      : outcome
  },
}))

/** A request in a batch gets the time to live of the first. */
const oneTtlPerBatch = twisted((strategy) => {
  let first: number | undefined
  return {
    async hold(request) {
      first ??= request.ttlMs
      const ttlMs = first
      await pause(1)
      first = undefined
      return await strategy.hold({ ...request, ttlMs })
    },
  }
})

/** Seconds in 16 bits. */
const ttlIn16Bits = twisted((strategy) => ({
  hold: (request) => strategy.hold({ ...request, ttlMs: ((request.ttlMs / 1_000) % 65_536) * 1_000 }),
}))

/** Due units are taken until somebody wants them. */
const showsDueAsTaken = twisted((_, db) => ({
  async availability(ids) {
    const { rows } = await sql<{ id: (typeof ids)[number]; available: number }>`
      select id, capacity - taken as available from resource where id = any (${ids}::text[])`.execute(db)
    return ids.map((resourceId) => ({
      resourceId,
      available: rows.find(({ id }) => id === resourceId)?.available ?? 0,
    }))
  },
}))

/** What was refused once is sold out, whatever the id is asked for now. */
const refusedIsSoldOut = twisted((strategy) => ({
  async hold(request) {
    const [line] = request.lines
    if (line !== undefined && refused.has(request.holdId))
      return { kind: 'sold-out', resourceId: line.resourceId, attempts: 1 }
    const outcome = await strategy.hold(request)
    if (outcome.kind === 'sold-out') refused.add(request.holdId)
    return outcome
  },
}))

/** As it would be kept in the engine. */
const refused = new Set<HoldId>()

export const mutants = {
  sweepsSales,
  sweepsLiveHolds,
  sweepsWithoutLock,
  sweepsAhead,
  confirmsItsOwn,
  forgetsExpired,
  prolongs,
  oneTtlPerBatch,
  ttlIn16Bits,
  showsDueAsTaken,
  refusedIsSoldOut,
}
