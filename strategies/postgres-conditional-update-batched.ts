/**
 * Conditional update, batched across callers: one statement resolves all the holds
 * that arrived while the previous one was running; another one all the confirms.
 *
 * Mechanism: while one statement is on its way, the holds of all other callers gather for the next.
 * The statement locks the resources of the whole batch in id order, adds up what is wanted of each in
 * the order of arrival, grants the holds whose every line still fits, and writes them, all in one
 * round trip and one commit.
 *
 * Why it cannot oversell: the sums start from the locked rows, as they were last committed, and nobody else
 * can change them until the statement has committed. Two batches (of two processes) lock in the same order,
 * so they cannot deadlock.
 *
 *     Alice and Bob in one batch, 1 left: wanted so far 1, 2 → Alice held, Bob sold out
 *
 * A hold that does not fit still counts in the sums behind it. So a later, smaller hold may be skipped
 * although it would fit. It is not answered sold out, but checked and tried again, as is an id that was used
 * before or twice in one batch. Ids are looked up only when that is likely: otherwise the unique key of the
 * holds refuses the statement, nothing of it is written, and it is sent once more with a look at its ids.
 * Before anything is answered sold out, the ids of the refused are looked up by a statement of their own:
 * an id that was granted before has one answer, whatever is left.
 *
 * Where hundreds of holds wait, a second statement is sent before the first was answered. The server lets it
 * wait for the rows, as it would that of another process, and has work while this process reads answers.
 *
 * Confirms gather in the same way: one statement locks their holds in id order, and then reads the clock,
 * so that a hold whose lock was waited for is not confirmed after its deadline. Releases are sent one by one.
 *
 * Deadline: the server's clock. Round trips per hold: 1, and 2 where any of the batch is sold out, shared
 * with the whole batch; per confirm 1.
 * Weakness: a hold that just missed a statement waits for two; a whole batch succeeds or fails with one
 * commit; and batches form within one process, so more processes mean smaller batches.
 */
import { type Kysely, sql } from 'kysely'
import {
  type Claim,
  isHoldIdTaken,
  only,
  type PostgresConnections,
  reservationsOn,
} from './ledgers/counter-rows/write.ts'
import { Batcher } from './ledgers/writing/batcher.ts'
import { integers, texts } from './ledgers/writing/postgres/arrays.ts'
import type {
  ConfirmOutcome,
  HoldId,
  HoldRequest,
  ReservationStrategy,
  ResourceId,
  StrategySettings,
} from './strategy.ts'

/** Enough to spread a commit thin; few enough that its statement takes milliseconds. */
const BATCH_MAX = 1_000
/** Ten full batches: more would wait for longer than anybody does. */
const WAITING_MAX = 10 * BATCH_MAX
/** A hold without a place is contended; a confirm has no such answer, and waits for a place. */
const CONFIRM_PLACE_MS = 5_000
/** So many holds are worth a statement that is prepared and read while another one runs. */
const SECOND_FROM = 256
/**
 * An id of the batch was used before: the next try looks all of them up. Once more, if another batch used one
 * at the same moment; more often is no coincidence.
 */
const TRIES_MAX = 3
/**
 * To look ids up costs the server a sixth of its time for a batch, so it is done only after an id turned out
 * to be known, in so many batches: holds are sent again at certain times, and by many.
 */
const LOOK_UPS = 100

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const limits = {
    itemsMax: BATCH_MAX,
    waitingMax: WAITING_MAX,
    ...(settings.onBatch && { onBatch: settings.onBatch }),
  }
  const claims = new Claims(db)
  const holds = new Batcher<HoldRequest, Claim>({
    send: (requests) => claims.of(requests),
    secondFrom: SECOND_FROM,
    ...limits,
  })
  const confirms = new Batcher<HoldId, ConfirmOutcome>({ send: (ids) => confirmBatch(db, ids), ...limits })
  return reservationsOn(db, {
    async claim(request) {
      const submitted = await holds.submit([request])
      if (submitted.kind === 'queue-full') return { kind: 'contended', reason: submitted.kind }
      return only(submitted.results)
    },
    async confirm(id) {
      const submitted = await confirms.submit([id], CONFIRM_PLACE_MS)
      if (submitted.kind === 'sent') return only(submitted.results)
      throw new Error(`the queue stayed full for ${CONFIRM_PLACE_MS} ms: the confirm of ${id} was not sent`)
    },
  })
}

/** The holds of one strategy, batch after batch. */
class Claims {
  readonly #db: Kysely<unknown>
  #lookUpsLeft = 0

  constructor(db: Kysely<unknown>) {
    this.#db = db
  }

