/**
 * What happens to clients without a step of theirs, as steps of the schedule. Time is not waited for but brought about: the one
 * deadline or lease that is to pass is moved to this very moment, in the store and by its own clock, through a connection of the
 * explorer's. For everybody who reads the clock afterwards it has passed, and whoever read it before had read an earlier time: just
 * as if so much time had gone by between two steps, and nothing else had fallen due meanwhile.
 */
import type { Redis } from 'ioredis'
import type pg from 'pg'
import type { Stores } from '../audit/audit.ts'
import { monotonicMs } from '../clock.ts'
import type { Touch } from './footprint.ts'

const VENUE = '{venue}'

/** Whether this hold is live and its deadline can be moved. In TigerBeetle it cannot. */
export async function deadlineCanPass({ postgres, redis }: Stores, holdId: string): Promise<boolean> {
  if (postgres !== undefined && (await hasHolds(postgres.observer, postgres.schema))) {
    const { rows } = await postgres.observer.query(
      `select from "${postgres.schema}".hold where id = $1 and status = 'held' and deadline > clock_timestamp()
       for update skip locked`,
      [holdId],
    )
    return rows.length === 1
  }
  if (redis === undefined) return false
  return (await redis.observers[0].hget(`${redis.prefix}${VENUE}:hold:${holdId}`, 'status')) === 'held'
}

/** The schemas that have the tables all strategies on PostgreSQL share: asked once each. */
const schemasWithHolds = new Map<string, boolean>()

async function hasHolds(observer: pg.Pool, schema: string): Promise<boolean> {
  const known = schemasWithHolds.get(schema)
  if (known !== undefined) return known
  const { rows } = await observer.query(
    `select from pg_tables where schemaname = $1 and tablename in ('hold', 'hold_line')`,
    [schema],
  )
  schemasWithHolds.set(schema, rows.length === 2)
  return rows.length === 2
}

/** Answers what it touched: the store where the deadline is. */
export async function passDeadline({ postgres, redis }: Stores, holdId: string): Promise<readonly Touch[]> {
  if (postgres !== undefined && (await hasHolds(postgres.observer, postgres.schema))) {
    await postgres.observer.query(
      `with moment as materialized (select clock_timestamp() as now),
       due as (
         update "${postgres.schema}".hold h set deadline = moment.now from moment
         where h.id = $1 and h.status = 'held' returning h.id, h.deadline
       )
       update "${postgres.schema}".hold_line l set deadline = due.deadline from due where l.hold_id = due.id`,
      [holdId],
    )
    return [{ store: 'postgres', effect: 'time', tables: ['hold', 'hold_line'] }]
  }
  await redis?.observers[0].eval(DUE_NOW, 1, `${redis.prefix}${VENUE}`, holdId)
  return [ALL_OF_REDIS]
}

/** Every key begins so. */
export const ALL_OF_REDIS: Touch = { store: 'redis', keys: [''] }

/** KEYS: the venue. ARGV: hold id. In both layouts: a counter and lists of live holds, and a key per unit. */
const DUE_NOW = `
  local venue, id = KEYS[1], ARGV[1]
  local record = venue .. ':hold:' .. id
  local time = redis.call('TIME')
  local now_us = string.format('%.0f', time[1] * 1000000 + time[2])
  if redis.call('HEXISTS', record, 'deadline_us') == 1 then
    redis.call('HSET', record, 'deadline_us', now_us)
    redis.call('ZADD', venue .. ':live', now_us, id)
    for _, line in ipairs(cjson.decode(redis.call('HGET', record, 'payload'))) do
      redis.call('ZADD', venue .. ':live:' .. line[1], now_us, id)
    end
  else
    redis.call('HSET', record, 'deadline_ms', string.format('%.0f', math.floor(now_us / 1000)))
    for _, unit in ipairs(cjson.decode(redis.call('HGET', record, 'units'))) do
      redis.call('DEL', venue .. ':seat:' .. unit[2] .. ':' .. unit[1])
    end
  end`

/** A lease that somebody has: its key without the prefix, and the token that tells whose it is. */
export interface LeaseHad {
  readonly key: string
  readonly token: string
}

