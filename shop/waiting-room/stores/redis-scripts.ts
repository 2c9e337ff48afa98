/**
 * The queue as scripts of Redis: each runs to its end before anything else does. queue/queue.ts is the same
 * as plain code. All keys begin with KEYS[1], which has the hash tag.
 *
 * `:state` is a hash with rules, limits and counts; `:place:<id>` a hash (i identity, b binding, s state, n
 * number, d key of the draw, w why it ended); `:who` leads from an identity to its place. Sorted sets:
 * `:waiting` by number, `:entrants` by the key of the draw, `:called` and `:inside` by deadline, `:seen`,
 * `:entries` and `:calls` by moment, `:lottery` by number. Times are milliseconds of the server's clock.
 */
import {
  CALLED_AT_ONCE,
  DRAWN_AT_ONCE,
  ENDED_KEPT_MS,
  GAP_MS,
  MINUTE_MS,
  SECOND_MS,
  SEEN_SHARE,
  STEERED_MIN,
  SWEPT_AT_ONCE,
} from '../queue/room.ts'

/** Arguments of one command that Lua's stack certainly holds; even. */
const PART = 2_000

const SHARED = `
  local room = KEYS[1]
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local WAITING, ENTRANTS, CALLED = room .. ':waiting', room .. ':entrants', room .. ':called'
  local INSIDE, SEEN, WHO = room .. ':inside', room .. ':seen', room .. ':who'
  local ENTRIES, CALLS, LOTTERY, STATE = room .. ':entries', room .. ':calls', room .. ':lottery', room .. ':state'

  -- Lua prints large numbers in a short form.
  local function text(number) return string.format('%.0f', number) end
  local function record(id) return room .. ':place:' .. id end

  local state, words = {}, redis.call('HGETALL', STATE)
  for at = 1, #words, 2 do state[words[at]] = tonumber(words[at + 1]) or words[at + 1] end
  if not state.seed and not CREATES then return redis.error_reply('ERR the server has lost the waiting room') end
  local function keep(name, value)
    state[name] = value
    redis.call('HSET', STATE, name, type(value) == 'number' and text(value) or value)
  end

  -- Who was not seen since then is away; nobody, if the room itself stood still meanwhile.
  local function away_until()
    if state.away_ms == 0 or now - state.gap_at < state.away_ms then return nil end
    return now - state.away_ms
  end

  -- Numbers are put aside for the entrants: who comes from now on is behind them, drawn or not.
  local function open_now()
    if state.opened == 1 then return end
    keep('opened', 1)
    keep('lottery_next', state.drawn_number + 1)
    keep('drawn_number', state.drawn_number + redis.call('ZCARD', ENTRANTS))
  end
`

/** A room that its server has lost is not made again in silence: everybody in it would be forgotten. */
const OF_ROOM = SHARED.replace('CREATES', 'false')

/**
 * ARGV: order, come, inside, away, waitingMax, opensIn, seed, activeMax, perMinute. Answers
 * the seed: of the room that exists, if one does.
 */
export const CREATE = `${SHARED.replace('CREATES', 'true')}
  if state.seed then return redis.call('HGET', STATE, 'seed') end
  redis.call('HSET', STATE, 'order', ARGV[1], 'come_ms', ARGV[2], 'inside_ms', ARGV[3], 'away_ms', ARGV[4],
    'waiting_max', ARGV[5], 'opens_at', text(now + ARGV[6]), 'seed', ARGV[7], 'active_max', ARGV[8],
    'active_most', ARGV[8], 'target_ms', 0, 'per_minute', ARGV[9], 'door', 'queue', 'stock', 'some', 'opened', 0, 'drawn_number', 0, 'called_number', 0,
    'lottery_next', 1, 'joined', 0, 'admitted', 0, 'left', 0, 'passed-over', 0, 'ran-out', 0, 'away', 0,
    'moved_at', text(now), 'gap_at', 0, 'steered_at', 0)
  return ARGV[7]`

