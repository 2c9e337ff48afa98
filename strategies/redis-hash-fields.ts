/**
 * Hash fields: a hold is one command, HSETEX with FNX, which sets all fields of a hash or none.
 *
 * Mechanism: every unit that is taken is a field of one hash and names its hold; so is the record of the
 * hold. `HSETEX … FNX` sets them together if none of them exists. Their time to live is ten years longer than
 * the hold's: nothing of it is known to the client beforehand, but the moment at which the server will drop
 * the record is the deadline plus ten years, and HPEXPIRETIME, sent right behind, reads it. A buyer whose
 * command is refused runs a script, which knows the reason: the same hold again, another owner, or one whose
 * deadline has passed, and then it takes the units.
 *
 * Why it cannot oversell: a unit is one field, and FNX sets it once.
 *
 *     Alice: HSETEX … FNX unit 1, hold a → 1 → held
 *     Bob:   HSETEX … FNX unit 1, hold b → 0 → script: unit 1 is a's until …  → sold out
 *
 * Why the fields do not simply expire at the deadline: the record would go with them, and the same id sent
 * again would be a second hold.
 *
 * Deadline: Redis's clock, read by the command itself. Round trips per hold: 1 (two commands in one write), 2
 * if it is refused, and one more for the first hold of a resource in a process, whose capacity is not known
 * yet.
 * Weakness: it needs Valkey 9 or Redis 8. It is only as durable as Redis, as every strategy that keeps its
 * holds there. The client picks the units of a GA tier at random, so that the fuller it is, the more holds
 * need the script, which tries unit by unit. There is no list of deadlines: a sweep reads all holds. One hash
 * is one node of a cluster. See valkey.io/commands/hsetex.
 */
import type { Redis } from 'ioredis'
import {
  answerOf,
  inIdOrder,
  payloadOf,
  type RedisConnections,
  script,
  VENUE,
} from './ledgers/hash-fields/write.ts'
import type { HoldRequest, ReservationStrategy, ResourceId, StrategySettings } from './strategy.ts'
import { InvalidRequestError, UnknownResourceError } from './strategy.ts'

/** Units are tried one by one: more than this would block the server for milliseconds. */
const CAPACITY_MAX = 10_000
/**
 * More units at once are left to the script: one command of thousands of fields would be built for nothing.
 */
const UNITS_PICKED_MAX = 100
/** Capacities that a process remembers. */
const KNOWN_MAX = 100_000
/** Holds that a sweep reads at once. */
const SWEPT_AT_ONCE = 500
/** How long a record outlives its deadline: ten years. */
const KEPT_MS = 10 * 365 * 24 * 60 * 60 * 1_000

const UNITS = `${VENUE}:units`

/** What the scripts share. KEYS: the hash, and the beginning of the keys of capacities. */
const SHARED = `
  local hash, resources = KEYS[1], KEYS[2]
  local time = redis.call('TIME')
  local now_ms = math.floor(time[1] * 1000 + time[2] / 1000)

  local function deadline_of(id)
    return redis.call('HPEXPIRETIME', hash, 'FIELDS', 1, 'hold:' .. id)[1] - ${KEPT_MS}
  end

  local function is_due(id)
    return redis.call('HEXISTS', hash, 'end:' .. id) == 0 and now_ms >= deadline_of(id)
  end

  local function end_hold(id, status)
    local units = string.match(redis.call('HGET', hash, 'hold:' .. id), '\\n(.*)$')
    for _, unit in ipairs(cjson.decode(units)) do
      local field = 'unit:' .. unit[2] .. ':' .. unit[1]
      if status == 'confirmed' then redis.call('HPERSIST', hash, 'FIELDS', 1, field)
      else redis.call('HDEL', hash, field) end
    end
    redis.call('HSET', hash, 'end:' .. id, status)
  end
`

/**
 * ARGV: hold id, ttl ms, payload. Answers held and the deadline in ms; sold-out or unknown and the resource;
 * or id-reused.
 */
