/**
 * The record in Redis, one atomic script per operation.
 *
 * Mechanism: a hash per resource counts what is taken, a string per hold records it, and a sorted set per
 * resource lists its live holds by deadline. One more lists resources, for the sweeper. Every operation is
 * one Lua script, which Redis runs to its end before it runs anything else. There is no other store.
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
import type { HoldRequest, LineVersion, ReservationStrategy, Resource, ResourceId } from './strategy.ts'
import { UnknownResourceError } from './strategy.ts'

/**
 * Due holds read at once: bounds the script's memory. A caller that needs units ends all that are due,
 * so that sold out is exact.
 */
const DUE_READ_MAX = 1_000
/** Resources that one sweep lists again without ending a hold there: bounds how long it runs. */
const LISTED_TOO_EARLY_MAX = 1_000

/**
 * What the scripts share. Times are whole microseconds, as strings, because Lua would round them in print.
 */
const SHARED = `
  local venue = KEYS[1]
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]

  -- Status, deadline, versions and payload of a hold; nothing for an unknown id.
  local function recorded(id)
    local record = redis.call('GET', venue .. ':hold:' .. id)
    if record then return string.match(record, '^(%a+) (%d+) (%S+) (.+)$') end
  end

  local function end_hold(id, status)
    local _, deadline, versions, payload = recorded(id)
    for _, line in ipairs(cjson.decode(payload)) do
      local resource = venue .. ':resource:' .. line[1]
      if status ~= 'confirmed' then
        redis.call('HINCRBY', resource, 'taken', -line[2])
        redis.call('HINCRBY', resource, 'version', 1)
      end
      redis.call('ZREM', venue .. ':live:' .. line[1], id)
    end
    redis.call('SET', venue .. ':hold:' .. id, table.concat({status, deadline, versions, payload}, ' '))
  end

  local function end_due(resource, limit)
    local until_now = string.format('%.0f', now)
    local due = redis.call('ZRANGEBYSCORE', venue .. ':live:' .. resource, '-inf', until_now, 'LIMIT', 0, limit)
    for _, id in ipairs(due) do end_hold(id, 'expired') end
    return #due
  end
`

/**
 * ARGV: hold id, ttl ms, payload. Answers held, deadline and versions; sold-out or unknown and
 * the resource; or id-reused.
 *
 * What costs time is how many commands it calls, so a hold that finds its units free calls no other than it
 * must: due holds are looked for only where units are missing, a record that exists already is noticed by
 * the command that writes one, and a sweeper is told of a resource only when its first deadline becomes
 * earlier.
 */
const hold = script(
  `${SHARED}
  local id, ttl_ms, payload = ARGV[1], ARGV[2], ARGV[3]
  local lines = cjson.decode(payload)

  local function known()
    local _, deadline, versions, stored = recorded(id)
    if stored == payload then return {'held', deadline, versions} end
    return stored and {'id-reused'}
  end

  -- The counts of every line; or of none, and the first line that is short, and its capacity if it exists.
  local function read()
    local counts = {}
    for at, line in ipairs(lines) do
      local count = redis.call('HMGET', venue .. ':resource:' .. line[1], 'capacity', 'taken', 'version', 'due_us')
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
      while end_due(line[1], ${DUE_READ_MAX}) == ${DUE_READ_MAX} do end
    end
    -- A hold that was ended may have had lines on any of these resources.
    counts, short, capacity = read()
    if short then return {capacity and 'sold-out' or 'unknown', short} end
  end

  local deadline = string.format('%.0f', now + ttl_ms * 1000)
  local versions = {}
  for at in ipairs(lines) do versions[at] = counts[at][3] + 1 end
  local numbers = cjson.encode(versions)
  local record = table.concat({'held', deadline, numbers, payload}, ' ')
  if not redis.call('SET', venue .. ':hold:' .. id, record, 'NX') then return known() end

  for at, line in ipairs(lines) do
    local resource = venue .. ':resource:' .. line[1]
    local taken, due = counts[at][2] + line[2], counts[at][4]
    redis.call('ZADD', venue .. ':live:' .. line[1], deadline, id)
    if due and tonumber(due) <= tonumber(deadline) then
      redis.call('HSET', resource, 'taken', taken, 'version', versions[at])
    else
      redis.call('HSET', resource, 'taken', taken, 'version', versions[at], 'due_us', deadline)
      redis.call('ZADD', venue .. ':due', deadline, line[1])
    end
  end
  return {'held', deadline, numbers}`,
  { name: 'hold' },
)