/**
 * ARGV: place, identity, binding and key of the draw, of each. Answers a word; or place, 1 if new, number.
 */
export const JOIN = `${OF_ROOM}
  if now >= state.opens_at then open_now() end
  local draws = state.order == 'lottery' and state.opened == 0
  local waiters = redis.call('ZCARD', WAITING) + redis.call('ZCARD', ENTRANTS)
  local joined, answers = 0, {}

  -- One command for all of the group, in parts that fit on Lua's stack. Pairs stay together.
  local function each_part(list, ask)
    for from = 1, #list, ${PART} do ask(unpack(list, from, math.min(from + ${PART - 1}, #list))) end
  end
  local identities, places_of = {}, {}
  for at = 2, #ARGV, 4 do identities[#identities + 1] = ARGV[at] end
  each_part(identities, function(...)
    for _, place in ipairs(redis.call('HMGET', WHO, ...)) do places_of[#places_of + 1] = place end
  end)
  local who, queued, seen, fresh = {}, {}, {}, {}

  for at = 1, #ARGV, 4 do
    local place, identity, binding, draw = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    local known, own, answer = places_of[(at + 3) / 4], fresh[identity], nil
    if known or own then
      if not own then
        local told = redis.call('HMGET', record(known), 'b', 'n')
        own = {known, told[1], told[2] or '0'}
      end
      answer = own[2] == binding and {own[1], 0, own[3]} or {'taken'}
    elseif state.door == 'closed' then answer = {'closed'}
    elseif state.stock == 'gone' then answer = {'sold-out'}
    elseif waiters + joined >= state.waiting_max then answer = {'full'}
    else
      joined = joined + 1
      who[#who + 1], who[#who + 2] = identity, place
      local number = '0'
      if draws then
        queued[#queued + 1], queued[#queued + 2] = 0, draw .. place
        redis.call('HSET', record(place), 'i', identity, 'b', binding, 's', 'entrant', 'd', draw)
      else
        state.drawn_number = state.drawn_number + 1
        number = text(state.drawn_number)
        queued[#queued + 1], queued[#queued + 2] = number, place
        redis.call('HSET', record(place), 'i', identity, 'b', binding, 's', 'waiting', 'n', number)
      end
      seen[#seen + 1], seen[#seen + 2] = text(now), place
      fresh[identity] = {place, binding, number}
      answer = {place, 1, number}
    end
    answers[#answers + 1] = answer
  end
  if joined > 0 then
    each_part(who, function(...) redis.call('HSET', WHO, ...) end)
    each_part(queued, function(...) redis.call('ZADD', draws and ENTRANTS or WAITING, ...) end)
    if state.away_ms > 0 then each_part(seen, function(...) redis.call('ZADD', SEEN, ...) end) end
    redis.call('HSET', STATE, 'joined', text(state.joined + joined), 'drawn_number', text(state.drawn_number))
  end
  return answers`

/**
 * ARGV: step, enter or leave, and a place. Answers called places with numbers, ended ones with why, a view.
 */