const settle = script(
  `${SHARED}
  local id, ttl_ms, payload = ARGV[1], ARGV[2], ARGV[3]
  local stored = redis.call('HGET', hash, 'hold:' .. id)
  if stored then
    if string.match(stored, '^[^\\n]*') ~= payload then return {'id-reused'} end
    return {'held', string.format('%.0f', deadline_of(id))}
  end

  local units, fields = {}, {}
  for _, line in ipairs(cjson.decode(payload)) do
    local resource, quantity = line[1], line[2]
    local capacity = redis.call('GET', resources .. resource)
    if not capacity then return {'unknown', resource} end
    local found = 0
    for unit = 1, tonumber(capacity) do
      local field = 'unit:' .. unit .. ':' .. resource
      local owner = redis.call('HGET', hash, field)
      if owner and is_due(owner) then
        end_hold(owner, 'expired')
        owner = false
      end
      if not owner then
        units[#units + 1] = {resource, unit}
        fields[#fields + 1] = field
        found = found + 1
        if found == quantity then break end
      end
    end
    if found < quantity then return {'sold-out', resource} end
  end

  local kept_ms = string.format('%.0f', ttl_ms + ${KEPT_MS})
  local record = payload .. '\\n' .. cjson.encode(units)
  redis.call('HSETEX', hash, 'PX', kept_ms, 'FIELDS', 1, 'hold:' .. id, record)
  for _, field in ipairs(fields) do
    redis.call('HSETEX', hash, 'PX', kept_ms, 'FIELDS', 1, field, id)
  end
  return {'held', string.format('%.0f', deadline_of(id))}`,
  { name: 'settle' },
)

/**
 * ARGV: hold id, confirmed or released. Answers the status that the hold has then, or nothing for an unknown
 * id.
 */
const end = script(
  `${SHARED}
  local id, status = ARGV[1], ARGV[2]
  if redis.call('HEXISTS', hash, 'hold:' .. id) == 0 then return false end
  local ended = redis.call('HGET', hash, 'end:' .. id)
  if ended then return ended end
  if is_due(id) then return 'expired' end
  end_hold(id, status)
  return status`,
  { name: 'end the hold' },
)

/** ARGV: resource ids. Answers the free units of each, or nothing for an unknown one. */
const free = script(
  `${SHARED}
  local answers = {}
  for at, resource in ipairs(ARGV) do
    local capacity = redis.call('GET', resources .. resource)
    local count = 0
    for unit = 1, tonumber(capacity or 0) do
      local owner = redis.call('HGET', hash, 'unit:' .. unit .. ':' .. resource)
      if not owner or is_due(owner) then count = count + 1 end
    end
    answers[at] = capacity and count
  end
  return answers`,
  { name: 'free units' },
)

/** ARGV: limit, hold ids. Answers how many of them it ended because they are due. */
const sweep = script(
  `${SHARED}
  local ended = 0
  for at = 2, #ARGV do
    if ended == tonumber(ARGV[1]) then break end
    if is_due(ARGV[at]) then
      end_hold(ARGV[at], 'expired')
      ended = ended + 1
    end
  end
  return ended`,
  { name: 'sweep' },
)

type Unit = readonly [resourceId: ResourceId, number: number]

