-- Questions about the message itself. They are open until it was read.

local regexp = require 'rspamd_regexp'

local truth = dofile(rspamd_paths['LOCAL_CONFDIR'] .. '/nullsender/engine/truth.lua')
local message = dofile(rspamd_paths['LOCAL_CONFDIR'] .. '/nullsender/engine/message.lua')

-- Whole words that may be names of hosts, each once; a header line holds no letters but those of ASCII.
local function words_in(lines)
  local found, seen = {}, {}
  for _, line in ipairs(lines) do
    for run in line:lower():gmatch('[%w_.-]+') do
      for word in (run .. '..'):gmatch('(.-)%.%.+') do
        word = word:gsub('^%.', '')
        if word ~= '' and not seen[word] then
          seen[word] = true
          found[#found + 1] = word
        end
      end
    end
  end
  return found
end

-- A receipt (RFC 8098), an answer by a program (RFC 3834) and a warning about delay need no message that caused them.
local function needs_no_original(of)
  if of.report == 'disposition-notification' or of.delayed then return true end
  if of.report then return false end
  for _, value in ipairs(message.values(of.fields, 'auto-submitted')) do
    if value:lower():find('auto-replied', 1, true) then return true end
  end
  return false
end

return function(settings, sets)
  local ask = {}
  local compiled = {}

  -- Exim shows a filter the line that it puts on top; over milter there is none yet.
  local own = settings.link == 'spamd' and 1 or 0

  local function expression(argument)
    local flags = argument.ignore_case and 'ri' or 'r' -- octets, which every server compares
    local key = flags .. argument.pattern
    compiled[key] = compiled[key] or regexp.create(argument.pattern, flags)
      or error('nullsender: not a regular expression: ' .. argument.pattern)
    return compiled[key]
  end

  ask['header matches'] = function(session, argument)
    if not session.message then return truth.OPEN end
    for _, value in ipairs(message.values(session.message().fields, argument.name)) do
      -- rspamd's expressions never match an empty text
      if value == '' and argument.empty or expression(argument):match(value, true) then return truth.YES end
    end
    return truth.NO
  end

  ask['report is'] = function(session, kind)
    if not session.message then return truth.OPEN end
    return truth.of(session.message().report == kind)
  end

  -- What came back names no host of ours; what returns nothing that can be compared is not forged.
  ask['forged bounces of'] = function(session, name)
    if not session.message then return truth.OPEN end
    local read = session.message()
    local is_bounce = read.report ~= nil or (session.has_sender and #session.sender == 0)
    if not is_bounce or needs_no_original(read) then return truth.NO end
    local lines = message.values(read.returned, 'received')
    for _, value in ipairs(message.values(read.returned, 'message-id')) do lines[#lines + 1] = value end
    if #lines == 0 then return truth.NO end
    return truth.negate(truth.of(sets.holds_name(name, words_in(lines))))
  end

  local content = { ask = ask }

  -- Return what reads a message, once and only when it is asked for.
  function content.reader(task)
    local read
    return function()
      read = read or message.read(task, own)
      return read
    end
  end

  function content.check(name, argument)
    if name == 'header matches' then expression(argument) end
  end

  return content
end
