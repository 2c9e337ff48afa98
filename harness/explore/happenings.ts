/**
 * What happens to clients without a step of theirs, as steps of the schedule. Time is not waited for but brought about: the one
 * deadline or lease that is to pass is moved to this very moment, in the store and by its own clock, through a connection of the
 * explorer's. For everybody who reads the clock afterwards it has passed, and whoever read it before had read an earlier time: just
 * as if so much time had gone by between two steps, and nothing else had fallen due meanwhile.
 */
import type pg from 'pg'
import type { Written } from '../../strategies/ledgers/ledger.ts'
import type { Stores } from '../audit/audit.ts'

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

/** Answers what it wrote to. */
export async function passDeadline({ postgres, redis }: Stores, holdId: string): Promise<readonly Written[]> {
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
    return [{ engine: 'postgres', names: ['hold', 'hold_line'] }]
  }
  await redis?.observers[0].eval(DUE_NOW, 1, `${redis.prefix}${VENUE}`, holdId)
  return [{ engine: 'redis', names: [] }]
}

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

/** Whether a key is part of a ledger: what is not, and expires by itself, is a lock. */
export function isOwnKey(key: string): boolean {
  return key.startsWith(VENUE)
}