export const MOVE = `${OF_ROOM}
  local kind, mover = ARGV[1], ARGV[2]
  local called, ended, freed = {}, {}, 0

  -- While nobody moved the room, nobody could come: deadlines move with the time that is missing.
  local function shift(key, by, latest)
    local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for at = 1, #all, 2 do
      redis.call('ZADD', key, text(math.min(all[at + 1] + by, latest)), all[at])
    end
  end
  local gap = now - state.moved_at
  if gap < 0 or gap > ${GAP_MS} then
    shift(CALLED, gap, now + state.come_ms)
    shift(INSIDE, gap, now + state.inside_ms)
    shift(ENTRIES, gap, now)
    shift(CALLS, gap, now)
    keep('gap_at', now)
  end
  keep('moved_at', now)

  local function finish(id, why)
    redis.call('HDEL', WHO, redis.call('HGET', record(id), 'i'))
    redis.call('HSET', record(id), 's', 'ended', 'w', why)
    redis.call('PEXPIRE', record(id), ${ENDED_KEPT_MS})
    redis.call('ZREM', SEEN, id)
    keep(why, state[why] + 1)
    ended[#ended + 1] = {id, why}
  end

  local function unqueue(id)
    if redis.call('ZREM', WAITING, id) == 1 then return end
    redis.call('ZREM', ENTRANTS, (redis.call('HGET', record(id), 'd') or '') .. id)
  end

  if now >= state.opens_at then open_now() end
  if state.opened == 1 then
    -- Equal scores: in the order of the bytes, which begin with the key of the draw.
    local drawn = redis.call('ZPOPMIN', ENTRANTS, ${DRAWN_AT_ONCE})
    for at = 1, #drawn, 2 do
      local id, number = string.sub(drawn[at], 33), text(state.lottery_next)
      state.lottery_next = state.lottery_next + 1
      redis.call('ZADD', WAITING, number, id)
      redis.call('ZADD', LOTTERY, number, id)
      redis.call('HSET', record(id), 's', 'waiting', 'n', number)
    end
    if #drawn > 0 then keep('lottery_next', state.lottery_next) end
  end

  for _, id in ipairs(redis.call('ZRANGEBYSCORE', CALLED, '-inf', text(now))) do
    redis.call('ZREM', CALLED, id)
    finish(id, 'passed-over')
    freed = freed + 1
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', INSIDE, '-inf', text(now))) do
    redis.call('ZREM', INSIDE, id)
    finish(id, 'ran-out')
  end
  local before = away_until()
  if before then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', SEEN, '-inf', text(before), 'LIMIT', 0, ${SWEPT_AT_ONCE})) do
      unqueue(id)
      finish(id, 'away')
    end
  end

  if kind == 'enter' and redis.call('ZREM', CALLED, mover) == 1 then
    redis.call('ZADD', INSIDE, text(now + state.inside_ms), mover)
    redis.call('ZADD', ENTRIES, text(now), mover)
    redis.call('HSET', record(mover), 's', 'inside')
    keep('admitted', state.admitted + 1)
  end
  if kind == 'leave' then
    local at = redis.call('HGET', record(mover), 's')
    if at and at ~= 'ended' then
      unqueue(mover)
      freed = freed + redis.call('ZREM', CALLED, mover)
      redis.call('ZREM', INSIDE, mover)
      finish(mover, 'left')
    end
  end

  local function free_places()
    local waits = redis.call('ZCARD', CALLED)
    local free = math.min(${CALLED_AT_ONCE}, state.active_max - waits - redis.call('ZCARD', INSIDE))
    redis.call('ZREMRANGEBYSCORE', ENTRIES, '-inf', text(now - ${MINUTE_MS}))
    redis.call('ZREMRANGEBYSCORE', CALLS, '-inf', text(now - ${SECOND_MS}))
    if state.per_minute == 0 then return free end
    return math.min(free, state.per_minute - redis.call('ZCARD', ENTRIES) - waits,
      -- A minute's worth is not called in its first second; who replaces one that did not come is no
      -- addition.
      math.ceil(state.per_minute / 60) - redis.call('ZCARD', CALLS) + freed)
  end
  if state.opened == 1 and state.door == 'queue' and state.stock == 'some' then
    local free, behind = free_places(), '+inf'
    -- Who came after the opening is behind entrants who are not drawn yet.
    if redis.call('ZCARD', ENTRANTS) > 0 then behind = '(' .. text(state.lottery_next) end
    local looked = 0
    while free > 0 and looked < ${CALLED_AT_ONCE + SWEPT_AT_ONCE} do
      looked = looked + 1
      local first = redis.call('ZRANGEBYSCORE', WAITING, '-inf', behind, 'WITHSCORES', 'LIMIT', 0, 1)
      local id, number = first[1], first[2]
      if not id then break end
      redis.call('ZREM', WAITING, id)
      keep('called_number', tonumber(number))
      local seen = before and redis.call('ZSCORE', SEEN, id)
      if seen and tonumber(seen) <= before then finish(id, 'away')
      else
        redis.call('ZREM', SEEN, id)
        redis.call('ZADD', CALLED, text(now + state.come_ms), id)
        redis.call('ZADD', CALLS, text(now), id)
        redis.call('HSET', record(id), 's', 'called')
        called[#called + 1] = {id, number}
        free = free - 1
      end
    end
  end
  return {called, ended}`

