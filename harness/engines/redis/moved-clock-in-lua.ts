/**
 * Placed before a script: does for the script's calls what `moved-clock.ts` does for commands. It is one line
 * and ends where the script begins. By how many seconds is the last argument, which is removed before the
 * script begins, and no part of the text: each text is a script of its own to the server, which drops the
 * oldest of those that EVAL brought when there are 500 of them (Redis since 7.4; Valkey 9 does, too).
 */
export const LUA_CLOCK = `
local redis, server = (function(by)
  local told = { TIME = 1, EXPIRETIME = 1, PEXPIRETIME = 1000, HEXPIRETIME = 1, HPEXPIRETIME = 1000 }
  local moment = { EXPIREAT = 1, PEXPIREAT = 1000, HEXPIREAT = 1, HPEXPIREAT = 1000 }
  local option = { SET = true, GETEX = true, HSETEX = true, HGETEX = true }
  local function plain(number) return string.format('%.0f', number) end
  local function moved(call)
    return function(name, ...)
      local args, what = { ... }, string.upper(name)
      local at, unit = moment[what] and 2, moment[what]
      if option[what] then
        for i = 2, #args - 1 do
          local word = string.upper(tostring(args[i]))
          if word == 'EXAT' or word == 'PXAT' then at, unit = i + 1, word == 'EXAT' and 1 or 1000 break end
        end
      end
      if at and tonumber(args[at]) then args[at] = plain(tonumber(args[at]) - by * unit) end
      local answer = call(name, unpack(args))
      if not told[what] then return answer end
      if what == 'TIME' and not answer.err then return { plain(tonumber(answer[1]) + by), answer[2] } end
      if type(answer) == 'table' and not answer.err then for i, each in ipairs(answer) do if each > 0 then answer[i] = each + by * told[what] end end return answer end
      if type(answer) == 'number' and answer > 0 then return answer + by * told[what] end
      return answer
    end
  end
  local face = setmetatable({ call = moved(redis.call), pcall = moved(redis.pcall) }, { __index = redis })
  return face, face
end)(tonumber(table.remove(ARGV)))`.replaceAll(/\s+/g, ' ')
