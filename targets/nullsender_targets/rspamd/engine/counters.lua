-- What is remembered from message to message, in Redis: how many each limit has counted, and first tries.
--
-- Everything that a message has to be asked for is asked at once, by a script that nothing comes between: two messages
-- at the same moment do not both find room for one. The script is sent whole each time. To name one that Redis knows
-- (EVALSHA) would save a thousand octets on the loopback, and lua_redis does not find back to it when Redis has been
-- away.

local hash = require 'rspamd_cryptobox_hash'
local lua_redis = require 'lua_redis'
local util = require 'rspamd_util'

local SPARE = 1.5 -- seconds: what Redis may take at most, and some for the rest
local KNOWN_FOR = 36 * 86400 -- seconds, after the last try

-- KEYS: those of all steps. ARGV: whether the message is refused anyhow, and for each step five: what it is, how many
-- keys it has, the count, the seconds, and whether it decides. Of a limit Redis keeps the times of the last messages,
-- as many as it lets pass; of a first try its time. The answer is 1 for each step that fires, up to one that decides.
local SCRIPT = [[
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local text = string.format('%.0f', now)
local fires, counted, next_key = {}, {}, 1

local function is_over(key, count, period)
  local oldest = redis.call('LINDEX', key, count - 1)
  return oldest and tonumber(oldest) > now - period
end

local function is_new(key, period)
  local first = redis.call('GET', key)
  if not first then redis.call('SET', key, text, 'EX', KNOWN_FOR) return true end
  if tonumber(first) > now - period then return true end
  redis.call('EXPIRE', key, KNOWN_FOR)
  return false
end

for at = 2, #ARGV, 5 do
  local kind, count, seconds = ARGV[at], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local some, every = false, true
  for _ = 1, tonumber(ARGV[at + 1]) do
    local key = KEYS[next_key]
    next_key = next_key + 1
    local one
    if kind == 'limit' then
      one = is_over(key, count, seconds * 1000000)
      if not one then counted[#counted + 1] = { key, count, seconds } end
    else
      one = is_new(key, seconds * 1000000)
    end
    some, every = some or one, every and one
  end
  local it_fires
  if kind == 'limit' then it_fires = some else it_fires = every end
  fires[#fires + 1] = it_fires and 1 or 0
  if it_fires and ARGV[at + 4] == 'decides' then return fires end
end

if ARGV[1] ~= 'refused' then
  for _, one in ipairs(counted) do
    redis.call('LPUSH', one[1], text)
    redis.call('LTRIM', one[1], 0, one[2] - 1)
    redis.call('EXPIRE', one[1], one[3])
  end
end
return fires
]]
SCRIPT = SCRIPT:gsub('KNOWN_FOR', tostring(KNOWN_FOR))

-- An address without its subaddress; a bare local part is all there is of it.
local function whole(forms)
  local last = forms[#forms]
  return last and (last.full or last.user)
end

local function domain(forms)
  local last = forms[#forms]
  return last and last.domain
end

local function of_recipients(session, part)
  local found = {}
  for _, recipient in ipairs(session.recipients) do found[#found + 1] = part(recipient.forms) end
  if #session.recipients == 0 then found[1] = part({ { user = 'postmaster' } }) end -- rspamd is told of no bare one
  return found
end

local NAMES = {
  recipient = function(session) return of_recipients(session, whole) end,
  client = function(session) return { session.ip and session.ip:to_string() } end,
  sender = function(session) return { whole(session.sender) } end,
  login = function(session) return { session.login or nil } end,
  domain = function(session)
    if session.has_sender and #session.sender == 0 then return of_recipients(session, domain) end
    return { domain(session.sender) }
  end,
}

local function first_tries(session)
  local found = {}
  for _, recipient in ipairs(of_recipients(session, whole)) do
    found[#found + 1] = table.concat({
      session.ip and session.ip:to_string() or '',
      whole(session.sender) or '',
      recipient,
    }, '\n')
  end
  return found
end

-- Nobody counts for what has no name, and everybody once.
local function keys_of(whose, names)
  local keys, seen = {}, {}
  for _, name in ipairs(names) do
    if not seen[name] then
      seen[name] = true
      keys[#keys + 1] = 'nullsender:' .. hash.create_specific('sha1', whose .. '\n' .. name):hex()
    end
  end
  return keys
end

-- Each limit counts for itself; a first try is one for all rules that ask for it.
local function step_of(rule, session)
  if rule.limit then
    local limit = rule.limit
    return { rule, 'limit', keys_of('limit ' .. rule.id, NAMES[limit.per](session)), limit.count, limit.seconds }
  end
  return { rule, 'greylist', keys_of('first try', first_tries(session)), 0, rule.greylist.seconds }
end

-- The seconds that a message may take, the fewest that are set anywhere. When they are over rspamd waits no longer for
-- what was asked, and lets the message pass undecided.
local function seconds_of(section)
  local found
  for key, value in pairs(section or {}) do
    local one = type(value) == 'table' and seconds_of(value) or key == 'task_timeout' and tonumber(value)
    if one and one > 0 then found = math.min(found or one, one) end
  end
  return found
end

local function has_time(task, most)
  return util.get_time() - task:get_timeval(true) < most - SPARE
end

return function(configured)
  local most = math.min(
    seconds_of(rspamd_config:get_all_opt('options')) or 8,
    seconds_of(rspamd_config:get_all_opt('worker')) or 8
  )
  local params = configured and lua_redis.try_load_redis_servers(configured, rspamd_config, true)
  local counters = {}

  function counters.check(rule)
    if not params then error('nullsender: nothing is set up in which to count for ' .. rule.id) end
    if rule.limit and not NAMES[rule.limit.per] then
      error('nullsender: nothing can be counted per ' .. tostring(rule.limit.per))
    end
  end

  -- Return what a walk through the rules notes down instead of asking: no rule fires for what it has counted.
  function counters.notes(session)
    local steps = {}
    return steps, function(rule)
      local step = step_of(rule, session)
      if #step[3] > 0 then steps[#steps + 1] = step end
      return false
    end
  end

  -- Ask for all steps, counting the message where it is not refused, and call back with what tells whether a rule
  -- fires: nil for one of which it cannot be told.
  function counters.ask(task, steps, is_refused, callback)
    local keys, values = {}, { is_refused and 'refused' or 'goes on' }
    for _, step in ipairs(steps) do
      for _, key in ipairs(step[3]) do keys[#keys + 1] = key end
      local decides = step[1].report_only and 'reports' or 'decides'
      for _, value in ipairs({ step[2], #step[3], step[4], step[5], decides }) do values[#values + 1] = tostring(value) end
    end
    local words = { SCRIPT, tostring(#keys) }
    for _, list in ipairs({ keys, values }) do
      for _, word in ipairs(list) do words[#words + 1] = word end
    end

    local function answered(err, fires)
      local told = {}
      for place, step in ipairs(steps) do
        if err or type(fires) ~= 'table' then
          told[step[1]] = 'cannot tell'
        else
          told[step[1]] = tonumber(fires[place]) == 1
        end
      end
      callback(function(rule)
        if told[rule] == 'cannot tell' then return nil end
        return told[rule] or false
      end, err)
    end

    if not has_time(task, most) then return answered('no time is left') end
    if not lua_redis.redis_make_request(task, params, nil, true, answered, 'EVAL', words) then
      answered('no request can be made')
    end
  end

  return counters
end
