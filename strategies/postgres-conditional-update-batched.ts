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
 * before or twice in one batch.
 *
 * Confirms gather in the same way: one statement locks their holds in id order, and then reads the clock,
 * so that a hold whose lock was waited for is not confirmed after its deadline. Releases are sent one by one.
 *
 * Deadline: the server's clock. Round trips per hold: 1, shared with the whole batch; per confirm the same.
 * Weakness: a hold that just missed a statement waits for two; a whole batch succeeds or fails with one
 * commit; and batches form within one process, so more processes mean smaller batches.
 */
import { type Kysely, sql } from 'kysely'
import {
  type Claim,
  epochMs,
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
  LineVersion,
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
/**
 * Another process used an id of the batch at the same moment: the next look sees it. More than
 * twice is no coincidence.
 */
const TRIES_MAX = 3

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const limits = {
    itemsMax: BATCH_MAX,
    waitingMax: WAITING_MAX,
    ...(settings.onBatch && { onBatch: settings.onBatch }),
  }
  const holds = new Batcher<HoldRequest, Claim>({ send: (requests) => claimAll(db, requests), ...limits })
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

async function claimAll(db: Kysely<unknown>, requests: readonly HoldRequest[]): Promise<readonly Claim[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await claimBatch(db, requests)
    } catch (error) {
      if (!isHoldIdTaken(error) || attempt >= TRIES_MAX) throw error
    }
  }
}

/** One claim per request, in the order given. */
async function claimBatch(db: Kysely<unknown>, requests: readonly HoldRequest[]): Promise<readonly Claim[]> {
  const { holds, lines, resources } = batchOf(requests)
  const { rows } = await sql<Answers>`
    with asked as materialized (
      -- An id that is known is left to its caller to look into.
      select a.* from unnest(
        ${texts(holds.map(({ holdId }) => holdId))}::text[],
        ${integers(holds.map(({ holdNo }) => holdNo))}::integer[],
        ${integers(holds.map(({ ttlMs }) => ttlMs))}::integer[]
      ) a (hold_id, hold_no, ttl_ms)
      where not exists (select from hold h where h.id = a.hold_id)
    ), locked as materialized (
      select q.resource_no, r.id, r.capacity - r.taken as free, r.version
      from unnest(${texts(resources)}::text[]) with ordinality q (id, resource_no)
      join resource r on r.id = q.id
      order by r.id
      for update of r
    ), wanted as materialized (
      select a.hold_no, a.hold_id, a.ttl_ms, l.line, l.quantity, l.so_far, r.id as resource_id, r.free, r.version
      from unnest(
        ${integers(lines.map(({ holdNo }) => holdNo))}::integer[],
        ${integers(lines.map(({ line }) => line))}::smallint[],
        ${integers(lines.map(({ resourceNo }) => resourceNo))}::bigint[],
        ${integers(lines.map(({ quantity }) => quantity))}::integer[],
        ${integers(lines.map(({ soFar }) => soFar))}::bigint[]
      ) l (hold_no, line, resource_no, quantity, so_far)
      join asked a on a.hold_no = l.hold_no
      left join locked r on r.resource_no = l.resource_no
    ), granted as materialized (
      select hold_no, hold_id, line, resource_id, quantity,
        version + row_number() over (partition by resource_id order by hold_no) as version,
        (select clock_timestamp() from locked limit 1) + ttl_ms * interval '1 millisecond' as deadline
      from wanted
      where hold_no not in (select hold_no from wanted where so_far > free or free is null)
    ), counted as (
      update resource r set taken = r.taken + g.quantity, version = r.version + g.changes
      from (select resource_id, sum(quantity)::integer as quantity, count(*) as changes from granted group by resource_id) g
      where r.id = g.resource_id
    ), h as (
      insert into hold (id, deadline) select hold_id, deadline from granted where line = 1
    ), l as (
      insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
      select hold_id, line, resource_id, quantity, version, deadline from granted
    ), sold_out as (
      select hold_no, resource_id from wanted
      where quantity > free and resource_id not in (
        select d.resource_id from hold_line d
        where d.resource_id in (select resource_id from wanted where quantity > free)
          and d.status = 'held' and d.deadline <= (select clock_timestamp())
      )
    )
    select
      (select json_build_object(
        'holdNo', json_agg(hold_no), 'line', json_agg(line), 'version', json_agg(version),
        'deadlineMs', json_agg(${epochMs(sql`deadline`)})
      ) from granted) as granted,
      (select json_build_object('holdNo', json_agg(hold_no), 'resourceId', json_agg(resource_id)) from sold_out) as sold_out`.execute(
    db,
  )
  return claimsOf(only(rows), requests)
}

/**
 * What a statement is told: the first hold of each id, numbered from 1 in the order of arrival, and its
 * lines, each with the units that it and all before it want of its resource.
 */
function batchOf(requests: readonly HoldRequest[]) {
  const resources = new Map<ResourceId, { readonly no: number; wanted: number }>()
  const ids = new Set<HoldId>()
  const holds = requests.flatMap(({ holdId, ttlMs, lines }, at) => {
    if (ids.has(holdId)) return []
    ids.add(holdId)
    return [{ holdId, ttlMs, lines, holdNo: at + 1 }]
  })
  const lines = holds.flatMap(({ holdNo, lines: own }) =>
    own.map(({ resourceId, quantity }, at) => {
      const resource = resources.get(resourceId) ?? { no: resources.size + 1, wanted: 0 }
      resources.set(resourceId, resource)
      resource.wanted += quantity
      return { holdNo, line: at + 1, resourceNo: resource.no, quantity, soFar: resource.wanted }
    }),
  )
  return { holds, lines, resources: [...resources.keys()] }
}

/** One entry for each line, in no order; null where there is none. */
interface Answers {
  readonly granted: {
    readonly holdNo: readonly number[] | null
    readonly line: readonly number[] | null
    readonly version: readonly number[] | null
    readonly deadlineMs: readonly number[] | null
  }
  readonly sold_out: {
    readonly holdNo: readonly number[] | null
    readonly resourceId: readonly ResourceId[] | null
  }
}

/** A hold of which the statement says nothing did not fit, or has an id that was used before. */
function claimsOf({ granted, sold_out }: Answers, requests: readonly HoldRequest[]): readonly Claim[] {
  const claims = requests.map((): Claim => ({ kind: 'short' }))
  for (const [at, holdNo] of (sold_out.holdNo ?? []).entries()) {
    const resourceId = sold_out.resourceId?.[at]
    if (resourceId !== undefined) claims[holdNo - 1] = { kind: 'sold-out', resourceId }
  }
  const { holdNo: holdNos, line: lines, version, deadlineMs } = granted
  const versionsOf = new Map<number, LineVersion[]>()
  for (const [at, holdNo] of (holdNos ?? []).entries()) {
    const line = (lines?.[at] ?? Number.NaN) - 1
    const resourceId = requests[holdNo - 1]?.lines[line]?.resourceId
    if (resourceId === undefined) throw new Error('the batch was answered for a line that nobody asked for')
    const versions = versionsOf.get(holdNo) ?? []
    versions[line] = { resourceId, version: version?.[at] ?? Number.NaN }
    if (versionsOf.has(holdNo)) continue
    versionsOf.set(holdNo, versions)
    claims[holdNo - 1] = { kind: 'claimed', deadlineMs: deadlineMs?.[at] ?? Number.NaN, versions }
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
