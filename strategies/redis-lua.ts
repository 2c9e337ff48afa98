/**
 * The record in Redis, one atomic script per operation.
 *
 * Mechanism: a hash per resource counts what is taken, a hash per hold stores its state, and a sorted
 * set per resource lists its live holds by deadline. Every operation is one Lua script, which Redis runs to
 * its end before it runs anything else. There is no other store.
 *
 * Why it cannot oversell: check and write are one script, and scripts do not overlap.
 *
 *     Alice: script: taken 0 of 1 → taken 1 → held
 *     Bob:   script: taken 1 of 1 → sold out
 *
 * Expiry is part of the scripts: a claim that finds too few units first frees those of the resource's expired
 * holds, on all their lines.
 *
 * Deadline: Redis's clock, read inside the script. Round trips per hold: 1.
 * Weakness: it is only as durable as Redis. With `appendfsync always` an answer is on disk before it is
 * given, and that is the fair comparison with a database; with everysec a crash loses up to a second of
 * sales, and a failover loses what had not reached the replica. All keys of an event share one hash tag, so
 * that a script may touch them on a cluster: an event is one node, and a second node does not make it
 * faster. Records stay in memory permanently.
 */
import {
  answerOf,
  inIdOrder,
  payloadOf,
  type RedisConnections,
  script,
  VENUE,
} from './ledgers/lua-record/write.ts'
import type { HoldRequest, LineVersion, ReservationStrategy, ResourceId } from './strategy.ts'
import { UnknownResourceError } from './strategy.ts'

/**
 * Due holds read at once: bounds the script's memory. A caller that needs units ends all that are due,
 * so that sold out is exact.
 */
const DUE_READ_MAX = 1_000

/**
 * What the scripts share. Times are whole microseconds, as strings, because Lua would round them in print.
 */
const SHARED = `
  local venue = KEYS[1]
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]

  local function end_hold(id, status)
    local hold = venue .. ':hold:' .. id
    for _, line in ipairs(cjson.decode(redis.call('HGET', hold, 'payload'))) do
      local resource = venue .. ':resource:' .. line[1]
      if status ~= 'confirmed' then
        redis.call('HINCRBY', resource, 'taken', -line[2])
        redis.call('HINCRBY', resource, 'version', 1)
      end
      redis.call('ZREM', venue .. ':live:' .. line[1], id)
    end
    redis.call('ZREM', venue .. ':live', id)
    redis.call('HSET', hold, 'status', status)
  end

  local function end_due(live, limit)
    local due = redis.call('ZRANGEBYSCORE', live, '-inf', string.format('%.0f', now), 'LIMIT', 0, limit)
    for _, id in ipairs(due) do end_hold(id, 'expired') end
    return #due
  end
`

/**
 * ARGV: hold id, ttl ms, payload. Answers held, deadline and versions; sold-out or unknown and
 * the resource; or id-reused.
 *
 * What costs time is how many commands it calls, so a hold that finds its units free calls no other than it
 * must: due holds are looked for only where units are missing, and a record that exists already is noticed by
 * the command that begins one.
 */
const hold = script(`${SHARED}
  local id, ttl_ms, payload = ARGV[1], ARGV[2], ARGV[3]
  local record = venue .. ':hold:' .. id
  local lines = cjson.decode(payload)

  local function known()
    local stored = redis.call('HMGET', record, 'payload', 'deadline_us', 'versions')
    if stored[1] == payload then return {'held', stored[2], stored[3]} end
    return stored[1] and {'id-reused'}
  end

  -- The counts of every line; or of none, and the first line that is short, and its capacity if it exists.
  local function read()
    local counts = {}
    for at, line in ipairs(lines) do
      local count = redis.call('HMGET', venue .. ':resource:' .. line[1], 'capacity', 'taken', 'version')
      if not count[1] or count[2] + line[2] > tonumber(count[1]) then return nil, line[1], count[1] end
      counts[at] = count
    end
    return counts
  end

  local counts, short, capacity = read()
  if short then
    local answer = known()
    if answer then return answer end
    for _, line in ipairs(lines) do
      while end_due(venue .. ':live:' .. line[1], ${DUE_READ_MAX}) == ${DUE_READ_MAX} do end
    end
    -- A hold that was ended may have had lines on any of these resources.
    counts, short, capacity = read()
    if short then return {capacity and 'sold-out' or 'unknown', short} end
  end
  if redis.call('HSETNX', record, 'payload', payload) == 0 then return known() end

  local deadline = string.format('%.0f', now + ttl_ms * 1000)
  local versions = {}
  for at, line in ipairs(lines) do
    local taken, version = counts[at][2] + line[2], counts[at][3] + 1
    redis.call('HSET', venue .. ':resource:' .. line[1], 'taken', taken, 'version', version)
    redis.call('ZADD', venue .. ':live:' .. line[1], deadline, id)
    versions[at] = version
  end
  redis.call('ZADD', venue .. ':live', deadline, id)
  local numbers = cjson.encode(versions)
  redis.call('HSET', record, 'status', 'held', 'deadline_us', deadline, 'versions', numbers)
  return {'held', deadline, numbers}`)

