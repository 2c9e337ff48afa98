/**
 * What the strategies on PostgreSQL share: everything that is the same whatever the technique. A technique adds one
 * thing only, how it claims units (`ClaimOnce`); replays, sold-out, confirm, release, expiry and reads are here.
 *
 * Locks are taken in one order everywhere, so that nobody deadlocks: resources by id, then holds by id. A confirm locks
 * one hold and nothing after it.
 *
 * The clock is `clock_timestamp()`, read after the lock is had: `now()` is the transaction's start, and a confirm that
 * waited for a lock would succeed after its deadline.
 */
import { type IsolationLevel, type Kysely, type RawBuilder, sql } from 'kysely'
import type {
  Availability,
  ConfirmOutcome,
  ContendedReason,
  HoldId,
  HoldOutcome,
  HoldRequest,
  Line,
  LineVersion,
  ReleaseOutcome,
  ReservationStrategy,
  Resource,
  ResourceId,
} from '../../../strategy.ts'
import { UnknownResourceError } from '../../../strategy.ts'
import { inIdOrder } from '../lines.ts'
import { contendedBy, isHoldIdTaken } from './errors.ts'
import { createTables, insertResources } from './tables.ts'
import { counterLedger, type Ledger } from './taken-units.ts'

/** What a strategy on PostgreSQL is handed. The pool behind it belongs to whoever opened it. */
export interface PostgresConnections {
  readonly postgres: Kysely<unknown>
}

/** What one try at claiming units came to. Only `claimed` has an effect. */
export type Claim =
  | { readonly kind: 'claimed'; readonly deadlineMs: number; readonly versions?: readonly LineVersion[] }
  /** Too few units of some line were free; `soldOut` names it if the technique will not have that looked into. */
  | { readonly kind: 'short'; readonly soldOut?: ResourceId }
  /** The resource's units were taken and none of them was due, in one moment, and nobody has used the hold's id. */
  | { readonly kind: 'sold-out'; readonly resourceId: ResourceId }
  | { readonly kind: 'contended'; readonly reason: ContendedReason }

/**
 * A technique: one transaction that claims all lines of the request, which are sorted by resource id, or has no effect.
 * A hold id that is taken may surface as the unique violation it is.
 */
export type ClaimOnce = (request: HoldRequest) => Promise<Claim>

interface Technique {
  readonly claim: ClaimOnce
  /** Tries per look, with jitter between them, when the claim was contended. 1: the technique does not retry. */
  readonly attemptsMax?: number
  readonly random?: () => number
  readonly ledger?: Ledger
  /** Makes what the technique needs besides the shared tables, once the resources are there. */
  readonly prepare?: (resources: readonly Resource[]) => Promise<void>
}

/**
 * How often a hold looks again when a claim found too few units but a look at the table found enough, or some due. More
 * looks would only help a buyer who is unlucky against many others: `contended` tells it to come again.
 */
const LOOKS_MAX = 4
/** Due holds that one buyer frees before claiming: bounds the locks of one transaction. */
const RECLAIMED_PER_LOOK_MAX = 500
/** Waits between retries are random up to this, doubling from the first: long enough for one durable commit. */
const BACKOFF_MS_FIRST = 2
const BACKOFF_MS_MAX = 50