/**
 * ARGV: hold id, confirmed or released. Answers the status that the hold has then, or
 * nothing for an unknown id.
 */
const end = script(
  `${SHARED}
  local id, status = ARGV[1], ARGV[2]
  local known, deadline = recorded(id)
  if known ~= 'held' then return known end
  if now >= tonumber(deadline) then return 'expired' end
  end_hold(id, status)
  return status`,
  { name: 'end the hold' },
)

/** ARGV: resource ids. Answers the free units of each, or nothing for an unknown one. */
const free = script(
  `${SHARED}
  local answers = {}
  for at, id in ipairs(ARGV) do
    while end_due(id, ${DUE_READ_MAX}) == ${DUE_READ_MAX} do end
    local counts = redis.call('HMGET', venue .. ':resource:' .. id, 'capacity', 'taken')
    answers[at] = counts[1] and counts[1] - counts[2]
  end
  return answers`,
  { name: 'free units' },
)

/**
 * ARGV: limit. Answers how many due holds it ended. A resource whose first hold ended otherwise is listed by
 * a deadline that has passed: it is listed again by the next one, or no longer.
 */
const sweep = script(
  `${SHARED}
  local limit, ended = tonumber(ARGV[1]), 0
  local until_now = string.format('%.0f', now)
  for _ = 1, limit + ${LISTED_TOO_EARLY_MAX} do
    local first = redis.call('ZRANGEBYSCORE', venue .. ':due', '-inf', until_now, 'LIMIT', 0, 1)[1]
    if not first or ended == limit then break end
    ended = ended + end_due(first, limit - ended)
    local next_due = redis.call('ZRANGE', venue .. ':live:' .. first, 0, 0, 'WITHSCORES')[2]
    if next_due then
      redis.call('HSET', venue .. ':resource:' .. first, 'due_us', next_due)
      redis.call('ZADD', venue .. ':due', next_due, first)
    else
      redis.call('HDEL', venue .. ':resource:' .. first, 'due_us')
      redis.call('ZREM', venue .. ':due', first)
    end
  end
  return ended`,
  { name: 'sweep' },
)

/** KEYS: resources. ARGV: the capacity of each. */
const createMissing = script(
  `
  for at, resource in ipairs(KEYS) do
    if redis.call('HSETNX', resource, 'capacity', ARGV[at]) == 1 then
      redis.call('HSET', resource, 'taken', 0, 'version', 0)
    end
  end`,
  { name: 'create resources' },
)

/** Resources that one script makes: it runs for about a millisecond, in which nobody else is served. */
const CREATED_AT_ONCE = 500
/** Such scripts sent together: where each answer is on disk first, they share a write. */
const SCRIPTS_AT_ONCE = 8

async function createSome(redis: RedisConnections['redis'][0], some: readonly Resource[]): Promise<void> {
  const keys = some.map(({ id }) => `${VENUE}:resource:${id}`)
  const capacities = some.map(({ capacity }) => capacity)
  await createMissing.run(redis, keys, capacities)
}

export function create({ redis: [redis] }: RedisConnections): ReservationStrategy {
  return {
    async createResources(resources) {
      const slices: (typeof resources)[] = []
      for (let from = 0; from < resources.length; from += CREATED_AT_ONCE) {
        slices.push(resources.slice(from, from + CREATED_AT_ONCE))
      }
      for (let from = 0; from < slices.length; from += SCRIPTS_AT_ONCE) {
        await Promise.all(slices.slice(from, from + SCRIPTS_AT_ONCE).map((some) => createSome(redis, some)))
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
