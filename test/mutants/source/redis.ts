/** Holds in Redis: seat keys with their sales in PostgreSQL, and the record in Lua scripts. */
import { conformance, explorer, type SourceMutant, workload } from './source-mutant.ts'

const LUA = { of: 'redis-lua', file: 'redis-lua.ts' }
const SEAT = { of: 'redis-seat-key', file: 'redis-seat-key.ts' }

const HASH = { of: 'redis-hash-fields', file: 'redis-hash-fields.ts' }

const LAST_UNIT = 'the last unit can be held'
const PLAIN_LIFE = 'a hold takes units'
const MADE_AGAIN = 'creating resources again changes nothing'
const SENT_AGAIN = 'a repeated hold gets the same answer'

// biome-ignore format: a table
export const seatKeys: readonly SourceMutant[] = [
  { ...SEAT, name: 'taken-seat-overlooked', from: "unit .. ':' .. resource) == 0 then", to: "unit .. ':' .. resource) >= 0 then", judge: explorer('hold') },
  { ...SEAT, name: 'one-seat-too-many', from: 'for unit = 1, tonumber(capacity) do', to: 'for unit = 0, tonumber(capacity) do', judge: conformance(LAST_UNIT), isInSlice: true },
  { ...SEAT, name: 'one-seat-too-few', from: 'for unit = 1, tonumber(capacity) do', to: 'for unit = 1, tonumber(capacity) - 1 do', judge: conformance(LAST_UNIT) },
  { ...SEAT, name: 'fewer-seats-than-wanted', from: 'if found < quantity then', to: 'if found == 0 then', judge: conformance(LAST_UNIT) },
  { ...SEAT, name: 'deadline-as-a-duration', from: "id, 'PXAT', last_ms)", to: "id, 'PX', last_ms)", judge: conformance('before the deadline the units are not free') },
  { ...SEAT, name: 'seat-key-without-ttl', from: ", id, 'PXAT', last_ms)", to: ', id)', judge: explorer('expiry') },
  { ...SEAT, name: 'ttl-in-seconds', from: '/ 1000) + ttl_ms\n', to: '/ 1000) + ttl_ms / 1000\n', judge: conformance('the deadline is the engine’s time') },
  { ...SEAT, name: 'seat-replays-other-lines', from: 'if known[1] == payload then', to: 'if true then', judge: conformance('otherHold when held') },
  { ...SEAT, name: 'seat-replay-takes-again', from: 'if known[1] then\n', to: 'if false then\n', judge: explorer('same-id') },
  { ...SEAT, name: 'confirms-without-its-keys', from: "if redis.call('GET', seats[at]) ~= id then", to: 'if false then', judge: conformance('confirm when due') },
  { ...SEAT, name: 'confirms-with-anybodys-key', from: "if redis.call('GET', seats[at]) ~= id then", to: "if redis.call('EXISTS', seats[at]) == 0 then", judge: explorer('expiry') },
  { ...SEAT, name: 'sold-key-not-persisted', from: "'PERSIST' or 'DEL'", to: "'EXISTS' or 'DEL'", judge: conformance('a sold hold never expires') },
  { ...SEAT, name: 'ending-not-written-down', from: "redis.call('HSET', record, 'status', status)\n", to: '', judge: conformance('release when confirmed') },
  { ...SEAT, name: 'seat-ended-twice', from: "if known[1] ~= 'held' then return known end\n", to: '', judge: conformance('release when confirmed') },
  { ...SEAT, name: 'sale-not-recorded', from: 'const isSold = await againIfAborted(() => recordSale(db, id, JSON.parse(String(units))))', to: 'const isSold = true', judge: explorer('confirm-release') },
  { ...SEAT, name: 'sale-of-the-first-seat', from: 'JSON.parse(String(units)))', to: 'JSON.parse(String(units)).slice(0, 1))', judge: workload('multi-seat') },
  { ...SEAT, name: 'sale-said-again-throws', from: 'if (!isUniqueViolation(error)) throw error\n', to: 'throw error\n', judge: conformance('confirm when confirmed', 'error') },
  { ...SEAT, name: 'release-of-a-sale-is-gone', from: "{ kind: kind === 'confirmed' ? 'already-confirmed' : kind }", to: "{ kind: kind === 'confirmed' ? 'gone' : kind }", judge: conformance('release when confirmed') },
  { ...SEAT, name: 'free-seats-miscounted', from: "count = count + 1 - redis.call('EXISTS', KEYS[1] .. ':seat:' .. unit .. ':' .. resource)", to: 'count = count + 1', judge: conformance(PLAIN_LIFE) },
  { ...SEAT, name: 'payload-in-the-buyers-order', file: 'ledgers/writing/redis/script.ts', from: 'inIdOrder(request.lines).map', to: 'request.lines.map', judge: conformance('the order of the lines is not part of the payload') },
]

