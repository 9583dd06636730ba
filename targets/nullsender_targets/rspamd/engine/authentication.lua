-- What SPF and DMARC come to. SPF is asked by rspamd's library, only where a rule may need it and whatever its module
-- leaves out: networks of the owner, clients on a list. DMARC hangs on SPF and DKIM together, so its module is left to
-- ask for it, and is read.

local logger = require 'rspamd_logger'
local rspamd_spf = require 'rspamd_spf'
local util = require 'rspamd_util'

local truth = dofile(rspamd_paths['LOCAL_CONFDIR'] .. '/nullsender/engine/truth.lua')

local DMARC = {
  allow = 'pass',
  softfail = 'fail',
  quarantine = 'quarantine',
  reject = 'reject',
  na = 'none',
  dnsfail = 'error',
  badpolicy = 'error',
}
local FAILS = { fail = true, quarantine = true, reject = true } -- whatever the domain asks for

local authentication = {}

-- The domain of the sender, of the null sender that in HELO (RFC 7208 section 2.4); nil where there is none to ask.
local function domain_of(session)
  if #session.sender > 0 then return session.sender[1].domain end
  return session.helo:find('.', 1, true) and not session.helo:find('^%[') and session.helo or nil
end

-- Find out the result of SPF and give it to `keep`; nothing is kept where that cannot be told.
function authentication.ask_spf(task, session, keep)
  if not session.has_sender then return end
  if not domain_of(session) then return keep('none') end
  local policies = {
    [rspamd_spf.policy.pass] = 'pass',
    [rspamd_spf.policy.fail] = 'fail',
    [rspamd_spf.policy.soft_fail] = 'softfail',
    [rspamd_spf.policy.neutral] = 'neutral',
  }
  local function without_record(flags)
    keep(bit.band(flags or 0, rspamd_spf.flags.na) ~= 0 and 'none' or 'error')
  end
  rspamd_spf.resolve(task, function(record, flags)
    if not record then return without_record(flags) end
    local matched, found = record:check_ip(session.ip)
    if not matched then return without_record(found) end
    keep(policies[found] or 'error')
  end)
end

-- The module takes the organization's word where the author's own domain does not answer, though that may say otherwise.
local function unless_it_fails(task, resolve, result, keep)
  local domain = ((task:get_from('mime') or {})[1] or {}).domain
  if not domain or domain == '' or util.get_tld(domain) == domain:lower() then return keep(task, result) end
  local function answered(records) keep(task, records and result or 'error') end
  if not resolve(task, 'txt', '_dmarc.' .. domain:lower(), answered) then keep(task, 'error') end
end

-- Have `keep(task, result)` called with what DMARC's module says of each message.
function authentication.watch_dmarc(config, resolve, keep)
  local owners = config:get_all_opt('dmarc')
  if not owners or owners.enabled == false then
    logger.errx(config, "nullsender: rules ask for DMARC, and rspamd's module for it is off")
    return
  end
  local symbols = {}
  for name, symbol in pairs(require('plugins/dmarc').default_settings.symbols) do symbols[name] = symbol end
  for name, symbol in pairs(owners.symbols or {}) do symbols[name] = symbol end
  config:register_symbol({
    name = 'NULLSENDER_DMARC',
    type = 'callback',
    flags = 'empty,explicit_disable',
    group = 'nullsender',
    callback = function(task)
      for name, result in pairs(DMARC) do
        if task:has_symbol(symbols[name]) then unless_it_fails(task, resolve, result, keep) end
      end
    end,
  })
  config:register_dependency('NULLSENDER_DMARC', 'DMARC_CHECK')
end

-- Compare a result with one that a rule asks for; an error leaves open what it would have been.
local function compared(result, equal)
  if result == 'error' and not equal then return truth.UNKNOWN end
  return truth.of(equal)
end

function authentication.is_spf(result, wanted)
  return compared(result, result == wanted)
end

function authentication.is_dmarc(result, wanted)
  return compared(result, result == wanted or (wanted == 'fail' and FAILS[result] or false))
end

return authentication