  async of(requests: readonly HoldRequest[]): Promise<readonly Claim[]> {
    for (let attempt = 1; ; attempt++) {
      const looksUp = this.#lookUpsLeft > 0
      if (looksUp) this.#lookUpsLeft--
      try {
        const claims = await claimBatch(this.#db, requests, looksUp)
        return await withoutKnown(this.#db, requests, claims)
      } catch (error) {
        // The only caller of a batch is told by its caller what the id was used for.
        if (!isHoldIdTaken(error) || requests.length === 1 || attempt >= TRIES_MAX) throw error
        this.#lookUpsLeft = LOOK_UPS
      }
    }
  }
}

/** One claim per request, in the order given. */
async function claimBatch(
  db: Kysely<unknown>,
  requests: readonly HoldRequest[],
  looksUp: boolean,
): Promise<readonly Claim[]> {
  const batch = batchOf(requests)
  const { rows } = await sql<Answers>`
    with locked as materialized (
      select q.resource_no, r.id, r.capacity - r.taken as free, r.version
      from unnest(${texts(batch.resources)}::text[]) with ordinality q (id, resource_no)
      join resource r on r.id = q.id
      order by r.id
      for update of r
    ), clock as materialized (
      -- The count is known when all are locked, and the clock is read after it.
      select clock_timestamp() as now from (select count(*) from locked) all_locked
    ), asked as (
      -- In the list of columns they are read side by side; in FROM each array would become a table first.
      select
        unnest(${texts(batch.holdIds)}::text[]) as hold_id,
        unnest(${integers(batch.ttls)}::integer[]) as ttl_ms,
        unnest(${integers(batch.lines)}::smallint[]) as line,
        unnest(${integers(batch.resourceNos)}::integer[]) as resource_no,
        unnest(${integers(batch.quantities)}::integer[]) as quantity,
        unnest(${integers(batch.soFars)}::bigint[]) as so_far,
        unnest(${integers(batch.nths)}::integer[]) as nth,
        generate_series(1, ${batch.holdIds.length}::integer) as row_no
    ), wanted as materialized (
      -- An id that is known is left to its caller to look into. Each is looked up by itself: a join would
      -- read the whole table wherever the statement was planned while that was small.
      select l.*, r.id as resource_id, r.free, r.version + l.nth as version
      from asked l left join locked r on r.resource_no = l.resource_no
      where not ${looksUp}::boolean or coalesce((select false from hold h where h.id = l.hold_id), true)
    ), granted as materialized (
      select w.*, clock.now + ttl_ms * interval '1 millisecond' as deadline
      from wanted w cross join clock
      where hold_id not in (select hold_id from wanted where so_far > free or free is null)
    ), counted as (
      update resource r set taken = r.taken + g.quantity, version = r.version + g.last
      from (select resource_id, sum(quantity)::integer as quantity, max(nth) as last from granted group by resource_id) g
      where r.id = g.resource_id
    ), h as (
      insert into hold (id, deadline) select hold_id, deadline from granted where line = 1
    ), l as (
      insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
      select hold_id, line, resource_id, quantity, version, deadline from granted
    ), sold_out as (
      select row_no from wanted
      where quantity > free and resource_id not in (
        select d.resource_id from hold_line d
        where d.resource_id in (select resource_id from wanted where quantity > free)
          and d.status = 'held' and d.deadline <= (select clock_timestamp())
      )
    )
    select
      (select json_agg(row_no) from granted where line = 1) as granted,
      (select json_agg(row_no) from sold_out) as sold_out,
      (select json_object_agg(resource_no, version) from locked) as versions,
      (select (extract(epoch from now) * 1000000)::float8 from clock) as now_us`.execute(db)
  return claimsOf(only(rows), batch, requests)
}

/**
 * The claims, where nothing is sold out to an id that was used before: what it was used for is left to its
 * caller. Only a statement of its own sees a hold that another one made while this one waited for the rows.
 */
async function withoutKnown(
  db: Kysely<unknown>,
  requests: readonly HoldRequest[],
  claims: readonly Claim[],
): Promise<readonly Claim[]> {
  const refused = requests.filter((_, at) => claims[at]?.kind === 'sold-out').map(({ holdId }) => holdId)
  if (refused.length === 0) return claims
  // Each is looked up by itself, for the same reason as above.
  const { rows } = await sql<{ id: HoldId }>`
    select q.id from unnest(${texts(refused)}::text[]) q (id)
    where coalesce((select true from hold h where h.id = q.id), false)`.execute(db)
  const known = new Set(rows.map(({ id }) => id))
  return claims.map((claim, at) => {
    const id = requests[at]?.holdId
    return claim.kind === 'sold-out' && id !== undefined && known.has(id) ? SHORT : claim
  })
}

/**
 * What a statement is told: a row for each line of the first hold of each id, in the order of arrival, with
 * the units that it and all before it want of its resource, and how many lines of that resource it makes.
 */
function batchOf(requests: readonly HoldRequest[]) {
  const resources = new Map<ResourceId, { readonly no: number; units: number; lines: number }>()
  const ids = new Set<HoldId>()
  const rows = {
    /** The request of each, by its place. */
    requestNos: [] as number[],
    holdIds: [] as HoldId[],
    ttls: [] as number[],
    lines: [] as number[],
    resourceNos: [] as number[],
    quantities: [] as number[],
    soFars: [] as number[],
    nths: [] as number[],
  }
  for (const [requestNo, { holdId, ttlMs, lines }] of requests.entries()) {
    if (ids.has(holdId)) continue
    ids.add(holdId)
    for (const [at, { resourceId, quantity }] of lines.entries()) {
      const resource = resources.get(resourceId) ?? { no: resources.size + 1, units: 0, lines: 0 }
      if (resource.lines === 0) resources.set(resourceId, resource)
      resource.units += quantity
      resource.lines += 1
      rows.requestNos.push(requestNo)
      rows.holdIds.push(holdId)
      rows.ttls.push(ttlMs)
      rows.lines.push(at + 1)
      rows.resourceNos.push(resource.no)
      rows.quantities.push(quantity)
      rows.soFars.push(resource.units)
      rows.nths.push(resource.lines)
    }
  }
  return { ...rows, resources: [...resources.keys()] }
}

type Batch = ReturnType<typeof batchOf>

const SHORT: Claim = { kind: 'short' }

interface Answers {
  /** The first row of each hold that was granted, from 1; null for none. */
  readonly granted: readonly number[] | null
  readonly sold_out: readonly number[] | null
  /** Of each resource before the batch, by its number; null where there is none of them. */
  readonly versions: Readonly<Record<number, number>> | null
  readonly now_us: number
}

/** A hold of which the statement says nothing did not fit, or has an id that was used before. */
function claimsOf(
  { granted, sold_out: soldOut, versions, now_us: nowUs }: Answers,
  batch: Batch,
  requests: readonly HoldRequest[],
): readonly Claim[] {
  const claims: Claim[] = requests.map(() => SHORT)
  const requestAt = (row: number): { readonly no: number; readonly request: HoldRequest } => {
    const no = batch.requestNos[row - 1] ?? -1
    const request = requests[no]
    if (request === undefined) throw new Error('the batch was answered for a line that nobody asked for')
    return { no, request }
  }
  for (const row of soldOut ?? []) {
    const { no, request } = requestAt(row)
    const line = request.lines[(batch.lines[row - 1] ?? 0) - 1]
    if (line !== undefined) claims[no] = { kind: 'sold-out', resourceId: line.resourceId }
  }
  for (const first of granted ?? []) {
    const { no, request } = requestAt(first)
    const lineVersions = request.lines.map(({ resourceId }, at) => {
      const before = versions?.[batch.resourceNos[first - 1 + at] ?? 0] ?? Number.NaN
      return { resourceId, version: before + (batch.nths[first - 1 + at] ?? Number.NaN) }
    })
    // In whole microseconds, as it is stored: a replay reads it from there, and must come to the same.
    const deadlineMs = (nowUs + request.ttlMs * 1_000) / 1_000
    claims[no] = { kind: 'claimed', deadlineMs, versions: lineVersions }
  }
  return claims
}

/** One outcome per id, in the order given. */
async function confirmBatch(db: Kysely<unknown>, ids: readonly HoldId[]): Promise<readonly ConfirmOutcome[]> {
  const { rows } = await sql<{ id: HoldId }>`
    with locked as materialized (
      select id from hold where id = any (${texts(ids)}::text[]) and status = 'held' order by id for update
    ), confirmed as (
      update hold set status = 'confirmed'
      where id in (select id from locked)
        -- The count is known when all are locked, and the clock is read after it.
        and deadline > (select clock_timestamp() from (select count(*) from locked) all_locked)
      returning id
    ), lines as (
      update hold_line l set status = 'confirmed' from confirmed where l.hold_id = confirmed.id
    )
    select id from confirmed`.execute(db)
  const confirmed = new Set(rows.map(({ id }) => id))
  const others = ids.filter((id) => !confirmed.has(id))
  if (others.length > 0) {
    // Those that were confirmed before: a statement of its own also sees what others have just confirmed.
    const { rows: before } = await sql<{ id: HoldId }>`
      select id from hold where id = any (${texts(others)}::text[]) and status = 'confirmed'`.execute(db)
    for (const { id } of before) confirmed.add(id)
  }
  return ids.map((id) => ({ kind: confirmed.has(id) ? 'confirmed' : 'gone' }))
}