// biome-ignore format: a table
export const lua: readonly SourceMutant[] = [
  { ...LUA, name: 'last-unit-never-sold', from: 'count[2] + line[2] > tonumber(count[1])', to: 'count[2] + line[2] >= tonumber(count[1])', judge: conformance(LAST_UNIT) },
  { ...LUA, name: 'quantity-not-looked-at', from: 'count[2] + line[2] > tonumber(count[1])', to: 'tonumber(count[2]) >= tonumber(count[1])', judge: conformance(LAST_UNIT) },
  { ...LUA, name: 'capacity-not-looked-at', from: ' or count[2] + line[2] > tonumber(count[1])', to: '', judge: explorer('hold') },
  { ...LUA, name: 'counts-one-of-many', from: 'counts[at][2] + line[2]', to: 'counts[at][2] + 1', judge: conformance(PLAIN_LIFE) },
  { ...LUA, name: 'counts-down-one-of-many', from: "'taken', -line[2])", to: "'taken', -1)", judge: conformance(PLAIN_LIFE) },
  { ...LUA, name: 'sale-counted-as-free', from: "if status ~= 'confirmed' then", to: 'if true then', judge: explorer('confirm-release'), isInSlice: true },
  { ...LUA, name: 'release-keeps-the-units', from: "if status ~= 'confirmed' then", to: "if status == 'expired' then", judge: explorer('confirm-release') },
  { ...LUA, name: 'sale-still-due', from: "redis.call('ZREM', venue .. ':live:' .. line[1], id)\n", to: '', judge: conformance('a sold hold never expires') },
  { ...LUA, name: 'status-not-written', from: "redis.call('SET', venue .. ':hold:' .. id, table.concat({status, deadline, versions, payload}, ' '))\n", to: '', judge: conformance('a release sent many times at once') },
  { ...LUA, name: 'due-by-its-beginning', from: "redis.call('ZADD', venue .. ':live:' .. line[1], deadline, id)", to: "redis.call('ZADD', venue .. ':live:' .. line[1], now, id)", judge: explorer('hold') },
  { ...LUA, name: 'scores-in-milliseconds', from: "redis.call('ZADD', venue .. ':live:' .. line[1], deadline, id)", to: "redis.call('ZADD', venue .. ':live:' .. line[1], deadline / 1000, id)", judge: explorer('hold') },
  { ...LUA, name: 'live-holds-ended-as-due', from: "':live:' .. resource, '-inf', until_now", to: "':live:' .. resource, '-inf', '+inf'", judge: explorer('hold') },
  { ...LUA, name: 'sweeper-never-told', from: "redis.call('ZADD', venue .. ':due', deadline, line[1])\n", to: '', judge: conformance('a sweeper frees at most its limit, returns how many, and finally none are left') },
  { ...LUA, name: 'sweeper-takes-all', from: 'end_due(first, limit - ended)', to: 'end_due(first, 1000)', judge: conformance('a sweeper frees at most its limit, returns how many, and finally none are left') },
  { ...LUA, name: 'rest-of-a-resource-forgotten', from: 'if next_due then', to: 'if false then', judge: workload('sweep') },
  { ...LUA, name: 'microseconds-taken-for-milliseconds', from: 'now + ttl_ms * 1000)', to: 'now + ttl_ms)', judge: conformance('the deadline is the engine’s time') },
  { ...LUA, name: 'seconds-only', from: 'time[1] * 1000000 + time[2]', to: 'time[1] * 1000000', judge: conformance('the deadline is the engine’s time') },
  { ...LUA, name: 'deadline-not-looked-at', from: "if now >= tonumber(deadline) then return 'expired' end\n", to: '', judge: explorer('expiry') },
  { ...LUA, name: 'ended-again', from: "if known ~= 'held' then return known end\n", to: 'if not known then return known end\n', judge: conformance('release when confirmed') },
  { ...LUA, name: 'due-units-not-freed-for-a-hold', from: "while end_due(line[1], ${DUE_READ_MAX}) == ${DUE_READ_MAX} do end\n", to: '', judge: explorer('expiry') },
  { ...LUA, name: 'due-units-shown-as-taken', from: "while end_due(id, ${DUE_READ_MAX}) == ${DUE_READ_MAX} do end\n", to: '', judge: conformance('availability counts due units as free') },
  { ...LUA, name: 'lua-replays-other-lines', from: 'if stored == payload then', to: 'if stored then', judge: conformance('otherHold when held') },
  { ...LUA, name: 'lua-replay-refused', from: 'if answer then return answer end\n', to: '', judge: conformance(SENT_AGAIN) },
  { ...LUA, name: 'lua-replay-takes-again', from: "record, 'NX') then", to: 'record) then', judge: explorer('same-id') },
  { ...LUA, name: 'lua-replay-from-now', from: "return {'held', deadline, versions}", to: "return {'held', string.format('%.0f', now + ttl_ms * 1000), versions}", judge: conformance(SENT_AGAIN) },
  { ...LUA, name: 'version-read-not-counted', from: 'counts[at][3] + 1', to: 'tonumber(counts[at][3])', judge: workload('drain'), isInSlice: true },
  { ...LUA, name: 'sold-out-of-the-first-line', from: "or 'unknown', short}", to: "or 'unknown', lines[1][1]}", judge: conformance('a hold with one impossible line takes nothing of its other lines') },
  { ...LUA, name: 'resource-made-again', from: "'capacity', ARGV[at]) == 1 then", to: "'capacity', ARGV[at]) >= 0 then", judge: conformance(MADE_AGAIN) },
]