/** ARGV: 1 if they were seen, and places. Answers state, number, why and milliseconds left, of each. */
export const LOOK = `${OF_ROOM}
  local answers = {}
  for at = 2, #ARGV do
    local id = ARGV[at]
    local told = redis.call('HMGET', record(id), 's', 'n', 'w')
    local due = redis.call('ZSCORE', told[1] == 'called' and CALLED or INSIDE, id)
    if ARGV[1] == '1' and state.away_ms > 0 and (told[1] == 'waiting' or told[1] == 'entrant') then
      -- Not at each look: what is written is also written to the log and to replicas.
      local seen = redis.call('ZSCORE', SEEN, id)
      if seen and tonumber(seen) < now - state.away_ms / ${SEEN_SHARE} then
        redis.call('ZADD', SEEN, 'XX', text(now), id)
      end
    end
    answers[at - 1] = {told[1] or 'unknown', told[2] or '0', told[3] or '', due and text(math.max(0, due - now)) or '0'}
  end
  return answers`

/**
 * ARGV: place. Answers milliseconds left; or -1 if the room stood still, and time has to be settled first.
 */
export const INSIDE = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local due = redis.call('ZSCORE', KEYS[1] .. ':inside', ARGV[1])
  if not due then return 0 end
  local gap = now - redis.call('HGET', KEYS[1] .. ':state', 'moved_at')
  if gap < 0 or gap > ${GAP_MS} then return -1 end
  return math.max(0, due - now)`

/** Answers the state as pairs, and what is counted. */
export const FIGURES = `${OF_ROOM}
  local before = away_until()
  local length = redis.call('ZCARD', WAITING) + redis.call('ZCARD', ENTRANTS)
  if before then length = length - redis.call('ZCOUNT', SEEN, '-inf', text(before)) end
  return {words, text(now), length, redis.call('ZCARD', ENTRANTS), redis.call('ZCARD', CALLED), redis.call('ZCARD', INSIDE)}`

/** ARGV: names and values, in turn; `opened` opens. */
export const SET = `${OF_ROOM}
  local given = {}
  for at = 1, #ARGV, 2 do given[ARGV[at]] = tonumber(ARGV[at + 1]) or ARGV[at + 1] end
  if given.opened then open_now() end
  for _, name in ipairs({'door', 'stock', 'per_minute', 'target_ms'}) do
    if given[name] then keep(name, given[name]) end
  end
  local most = given.active_max
  if most then
    local limit = most
    if state.target_ms > 0 then
      limit = math.min(most, state.active_max == 0 and ${STEERED_MIN} or state.active_max)
    end
    keep('active_max', limit)
    keep('active_most', most)
    keep('steered_at', now)
  elseif given.target_ms == 0 then keep('active_max', state.active_most) end`

/** ARGV: from, to, period. Answers 1 if the limit was changed. */
export const STEER = `${OF_ROOM}
  local from, to = tonumber(ARGV[1]), tonumber(ARGV[2])
  if state.active_max ~= from or to > state.active_most then return 0 end
  if to >= from and now - state.steered_at < tonumber(ARGV[3]) then return 0 end
  keep('active_max', to)
  keep('steered_at', now)
  return 1`
