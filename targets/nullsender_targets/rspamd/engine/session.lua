-- What the server said of the session. It is taken down before any rule of rspamd's own runs, since those rewrite
-- recipients (subaddresses) and clients (relays in front).

local rspamd_ip = require 'rspamd_ip'
local ucl = require 'ucl'

local VARIABLE = 'nullsender_session'

local session = {}

local function raw(list)
  local found = {}
  for _, item in ipairs(list or {}) do found[#found + 1] = item.raw or item.addr end
  return found
end

function session.take_down(task)
  local sender = task:get_from({ 'smtp', 'orig' })
  local ip = task:get_from_ip()
  task:get_mempool():set_variable(VARIABLE, ucl.to_format({
    -- rspamd parses no bare local part: over milter `<postmaster>` is lost, elsewhere the header still has it
    sender = sender and sender[1] and sender[1].raw or tostring(task:get_request_header('From') or ''),
    recipients = raw(task:get_recipients({ 'smtp', 'orig' })),
    ip = ip and ip:is_valid() and ip:to_string() or '',
    helo = task:get_helo() or '',
    login = task:get_user() or '',
  }, 'json-compact'))
end

local function parsed(text)
  local parser = ucl.parser()
  local good, err = parser:parse_string(text)
  if not good then error(err) end
  return parser:get_object()
end

-- Return the session of a task: addresses in all their forms, and the answers of lookups so far.
function session.of(task, address, delimiters)
  local text = task:get_mempool():get_variable(VARIABLE)
  if not text then error('nothing was taken down of the session') end
  local said = parsed(text)
  local recipients = {}
  for _, written in ipairs(said.recipients or {}) do
    recipients[#recipients + 1] = { written = written, forms = address.forms(written, delimiters) }
  end
  return {
    has_sender = said.sender ~= '',
    sender = address.forms(said.sender, delimiters),
    recipients = recipients,
    ip = said.ip ~= '' and rspamd_ip.from_string(said.ip) or nil,
    helo = said.helo:lower():gsub('%.$', ''),
    login = said.login ~= '' and said.login,
    lookups = {},
    score = nil,
    message = nil,
  }
end

return session