/** Makes a strategy of a technique. */
export function reservationsOn(db: Kysely<unknown>, technique: Technique): ReservationStrategy {
  const { claim, attemptsMax = 1, random = Math.random, ledger = counterLedger } = technique

  async function hold(request: HoldRequest): Promise<HoldOutcome> {
    const sorted = { ...request, lines: inIdOrder(request.lines) }
    let attempts = 0
    for (let look = 1; look <= LOOKS_MAX; look++) {
      let claimed = await claimOrReplay(sorted)
      attempts++
      for (let attempt = 1; claimed.kind === 'contended' && attempt < attemptsMax; attempt++) {
        await backOff(attempt, random)
        claimed = await claimOrReplay(sorted)
        attempts++
      }
      if (claimed.kind === 'contended' || claimed.kind === 'sold-out') return { ...claimed, attempts }
      if (claimed.kind !== 'short') return answer(claimed, attempts)

      const seen = await inspect(db, ledger, sorted)
      switch (seen.kind) {
        case 'known-id':
          return answer(await replay(db, sorted), attempts)
        case 'sold-out':
          return { ...seen, attempts }
        case 'due':
          await endHolds(db, ledger, 'expired', dueOn(sorted.lines))
          break
        case 'free':
          if (claimed.soldOut !== undefined)
            return { kind: 'sold-out', resourceId: claimed.soldOut, attempts }
          break
        default:
          seen satisfies never
      }
    }
    return { kind: 'contended', reason: 'units-in-motion', attempts }
  }

  async function claimOrReplay(request: HoldRequest): Promise<Claim | Replay> {
    try {
      return await claim(request)
    } catch (error) {
      if (isHoldIdTaken(error)) return replay(db, request)
      const reason = contendedBy(error)
      if (reason === undefined) throw error
      return { kind: 'contended', reason }
    }
  }

  return {
    async createResources(resources) {
      await createTables(db)
      await insertResources(db, resources)
      await technique.prepare?.(resources)
    },
    hold,
    confirm: (id) => confirm(db, id),
    async release(id): Promise<ReleaseOutcome> {
      const released = await endHolds(db, ledger, 'released', sql`select ${id}::text as hold_id`)
      return released === 1 ? { kind: 'released' } : whyNotReleased(db, id)
    },
    availability: (ids) => availability(db, ledger, ids),
    expireDue(limit) {
      return endHolds(
        db,
        ledger,
        'expired',
        sql`
          select id as hold_id from hold
          where status = 'held' and deadline <= (select clock_timestamp())
          order by deadline limit ${limit}`,
      )
    },
    async close() {},
  }
}

/**
 * Runs a claim in one transaction: commits if it claimed, otherwise rolls back. Errors of COMMIT are thrown, because
 * after a cut connection nobody knows whether it took effect.
 */
export async function inTransaction(
  db: Kysely<unknown>,
  isolation: IsolationLevel,
  body: (tx: Kysely<unknown>) => Promise<Claim>,
): Promise<Claim> {
  const tx = await db.startTransaction().setIsolationLevel(isolation).execute()
  try {
    const claim = await body(tx)
    await (claim.kind === 'claimed' ? tx.commit() : tx.rollback()).execute()
    return claim
  } catch (error) {
    // A COMMIT can fail too (SERIALIZABLE finds some conflicts only then), and only a rollback, even one that fails itself,
    // hands the connection back to the pool. The first error is the one that says what happened.
    if (!tx.isRolledBack)
      await tx
        .rollback()
        .execute()
        .catch(() => {})
    throw error
  }
}

/** Units of one resource that a technique read as free. */
export interface FreeUnits {
  readonly id: ResourceId
  readonly free: number
}

/** The check of check-then-act: whether what was read covers every line. An unknown resource has nothing free. */
export function covers(read: readonly FreeUnits[], lines: readonly Line[]): boolean {
  const free = new Map(read.map((row) => [row.id, row.free]))
  return lines.every((line) => (free.get(line.resourceId) ?? 0) >= line.quantity)
}

/** The act of check-then-act: counts the units as taken, without looking again, and writes the hold. */
export async function takeUnits(tx: Kysely<unknown>, request: HoldRequest): Promise<Claim> {
  const versions: LineVersion[] = []
  for (const { resourceId, quantity } of request.lines) {
    const { rows } = await sql<{ version: number }>`
      update resource set taken = taken + ${quantity}, version = version + 1
      where id = ${resourceId}
      returning version::float8 as version`.execute(tx)
    versions.push({ resourceId, version: only(rows).version })
  }
  return insertHold(tx, request, versions)
}

/**
 * Check and act in one statement per line: counts the units as taken where they are there, and writes the hold. The first
 * line that is short ends it; the caller must then roll back.
 */
export async function takeUnitsWhereFree(tx: Kysely<unknown>, request: HoldRequest): Promise<Claim> {
  const versions: LineVersion[] = []
  for (const { resourceId, quantity } of request.lines) {
    const { rows } = await sql<{ version: number }>`
      update resource set taken = taken + ${quantity}, version = version + 1
      where id = ${resourceId} and taken + ${quantity} <= capacity
      returning version::float8 as version`.execute(tx)
    const [row] = rows
    if (row === undefined) return { kind: 'short' }
    versions.push({ resourceId, version: row.version })
  }
  return insertHold(tx, request, versions)
}