/**
 * ARGV: hold id, confirmed or released. Answers the status that the hold has then, or
 * nothing for an unknown id.
 */
const end = script(`${SHARED}
  local id, status = ARGV[1], ARGV[2]
  local known = redis.call('HMGET', venue .. ':hold:' .. id, 'status', 'deadline_us')
  if known[1] ~= 'held' then return known[1] end
  if now >= tonumber(known[2]) then return 'expired' end
  end_hold(id, status)
  return status`)

/** ARGV: resource ids. Answers the free units of each, or nothing for an unknown one. */
const free = script(`${SHARED}
  local answers = {}
  for at, id in ipairs(ARGV) do
    while end_due(venue .. ':live:' .. id, ${DUE_READ_MAX}) == ${DUE_READ_MAX} do end
    local counts = redis.call('HMGET', venue .. ':resource:' .. id, 'capacity', 'taken')
    answers[at] = counts[1] and counts[1] - counts[2]
  end
  return answers`)

/** ARGV: limit. Answers how many due holds it ended. */
const sweep = script(`${SHARED}
  return end_due(venue .. ':live', ARGV[1])`)

/** KEYS: one resource. ARGV: capacity. */
const createResource = script(`
  if redis.call('HSETNX', KEYS[1], 'capacity', ARGV[1]) == 1 then
    redis.call('HSET', KEYS[1], 'taken', 0, 'version', 0)
  end`)

/** Resources made at once: keeps the client's queue short. */
const CREATED_AT_ONCE = 1_000

export function create({ redis: [redis] }: RedisConnections): ReservationStrategy {
  return {
    async createResources(resources) {
      for (let from = 0; from < resources.length; from += CREATED_AT_ONCE) {
        await Promise.all(
          resources
            .slice(from, from + CREATED_AT_ONCE)
            .map(({ id, capacity }) => createResource.run(redis, [`${VENUE}:resource:${id}`], [capacity])),
        )
      }
    },
    async hold(request) {
      const [kind, value, versions] = answerOf(
        await hold.run(redis, [VENUE], [request.holdId, request.ttlMs, payloadOf(request)]),
      )
      switch (kind) {
        case 'held':
          return {
            kind,
            deadlineMs: Number(value) / 1_000,
            versions: versionsOf(request, String(versions)),
            attempts: 1,
          }
        case 'sold-out':
          return { kind, resourceId: String(value) as ResourceId, attempts: 1 }
        case 'id-reused':
          return { kind }
        default:
          throw new UnknownResourceError(String(value) as ResourceId)
      }
    },
    async confirm(id) {
      const status = await end.run(redis, [VENUE], [id, 'confirmed'])
      return { kind: status === 'confirmed' ? 'confirmed' : 'gone' }
    },
    async release(id) {
      const status = await end.run(redis, [VENUE], [id, 'released'])
      if (status === 'confirmed') return { kind: 'already-confirmed' }
      return { kind: status === 'released' ? 'released' : 'gone' }
    },
    async availability(ids) {
      const units = answerOf(await free.run(redis, [VENUE], ids))
      return ids.map((resourceId, at) => {
        const available = units[at]
        if (typeof available !== 'number') throw new UnknownResourceError(resourceId)
        return { resourceId, available }
      })
    },
    async expireDue(limit) {
      return Number(await sweep.run(redis, [VENUE], [limit]))
    },
    async close() {},
  }
}

/** The script numbers the lines in the payload's order. */
function versionsOf(request: HoldRequest, versions: string): readonly LineVersion[] {
  const numbers = JSON.parse(versions) as readonly number[]
  return inIdOrder(request.lines).map(({ resourceId }, at) => ({
    resourceId,
    version: numbers[at] ?? Number.NaN,
  }))
}
