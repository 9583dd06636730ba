-- Questions that DNS answers. They are asked before the filters run, only where a rule may need them, and the answers
-- are kept with the task. A query that fails, or takes longer than `options.dns` allows, is `unknown`.

local rspamd_ip = require 'rspamd_ip'

local truth = dofile(rspamd_paths['LOCAL_CONFDIR'] .. '/nullsender/engine/truth.lua')
local authentication = dofile(rspamd_paths['LOCAL_CONFDIR'] .. '/nullsender/engine/authentication.lua')

local MOST_NAMES = 10 -- of one address, that are looked up
local NOTHING_THERE = { ['no records with this name'] = true, ['requested record is not found'] = true }
local FAILED = 'failed'

local lookups = {}

local function variable(key) return 'nullsender_' .. key end

local function keep(task, key, answer)
  task:get_mempool():set_variable(variable(key), answer)
end

-- Bring what was answered so far into the session.
function lookups.recall(task, session)
  session.lookups = setmetatable({}, {
    __index = function(_, key) return task:get_mempool():get_variable(variable(key)) end,
  })
end

local function listed_key(list) return 'listed:' .. list.zone end

-- The answer of a list is the addresses it gave, `,127.0.0.2,127.0.0.10,`; only commas for `not listed`.
function lookups.listed(session, list)
  if not session.ip then return truth.UNKNOWN end
  local answer = session.lookups[listed_key(list)]
  if not answer then return truth.OPEN end
  if answer == FAILED then return truth.UNKNOWN end
  for _, wanted in ipairs(list.answers) do
    if answer:find(',' .. wanted .. ',', 1, true) then return truth.YES end
  end
  return truth.NO
end

function lookups.nameless(session)
  if not session.ip then return truth.UNKNOWN end
  local answer = session.lookups['nameless']
  if not answer then return truth.OPEN end
  if answer == FAILED then return truth.UNKNOWN end
  return truth.of(answer == 'yes')
end

function lookups.spf(session, wanted)
  if not session.ip or not session.has_sender then return truth.UNKNOWN end
  local answer = session.lookups['spf']
  if not answer then return session.message and truth.UNKNOWN or truth.OPEN end
  return authentication.is_spf(answer, wanted)
end

function lookups.dmarc(session, wanted)
  if not session.message then return truth.OPEN end
  local answer = session.lookups['dmarc']
  if not answer then return truth.UNKNOWN end
  return authentication.is_dmarc(answer, wanted)
end

local function resolve(task, kind, name, callback)
  return task:get_resolver():resolve(kind, {
    task = task,
    name = name,
    forced = true,
    callback = function(_, _, results, err)
      if not err then
        callback(results)
      else
        callback(NOTHING_THERE[err] and {} or nil)
      end
    end,
  })
end

local function ask_list(task, session, list)
  local key = listed_key(list)
  local name = table.concat(session.ip:inversed_str_octets(), '.') .. '.' .. list.zone
  local function answered(results)
    if not results then return keep(task, key, FAILED) end
    local found = {}
    for _, result in ipairs(results) do found[#found + 1] = tostring(result) end
    keep(task, key, ',' .. table.concat(found, ',') .. ',')
  end
  if not resolve(task, 'a', name, answered) then keep(task, key, FAILED) end
end

-- A name counts when it leads back to the address.
local function ask_names(task, session)
  local kind = session.ip:get_version() == 6 and 'aaaa' or 'a'
  local function answered(names)
    if not names then return keep(task, 'nameless', FAILED) end
    local waiting, failed = math.min(#names, MOST_NAMES), false
    if waiting == 0 then return keep(task, 'nameless', 'yes') end
    local named = false
    for position = 1, waiting do
      local function led_to(addresses)
        waiting = waiting - 1
        failed = failed or not addresses
        for _, found in ipairs(addresses or {}) do named = named or found == session.ip end
        if named then
          keep(task, 'nameless', 'no')
        elseif waiting == 0 then
          keep(task, 'nameless', failed and FAILED or 'yes')
        end
      end
      if not resolve(task, kind, names[position], led_to) then led_to(nil) end
    end
  end
  if not resolve(task, 'ptr', session.ip:to_string(), answered) then keep(task, 'nameless', FAILED) end
end

-- Ask what `wanted` names; each only once.
function lookups.ask(task, session, wanted)
  if not session.ip then return end
  for _, list in pairs(wanted.lists) do ask_list(task, session, list) end
  if wanted.names then ask_names(task, session) end
  if wanted.spf then
    authentication.ask_spf(task, session, function(result) keep(task, 'spf', result) end)
  end
end

function lookups.watch_dmarc(config)
  authentication.watch_dmarc(config, resolve, function(task, result) keep(task, 'dmarc', result) end)
end

function lookups.collector()
  local wanted = { lists = {}, names = false, spf = false }
  return wanted, function(name, argument)
    if name == 'client listed' then wanted.lists[argument.zone] = argument end
    if name == 'client has no name' then wanted.names = true end
    if name == 'spf is' then wanted.spf = true end
  end
end

return lookups
