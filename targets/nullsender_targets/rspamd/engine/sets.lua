-- Sets of domains, hosts, networks and addresses, in maps that rspamd reads anew when they change.
--
-- A map that was never read answers `unknown`, never `no`: a list that is missing must not decide anything. A live file
-- belongs to somebody else and may go away again, so it is looked for each time.

local util = require 'rspamd_util'

local LONGEST_NAME = 253
local TYPES = { networks = 'radix', domains = 'set', hosts = 'set', addresses = 'set' }

local function open(path, kind, live)
  return {
    path = path,
    live = live,
    map = rspamd_config:add_map({ type = TYPES[kind], url = path, description = 'nullsender set ' .. path }),
  }
end

-- Keys as they stand in a map: those with special characters are quoted and keep their backslashes.
local function as_written(key)
  return (key:gsub('(["\\])', '\\%1'))
end

local function ask_map(source, key)
  if not source.map or source.map:get_data_digest() == '0' then return nil end
  if source.live then
    if util.stat(source.path) ~= nil then return nil end
    if type(key) == 'string' then
      if key:find('%s') then return false end -- an entry ends where white space begins
      if key:find('["#\\]') then return nil end -- it cannot be told how rspamd would read it
    end
  elseif type(key) == 'string' then
    key = as_written(key)
  end
  return source.map:get_key(key) and true or false
end

-- One yes is yes, else one unknown is unknown.
local function ask_all(set, keys)
  local answer = false
  for _, source in ipairs(set.sources) do
    for _, key in ipairs(keys) do
      local found = ask_map(source, key)
      if found then return true end
      if found == nil then answer = nil end
    end
  end
  return answer
end

-- `example.org` may stand in a set by itself, or through `*.org`, which is its subdomains.
local function domain_keys(domain)
  local keys = { domain }
  local rest = domain
  while true do
    rest = rest:match('^[^.]+%.(.+)$')
    if not rest then return keys end
    keys[#keys + 1] = '*.' .. rest
  end
end

return function(configured, folder, address)
  local sets = {}

  for name, set in pairs(configured) do
    local sources = {}
    if set.map then sources[#sources + 1] = open(folder .. set.map, set.kind, false) end
    for _, path in ipairs(set.live or {}) do sources[#sources + 1] = open(path, set.kind, true) end
    sets[name] = { kind = set.kind, sources = sources, patterns = set.patterns or {} }
  end

  local function named(name)
    return sets[name] or error('nullsender: no set is called ' .. tostring(name))
  end

  local asking = {}

  -- Tell whether a domain is a member; nil when that is unknown.
  function asking.has_domain(name, domain)
    return ask_all(named(name), domain_keys(domain))
  end

  function asking.has_ip(name, ip)
    return ask_all(named(name), { ip })
  end

  -- Tell whether an address is a member in one of its forms, or its domain is where the set holds domains.
  function asking.has_address(name, forms)
    local set = named(name)
    local keys = {}
    for _, form in ipairs(forms) do
      if form.domain then
        if set.kind ~= 'addresses' then return ask_all(set, domain_keys(form.domain)) end
        if address.matches(set.patterns, form) then return true end
        keys[#keys + 1] = form.full
      end
    end
    return ask_all(set, keys)
  end

  -- Tell whether one of the words is a host of the set, or a name below one.
  function asking.holds_name(name, words)
    local keys = {}
    for _, word in ipairs(words) do
      if #word <= LONGEST_NAME then keys[#keys + 1] = word end
      local tail = word:sub(-LONGEST_NAME - 1)
      for above in tail:gmatch('%.()') do
        keys[#keys + 1] = tail:sub(above)
        keys[#keys + 1] = '*.' .. tail:sub(above)
      end
    end
    return ask_all(named(name), keys)
  end

  function asking.check(name) named(name) end

  return asking
end
