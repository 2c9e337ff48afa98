/**
 * The seat key: a key with a TTL per seat or unit *is* the hold; PostgreSQL records the sale.
 *
 * Mechanism: a hold is one script, which sets one key per unit (`seat:…`), each to expire at the
 * deadline, or none of them. Expiry is the key's own. A confirm is two steps: a script that makes the
 * keys permanent if they are still there and ours, and an insert into PostgreSQL, where one unit can be
 * sold once (primary key). It is Vetora's answer (001) to its own naive Ticketmaster, with the race
 * between its two stores closed.
 *
 * Why it cannot oversell: Redis runs one script at a time, and a unit has one key. If Redis loses the
 * key of a sold unit, another buyer can hold it again, but not buy it:
 *
 *     Alice: script → seat key hers; confirm: key made permanent; insert sale → sold
 *     Redis: restarts with empty memory
 *     Bob:   script → seat key his (the seat looks free) → held
 *     Bob:   confirm: key made permanent; insert sale → taken already → gone
 *
 * Why the keys become permanent before the insert, not after: a sale that reached PostgreSQL after the
 * deadline would collide with the next buyer's hold. A client that dies between the two steps leaves a unit
 * that is neither free nor sold, until its confirm is sent again: it undersells, it never oversells. A
 * release of such a hold completes the sale as well, because its confirm was requested.
 *
 * Deadline: Redis's clock. Round trips per hold: 1, to Redis; per confirm: 2, one to each.
 * Weakness: with `appendfsync everysec` or none, a restart loses holds that were promised; a failover
 * does in any case. A key per unit makes a GA tier of thousands of tickets slow: free units are found
 * by trying keys one by one.
 */
import { type Kysely, sql } from 'kysely'
import {
  againIfAborted,
  answerOf,
  createSaleTable,
  isUniqueViolation,
  type PostgresConnections,
  payloadOf,
  type RedisConnections,
  script,
  VENUE,
} from './ledgers/seat-keys/write.ts'
import type { HoldId, ReservationStrategy, ResourceId } from './strategy.ts'
import { InvalidRequestError, UnknownResourceError } from './strategy.ts'

/** A key per unit, found by trying: more than this would block the server for milliseconds. */
const CAPACITY_MAX = 10_000

const resourceKey = (id: ResourceId) => `${VENUE}:resource:${id}`

/**
 * ARGV: hold id, ttl ms, payload. Answers held and the deadline in ms; sold-out or unknown and
 * the resource; or id-reused.
 */
const hold = script(
  `
  local venue, id, ttl_ms, payload = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
  local record = venue .. ':hold:' .. id
  local known = redis.call('HMGET', record, 'payload', 'deadline_ms')
  if known[1] then
    if known[1] == payload then return {'held', known[2]} end
    return {'id-reused'}
  end

  local units = {}
  for _, line in ipairs(cjson.decode(payload)) do
    local resource, quantity = line[1], line[2]
    local capacity = redis.call('GET', venue .. ':resource:' .. resource)
    if not capacity then return {'unknown', resource} end
    local found = 0
    for unit = 1, tonumber(capacity) do
      if redis.call('EXISTS', venue .. ':seat:' .. unit .. ':' .. resource) == 0 then
        units[#units + 1] = {resource, unit}
        found = found + 1
        if found == quantity then break end
      end
    end
    if found < quantity then return {'sold-out', resource} end
  end

  local time = redis.call('TIME')
  local deadline = math.floor(time[1] * 1000 + time[2] / 1000) + ttl_ms
  local deadline_ms = string.format('%.0f', deadline)
  -- A key lives through the millisecond that it is told to end at: the last is the one before the deadline.
  local last_ms = string.format('%.0f', deadline - 1)
  for _, unit in ipairs(units) do
    redis.call('SET', venue .. ':seat:' .. unit[2] .. ':' .. unit[1], id, 'PXAT', last_ms)
  end
  redis.call('HSET', record,
    'status', 'held', 'payload', payload, 'deadline_ms', deadline_ms, 'units', cjson.encode(units))
  return {'held', deadline_ms}`,
  { name: 'hold' },
)

/**
 * Ends a live hold. ARGV: hold id, and the status it gets: confirmed makes its keys permanent, released
 * deletes them. Answers the status it has then, `expired` if a key is not its own any more, and its units; or
 * nothing for an unknown id.
 */