// biome-ignore format: a table
export const hashFields: readonly SourceMutant[] = [
  { ...HASH, name: 'fields-set-though-taken', from: "redis.hsetex(UNITS, 'FNX', 'PX',", to: "redis.hsetex(UNITS, 'PX',", judge: explorer('hold'), isInSlice: true },
  { ...HASH, name: 'units-without-their-record', from: 'const fields = [record,', to: 'const fields = [`${record}:`,', judge: conformance(PLAIN_LIFE, 'error') },
  { ...HASH, name: 'moment-of-the-record', from: 'return droppedMs - KEPT_MS\n', to: 'return droppedMs\n', judge: conformance('the deadline is the engine’s time') },
  { ...HASH, name: 'due-owner-left-alone', from: 'if owner and is_due(owner) then', to: 'if false then', judge: explorer('expiry') },
  { ...HASH, name: 'live-owner-ended', from: 'if owner and is_due(owner) then', to: 'if owner then', judge: explorer('hold') },
  { ...HASH, name: 'sale-due-at-its-deadline', from: "redis.call('HEXISTS', hash, 'end:' .. id) == 0 and now_ms", to: 'now_ms', judge: conformance('a sold hold never expires') },
  { ...HASH, name: 'hash-replays-other-lines', from: "~= payload then return {'id-reused'} end", to: "== nil then return {'id-reused'} end", judge: conformance('otherHold when held') },
  { ...HASH, name: 'fields-confirmed-when-due', from: "if is_due(id) then return 'expired' end\n", to: '', judge: explorer('expiry') },
  { ...HASH, name: 'fields-ended-twice', from: 'if ended then return ended end\n', to: '', judge: conformance('release when confirmed') },
  { ...HASH, name: 'fewer-fields-than-wanted', from: 'if found < quantity then', to: 'if found == 0 then', judge: conformance(LAST_UNIT) },
  { ...HASH, name: 'released-fields-kept', from: "else redis.call('HDEL', hash, field) end", to: 'end', judge: conformance(PLAIN_LIFE) },
  { ...HASH, name: 'sold-fields-expire', from: "redis.call('HPERSIST', hash, 'FIELDS', 1, field)", to: "redis.call('HEXISTS', hash, field)", judge: workload('drain') },
  { ...HASH, name: 'due-fields-shown-as-taken', from: 'if not owner or is_due(owner) then count', to: 'if not owner then count', judge: conformance('availability counts due units as free') },
  { ...HASH, name: 'sweep-without-its-limit', from: 'if ended == tonumber(ARGV[1]) then break end\n', to: '', judge: conformance('a sweeper frees at most its limit, returns how many, and finally none are left') },
]