/** Writes the hold and its lines, with a deadline from the server's clock. `versions` in the order of the lines. */
export async function insertHold(
  tx: Kysely<unknown>,
  request: HoldRequest,
  versions?: readonly LineVersion[],
): Promise<Claim> {
  const { rows } = await sql<{ deadline_ms: number }>`
    with h as (
      insert into hold (id, deadline)
      values (${request.holdId}, clock_timestamp() + ${request.ttlMs} * interval '1 millisecond')
      returning id, deadline
    ), lines as (
      insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
      select h.id, l.line, l.resource_id, l.quantity, l.version, h.deadline
      from h, unnest(
        ${request.lines.map((line) => line.resourceId)}::text[],
        ${request.lines.map((line) => line.quantity)}::integer[],
        ${request.lines.map((_, at) => versions?.[at]?.version ?? null)}::bigint[]
      ) with ordinality l (resource_id, quantity, version, line)
    )
    select ${epochMs(sql`deadline`)} as deadline_ms from h`.execute(tx)
  return { kind: 'claimed', deadlineMs: only(rows).deadline_ms, ...(versions && { versions }) }
}

/** A timestamp as milliseconds since the epoch. */
export function epochMs(timestamp: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(extract(epoch from ${timestamp}) * 1000)::float8`
}

/** The one row of a statement that always has one. */
export function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows
  if (row === undefined || rows.length > 1) throw new Error(`expected one row, got ${rows.length}`)
  return row
}

type Replay =
  | { readonly kind: 'replayed'; readonly deadlineMs: number; readonly versions?: readonly LineVersion[] }
  | { readonly kind: 'id-reused' }

function answer(done: Extract<Claim, { kind: 'claimed' }> | Replay, attempts: number): HoldOutcome {
  if (done.kind === 'id-reused') return done
  const { deadlineMs, versions } = done
  return { kind: 'held', deadlineMs, ...(versions && { versions }), attempts }
}

/** What was answered when this id was held, if it was held for the same lines. */
async function replay(db: Kysely<unknown>, request: HoldRequest): Promise<Replay> {
  const { rows } = await sql<{
    resource_id: ResourceId
    quantity: number
    version: number | null
    deadline_ms: number
  }>`
    select resource_id, quantity, version::float8 as version, ${epochMs(sql`deadline`)} as deadline_ms
    from hold_line where hold_id = ${request.holdId} order by line`.execute(db)
  const same =
    rows.length === request.lines.length &&
    rows.every((row, at) => {
      const line = request.lines[at]
      return row.resource_id === line?.resourceId && row.quantity === line.quantity
    })
  const [first] = rows
  if (!same || first === undefined) return { kind: 'id-reused' }
  const versions = rows.flatMap((row) =>
    row.version === null ? [] : [{ resourceId: row.resource_id, version: row.version }],
  )
  return {
    kind: 'replayed',
    deadlineMs: first.deadline_ms,
    ...(versions.length === rows.length && { versions }),
  }
}

type Inspection =
  | { readonly kind: 'known-id' }
  | { readonly kind: 'sold-out'; readonly resourceId: ResourceId }
  | { readonly kind: 'due' }
  | { readonly kind: 'free' }

/**
 * Why a claim came up short, seen in one snapshot, so that "sold out" is exact: in that one moment the units were taken
 * and none of them was due. A claim that saw too few may have raced with somebody who freed due units; then this look
 * finds them free and the claim is tried again.
 */
async function inspect(db: Kysely<unknown>, ledger: Ledger, request: HoldRequest): Promise<Inspection> {
  const { rows } = await sql<{
    resource_id: ResourceId
    known_resource: boolean
    short: boolean
    due: boolean
    known_id: boolean
  }>`
    select
      l.resource_id,
      r.id is not null as known_resource,
      ${ledger.taken} + l.quantity > r.capacity as short,
      exists (
        select from hold_line d
        where d.resource_id = r.id and d.status = 'held' and d.deadline <= (select clock_timestamp())
      ) as due,
      exists (select from hold where id = ${request.holdId}) as known_id
    from unnest(
      ${request.lines.map((line) => line.resourceId)}::text[],
      ${request.lines.map((line) => line.quantity)}::integer[]
    ) with ordinality l (resource_id, quantity, line)
    left join resource r on r.id = l.resource_id
    order by l.line`.execute(db)
  const unknown = rows.find((row) => !row.known_resource)
  if (unknown !== undefined) throw new UnknownResourceError(unknown.resource_id)
  if (rows.some((row) => row.known_id)) return { kind: 'known-id' }
  const soldOut = rows.find((row) => row.short && !row.due)
  if (soldOut !== undefined) return { kind: 'sold-out', resourceId: soldOut.resource_id }
  return { kind: rows.some((row) => row.short) ? 'due' : 'free' }
}

/** Selects the holds that are due on any of these lines' resources. */
function dueOn(lines: readonly Line[]): RawBuilder<unknown> {
  // `(select clock_timestamp())` is read once, so that the index can be used; the deadline is compared again below.
  return sql`
    select distinct hold_id from hold_line
    where resource_id = any (${lines.map((line) => line.resourceId)}::text[])
      and status = 'held' and deadline <= (select clock_timestamp())
    limit ${RECLAIMED_PER_LOOK_MAX}`
}

/**
 * Ends the chosen holds (a query of `hold_id`s) and gives their units back; says how many it ended. Releases only live
 * holds and expires only due ones: the deadline is compared when the locks are had, so that a confirm at the deadline
 * and this cannot both succeed.
 */
async function endHolds(
  db: Kysely<unknown>,
  ledger: Ledger,
  status: 'released' | 'expired',
  chosen: RawBuilder<unknown>,
): Promise<number> {
  const onTime = status === 'released' ? sql`h.deadline >` : sql`h.deadline <=`
  const { rows } = await sql<{ ended: number }>`
    with chosen as materialized (${chosen}),
    resources as materialized (${ledger.lock}),
    locked as materialized (
      select id from hold
      where id in (select hold_id from chosen) and status = 'held' and (select count(*) from resources) >= 0
      order by id
      for update
    ), ended as (
      update hold h set status = ${status}
      where h.id in (select id from locked) and ${onTime} (select clock_timestamp() from locked limit 1)
      returning h.id
    ), freed as (
      update hold_line l set status = ${status} from ended where l.hold_id = ended.id
      returning l.hold_id, l.resource_id, l.quantity
    ), given_back as (${ledger.giveBack})
    select count(*)::integer as ended from ended`.execute(db)
  return only(rows).ended
}

async function confirm(db: Kysely<unknown>, id: HoldId): Promise<ConfirmOutcome> {
  const { rows } = await sql<{ confirmed: number }>`
    with locked as materialized (
      select id from hold where id = ${id} and status = 'held' for update
    ), confirmed as (
      update hold set status = 'confirmed'
      where id in (select id from locked) and deadline > (select clock_timestamp() from locked)
      returning id
    ), lines as (
      update hold_line l set status = 'confirmed' from confirmed where l.hold_id = confirmed.id
    )
    select count(*)::integer as confirmed from confirmed`.execute(db)
  if (only(rows).confirmed === 1) return { kind: 'confirmed' }
  return (await statusOf(db, id)) === 'confirmed' ? { kind: 'confirmed' } : { kind: 'gone' }
}

async function whyNotReleased(db: Kysely<unknown>, id: HoldId): Promise<ReleaseOutcome> {
  switch (await statusOf(db, id)) {
    case 'released':
      return { kind: 'released' }
    case 'confirmed':
      return { kind: 'already-confirmed' }
    default:
      return { kind: 'gone' }
  }
}

async function statusOf(db: Kysely<unknown>, id: HoldId): Promise<string | undefined> {
  const { rows } = await sql<{ status: string }>`select status from hold where id = ${id}`.execute(db)
  return rows[0]?.status
}

async function availability(
  db: Kysely<unknown>,
  ledger: Ledger,
  ids: readonly ResourceId[],
): Promise<readonly Availability[]> {
  const { rows } = await sql<{ resource_id: ResourceId; available: number | null }>`
    with due as (
      select resource_id, sum(quantity)::integer as quantity from hold_line
      where resource_id = any (${ids}::text[]) and status = 'held' and deadline <= (select clock_timestamp())
      group by resource_id
    )
    select
      wanted.id as resource_id,
      case when r.id is not null
        then greatest(0, r.capacity - ${ledger.taken} + coalesce(due.quantity, 0))
      end as available
    from unnest(${ids}::text[]) with ordinality wanted (id, at)
    left join resource r on r.id = wanted.id
    left join due on due.resource_id = wanted.id
    order by wanted.at`.execute(db)
  return rows.map(({ resource_id, available }) => {
    if (available === null) throw new UnknownResourceError(resource_id)
    return { resourceId: resource_id, available }
  })
}

async function backOff(attempt: number, random: () => number): Promise<void> {
  const ceilingMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** (attempt - 1))
  await new Promise((resolve) => setTimeout(resolve, random() * ceilingMs))
}