const end = script(
  `
  local venue, id, status = KEYS[1], ARGV[1], ARGV[2]
  local record = venue .. ':hold:' .. id
  local known = redis.call('HMGET', record, 'status', 'units')
  if known[1] ~= 'held' then return known end

  local seats = {}
  for at, unit in ipairs(cjson.decode(known[2])) do
    seats[at] = venue .. ':seat:' .. unit[2] .. ':' .. unit[1]
    if redis.call('GET', seats[at]) ~= id then return {'expired', known[2]} end
  end
  for _, seat in ipairs(seats) do
    redis.call(status == 'confirmed' and 'PERSIST' or 'DEL', seat)
  end
  redis.call('HSET', record, 'status', status)
  return {status, known[2]}`,
  { name: 'end the hold' },
)

/** ARGV: resource ids. Answers the free units of each, or nothing for an unknown one. */
const free = script(`
  local answers = {}
  for at, resource in ipairs(ARGV) do
    local capacity = redis.call('GET', KEYS[1] .. ':resource:' .. resource)
    local count = 0
    for unit = 1, tonumber(capacity or 0) do
      count = count + 1 - redis.call('EXISTS', KEYS[1] .. ':seat:' .. unit .. ':' .. resource)
    end
    answers[at] = capacity and count
  end
  return answers`)

/** What a hold is once it has been ended, by this call or before it. */
type Ended = { readonly kind: 'confirmed' | 'released' | 'gone' }

export function create({
  postgres: db,
  redis: [redis],
}: PostgresConnections & RedisConnections): ReservationStrategy {
  /**
   * Ends a hold in Redis, and if that makes it a sale, now or earlier, writes the sale:
   * or it is sold to another.
   */
  async function endHold(id: HoldId, status: 'confirmed' | 'released'): Promise<Ended> {
    const [now, units] = answerOf(await end.run(redis, [VENUE], [id, status]))
    if (now === 'released') return { kind: now }
    if (now !== 'confirmed') return { kind: 'gone' }
    const isSold = await againIfAborted(() => recordSale(db, id, JSON.parse(String(units))))
    return { kind: isSold ? 'confirmed' : 'gone' }
  }

  return {
    async createResources(resources) {
      const large = resources.find((resource) => resource.capacity > CAPACITY_MAX)
      if (large !== undefined) {
        throw new InvalidRequestError(
          `"${large.id}" has ${large.capacity} units; unit keys are created for at most ${CAPACITY_MAX}`,
        )
      }
      await createSaleTable(db)
      const pipeline = redis.pipeline()
      for (const { id, capacity } of resources) pipeline.setnx(resourceKey(id), capacity)
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error
    },
    async hold(request) {
      const [kind, value] = answerOf(
        await hold.run(redis, [VENUE], [request.holdId, request.ttlMs, payloadOf(request)]),
      )
      switch (kind) {
        case 'held':
          return { kind, deadlineMs: Number(value), attempts: 1 }
        case 'sold-out':
          return { kind, resourceId: String(value) as ResourceId, attempts: 1 }
        case 'id-reused':
          return { kind }
        default:
          throw new UnknownResourceError(String(value) as ResourceId)
      }
    },
    async confirm(id) {
      const { kind } = await endHold(id, 'confirmed')
      return { kind: kind === 'confirmed' ? kind : 'gone' }
    },
    async release(id) {
      const { kind } = await endHold(id, 'released')
      return { kind: kind === 'confirmed' ? 'already-confirmed' : kind }
    },
    async availability(ids) {
      const units = answerOf(await free.run(redis, [VENUE], ids))
      return ids.map((resourceId, at) => {
        const available = units[at]
        if (typeof available !== 'number') throw new UnknownResourceError(resourceId)
        return { resourceId, available }
      })
    },
    async expireDue() {
      return 0 // Redis does it.
    },
    async close() {},
  }
}

/**
 * Whether this hold's sale is written, now or earlier. If one of its units is sold to another, nothing is.
 */
async function recordSale(
  db: Kysely<unknown>,
  id: HoldId,
  units: readonly (readonly [ResourceId, number])[],
): Promise<boolean> {
  try {
    await sql`
      insert into sale (resource_id, unit_no, hold_id)
      select unit.*, ${id}
      from unnest(
        ${units.map(([resourceId]) => resourceId)}::text[],
        ${units.map(([, unitNo]) => unitNo)}::integer[]
      ) unit`.execute(db)
    return true
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    const { rows } = await sql`select from sale where hold_id = ${id}`.execute(db)
    return rows.length === units.length
  }
}