export function create(
  { redis: [redis] }: RedisConnections,
  { random }: StrategySettings,
): ReservationStrategy {
  const picked = unitPicker(redis, random)
  const keys = [UNITS, `${VENUE}:resource:`]

  return {
    async createResources(resources) {
      const large = resources.find(({ capacity }) => capacity > CAPACITY_MAX)
      if (large !== undefined) {
        throw new InvalidRequestError(
          `"${large.id}" has ${large.capacity} units; unit fields are created for at most ${CAPACITY_MAX}`,
        )
      }
      const pipeline = redis.pipeline()
      for (const { id, capacity } of resources) pipeline.setnx(`${VENUE}:resource:${id}`, capacity)
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error
    },
    async hold(request) {
      const payload = payloadOf(request)
      const units = await picked(request)
      const deadlineMs = units && (await tryHold(redis, request, { payload, units }))
      if (deadlineMs !== undefined) return { kind: 'held', deadlineMs, attempts: 1 }
      const args = [request.holdId, request.ttlMs, payload]
      const [kind, value] = answerOf(await settle.run(redis, keys, args))
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
      const status = await end.run(redis, keys, [id, 'confirmed'])
      return { kind: status === 'confirmed' ? 'confirmed' : 'gone' }
    },
    async release(id) {
      const status = await end.run(redis, keys, [id, 'released'])
      if (status === 'confirmed') return { kind: 'already-confirmed' }
      return { kind: status === 'released' ? 'released' : 'gone' }
    },
    async availability(ids) {
      const units = answerOf(await free.run(redis, keys, ids))
      return ids.map((resourceId, at) => {
        const available = units[at]
        if (typeof available !== 'number') throw new UnknownResourceError(resourceId)
        return { resourceId, available }
      })
    },
    async expireDue(limit) {
      let ended = 0
      let cursor = '0'
      do {
        const [next, found] = await redis.hscan(UNITS, cursor, 'MATCH', 'hold:*', 'COUNT', SWEPT_AT_ONCE)
        cursor = next
        // Field, value, field, value, …
        const ids = found.flatMap((field, at) => (at % 2 === 0 ? [field.slice('hold:'.length)] : []))
        if (ids.length > 0) ended += Number(await sweep.run(redis, keys, [limit - ended, ...ids]))
      } while (cursor !== '0' && ended < limit)
      return ended
    },
    async close() {},
  }
}

/**
 * Picks the units to ask for, or nothing if that is left to the script. Remembers capacities, which never
 * change.
 */
function unitPicker(
  redis: Redis,
  random: () => number,
): (request: HoldRequest) => Promise<readonly Unit[] | undefined> {
  const capacities = new Map<ResourceId, number>()

  /** Whether every resource of these exists. */
  async function learn(ids: readonly ResourceId[]): Promise<boolean> {
    const missing = ids.filter((id) => !capacities.has(id))
    if (missing.length === 0) return true
    const found = await redis.mget(missing.map((id) => `${VENUE}:resource:${id}`))
    if (capacities.size + missing.length > KNOWN_MAX) capacities.clear()
    for (const [at, id] of missing.entries()) {
      const capacity = found[at]
      if (typeof capacity === 'string') capacities.set(id, Number(capacity))
    }
    return ids.every((id) => capacities.has(id))
  }

  return async function picked({ lines }: HoldRequest): Promise<readonly Unit[] | undefined> {
    if (lines.reduce((sum, { quantity }) => sum + quantity, 0) > UNITS_PICKED_MAX) return undefined
    if (!(await learn(lines.map(({ resourceId }) => resourceId)))) return undefined
    const units: Unit[] = []
    for (const { resourceId, quantity } of inIdOrder(lines)) {
      const capacity = capacities.get(resourceId) ?? 0
      if (quantity > capacity) return undefined
      // In a row from a random one on: different units, and few draws.
      const from = capacity === 1 ? 0 : Math.floor(random() * capacity)
      for (let at = 0; at < quantity; at++) units.push([resourceId, 1 + ((from + at) % capacity)])
    }
    return units
  }
}

/** The deadline, if all of these units are the hold's now; nothing if one of them, or its id, is taken. */
async function tryHold(
  redis: Redis,
  { holdId, ttlMs }: HoldRequest,
  { payload, units }: { readonly payload: string; readonly units: readonly Unit[] },
): Promise<number | undefined> {
  const record = `hold:${holdId}`
  const fields = [record, `${payload}\n${JSON.stringify(units)}`]
  for (const [resourceId, number] of units) fields.push(`unit:${number}:${resourceId}`, holdId)
  const [isSet, [droppedMs = 0]] = await Promise.all([
    redis.hsetex(UNITS, 'FNX', 'PX', ttlMs + KEPT_MS, 'FIELDS', fields.length / 2, ...fields),
    redis.hpexpiretime(UNITS, 'FIELDS', 1, record),
  ])
  if (isSet !== 1) return undefined
  if (droppedMs <= KEPT_MS) throw new Error(`Redis has lost hold "${holdId}", which it had just made`)
  return droppedMs - KEPT_MS
}
