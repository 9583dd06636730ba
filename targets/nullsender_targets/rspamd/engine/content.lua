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

local function holds(fields, name, text)
  for _, value in ipairs(message.values(fields, name)) do
    if value:lower():find(text, 1, true) then return true end
  end
  return false
end

-- The null sender, or a MAILER-DAEMON, as whom some servers send their bounces.
local function is_system(session)
  if not session.has_sender then return false end
  return #session.sender == 0 or session.sender[1].user == 'mailer-daemon'
end

-- A receipt (RFC 8098), a complaint (RFC 5965), a program's answer (RFC 3834) and a warning about delay need no message
-- that caused them. Servers that write no reports call their bounces `auto-replied`, too.
local function needs_no_original(of)
  if of.delayed or of.report == 'disposition-notification' or of.report == 'feedback-report' then return true end
  if of.report then return false end
  return holds(of.fields, 'auto-submitted', 'auto-replied') and not holds(of.fields, 'from', 'mailer-daemon')
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
    if not (read.report or is_system(session)) or needs_no_original(read) then return truth.NO end
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
