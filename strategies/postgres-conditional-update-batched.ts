/**
 * Conditional update, batched across callers: one statement resolves all the holds
 * that arrived while the previous one was running.
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
 * Deadline: the server's clock. Round trips per hold: 1, shared with the whole batch.
 * Weakness: a hold that just missed a statement waits for two; a whole batch succeeds or fails with one
 * commit; and batches form within one process, so more processes mean smaller batches.
 */
import { type Kysely, sql } from 'kysely'
import {
  type Claim,
  epochMs,
  isHoldIdTaken,
  type PostgresConnections,
  reservationsOn,
} from './ledgers/counter-rows/write.ts'
import { Batcher } from './ledgers/writing/batcher.ts'
import type { HoldRequest, ReservationStrategy, ResourceId, StrategySettings } from './strategy.ts'

/** Enough to spread a commit thin; few enough that its statement takes milliseconds. */
const HOLDS_PER_BATCH_MAX = 1_000
/** Ten full batches: more would wait for longer than anybody does. */
const HOLDS_WAITING_MAX = 10 * HOLDS_PER_BATCH_MAX
/**
 * Another process used an id of the batch at the same moment: the next look sees it. More than
 * twice is no coincidence.
 */
const TRIES_MAX = 3

export function create(
  { postgres: db }: PostgresConnections,
  settings: StrategySettings,
): ReservationStrategy {
  const batcher = new Batcher<HoldRequest, Claim>({
    send: (requests) => claimAll(db, requests),
    itemsMax: HOLDS_PER_BATCH_MAX,
    waitingMax: HOLDS_WAITING_MAX,
    ...(settings.onBatch && { onBatch: settings.onBatch }),
  })
  return reservationsOn(db, {
    async claim(request) {
      const submitted = await batcher.submit([request])
      if (submitted.kind === 'queue-full') return { kind: 'contended', reason: submitted.kind }
      const [claim] = submitted.results
      if (claim === undefined) throw new Error('the batch had no answer for this hold')
      return claim
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
  const lines = linesOf(requests)
  const { rows } = await sql<ClaimRow>`
    with line as materialized (
      -- An id that is known, or here for the second time, is left to its caller to look into.
      select * from (
        select u.*, min(u.hold_no) over (partition by u.hold_id) as first_no
        from unnest(
          ${lines.map((line) => line.holdNo)}::integer[],
          ${lines.map((line) => line.holdId)}::text[],
          ${lines.map((line) => line.ttlMs)}::integer[],
          ${lines.map((line) => line.lineCount)}::integer[],
          ${lines.map((line) => line.line)}::smallint[],
          ${lines.map((line) => line.resourceId)}::text[],
          ${lines.map((line) => line.quantity)}::integer[]
        ) u (hold_no, hold_id, ttl_ms, line_count, line, resource_id, quantity)
      ) l
      where l.hold_no = l.first_no and (select h.id from hold h where h.id = l.hold_id) is null
    ), locked as materialized (
      select id, capacity, taken, version from resource
      where id in (select resource_id from line)
      order by id
      for update
    ), wanted as materialized (
      select l.*, r.capacity - r.taken as free, r.version,
        sum(l.quantity) over (partition by l.resource_id order by l.hold_no) as so_far
      from line l join locked r on r.id = l.resource_id
    ), judged as materialized (
      select w.*,
        bool_and(so_far <= free) over (partition by hold_no) and count(*) over (partition by hold_no) = line_count as is_granted
      from wanted w
    ), granted as materialized (
      select hold_no, hold_id, line, resource_id, quantity,
        version + row_number() over (partition by resource_id order by hold_no) as version,
        (select clock_timestamp() from locked limit 1) + ttl_ms * interval '1 millisecond' as deadline
      from judged where is_granted
    ), counted as (
      update resource r set taken = r.taken + g.quantity, version = r.version + g.changes
      from (select resource_id, sum(quantity)::integer as quantity, count(*) as changes from granted group by resource_id) g
      where r.id = g.resource_id
    ), h as (
      insert into hold (id, deadline) select hold_id, deadline from granted where line = 1
    ), l as (
      insert into hold_line (hold_id, line, resource_id, quantity, version, deadline)
      select hold_id, line, resource_id, quantity, version, deadline from granted
    )
    select
      hold_no,
      ${epochMs(sql`min(deadline)`)} as deadline_ms,
      array_agg(version::float8 order by line) as versions,
      null as sold_out
    from granted group by hold_no
    union all
    select distinct on (hold_no) hold_no, null, null, resource_id
    from judged
    where quantity > free
      and not exists (
        select from hold_line d
        where d.resource_id = judged.resource_id and d.status = 'held' and d.deadline <= (select clock_timestamp())
      )`.execute(db)
  return claimsOf(rows, requests)
}

/** The lines of all holds, numbered from 1, in the order of arrival. */
function linesOf(requests: readonly HoldRequest[]) {
  return requests.flatMap(({ holdId, ttlMs, lines: own }, at) =>
    own.map((line, lineAt) => ({
      ...line,
      holdNo: at + 1,
      holdId,
      ttlMs,
      lineCount: own.length,
      line: lineAt + 1,
    })),
  )
}

interface ClaimRow {
  readonly hold_no: number
  readonly deadline_ms: number | null
  readonly versions: readonly number[] | null
  readonly sold_out: ResourceId | null
}

/** A hold of which the statement says nothing did not fit, or has an id that was used before. */
function claimsOf(rows: readonly ClaimRow[], requests: readonly HoldRequest[]): readonly Claim[] {
  const claims = new Map<number, Claim>()
  for (const { hold_no, deadline_ms, versions, sold_out } of rows) {
    const request = requests[hold_no - 1]
    if (sold_out !== null) {
      claims.set(hold_no, { kind: 'sold-out', resourceId: sold_out })
    } else if (request !== undefined && deadline_ms !== null && versions !== null) {
      claims.set(hold_no, {
        kind: 'claimed',
        deadlineMs: deadline_ms,
        versions: request.lines.map(({ resourceId }, at) => ({
          resourceId,
          version: versions[at] ?? Number.NaN,
        })),
      })
    }
  }
  return requests.map((_, at) => claims.get(at + 1) ?? { kind: 'short' })
}