/** Of one run or of all, one for each key, on whatever nodes it is. A hold's own keys are no leases. */
export async function leasesHad({ redis }: Stores, mark = ''): Promise<readonly LeaseHad[]> {
  if (redis === undefined) return []
  const perNode = await Promise.all(redis.observers.map((node) => leasesOn(node, redis.prefix, mark)))
  return [...new Map(perNode.flat().map((lease) => [lease.key, lease])).values()]
}

async function leasesOn(node: Redis, prefix: string, mark: string): Promise<readonly LeaseHad[]> {
  const keys = await keysWith(node, prefix, mark)
  const told = await Promise.all(
    keys.map(async (key): Promise<readonly LeaseHad[]> => {
      const name = key.slice(prefix.length)
      if (name.startsWith(VENUE)) return []
      const [leftMs, kind] = await Promise.all([node.pttl(key), node.type(key)])
      return leftMs > 0 ? [{ key: name, token: kind === 'string' ? ((await node.get(key)) ?? '') : '' }] : []
    }),
  )
  return told.flat()
}

/** A run's keys are few, and so are the runs that share a prefix. */
async function keysWith(node: Redis, prefix: string, mark: string): Promise<readonly string[]> {
  const found = await node.keys(`${prefix}*${mark}*`)
  if (mark === '') return found
  // The mark of run 1 begins that of run 12.
  return found.filter((key) => !/^\d/.test(key.slice(key.lastIndexOf(mark) + mark.length)))
}

/** On every node: it was taken on all of them at one time. */
export async function endLease({ redis }: Stores, key: string): Promise<void> {
  if (redis !== undefined) await Promise.all(redis.observers.map((node) => node.del(redis.prefix + key)))
}

/**
 * Of one run, on every node. `restore` makes its resources again, as whoever sells them would; it is called only if Redis knew them.
 */
export async function forgetAll(
  { redis }: Stores,
  mark: string,
  restore: () => Promise<void>,
): Promise<void> {
  if (redis === undefined) return
  const forgotten = await Promise.all(
    redis.observers.map(async (node) => {
      const keys = await keysWith(node, redis.prefix, mark)
      if (keys.length > 0) await node.del(...keys)
      return keys
    }),
  )
  if (forgotten.flat().some((key) => key.startsWith(`${redis.prefix}${VENUE}:resource:`))) await restore()
}

/** How long a server process may take to notice that it was told to end. */
const END_MS_MAX = 10_000

/** Ends sessions, and returns when the server has rolled back what they were in and forgotten them. */
export async function endSessions({ postgres }: Stores, pids: readonly number[]): Promise<void> {
  if (postgres === undefined || pids.length === 0) return
  const { observer } = postgres
  await observer.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [pids])
  const endMs = monotonicMs() + END_MS_MAX
  // Told to wait by itself, the server would look only every tenth of a second.
  for (;;) {
    const { rows } = await observer.query('select from pg_stat_activity where pid = any ($1::int[])', [pids])
    if (rows.length === 0) return
    if (monotonicMs() > endMs) throw new Error(`the server did not end a session within ${END_MS_MAX} ms`)
  }
}

/** Whether a session waits for one of these: PostgreSQL's own answer, which its isolation tests use, too. */
export async function isWaiting(
  { postgres }: Stores,
  pid: number,
  others: readonly number[],
): Promise<boolean> {
  if (postgres === undefined) return false
  const { rows } = await postgres.observer.query<{ waits: boolean }>({
    name: 'is-waiting',
    text: 'select pg_isolation_test_session_is_blocked($1, $2::int[]) as waits',
    values: [pid, others],
  })
  return rows[0]?.waits === true
}

/** The sessions that this one waits for. */
export async function blockersOf({ postgres }: Stores, pid: number): Promise<readonly number[]> {
  if (postgres === undefined) return []
  const { rows } = await postgres.observer.query<{ pids: number[] }>('select pg_blocking_pids($1) as pids', [
    pid,
  ])
  return rows[0]?.pids ?? []
}
