-- BATV: tags of reverse-paths, prvs=KDDDHHHHHH=local (draft-levine-smtp-batv). K is the number of a key, DDD the last day
-- on which the tag is good, modulo 1000, HHHHHH the beginning of an HMAC over both and the address.
--
-- The file of keys is read for each message that asks for it, so that a new key counts at once. Without keys nothing
-- can be told of a tag.

local hash = require 'rspamd_cryptobox_hash'

local LIFETIME = 7 -- days that all servers look ahead, whatever the policy says of new tags
local LONGEST = 48 -- characters of a local part that leave room for a tag (RFC 5321, section 4.5.3.1.1)

local function today() return math.floor(os.time() / 86400) end

local function hash_of(key, last, inner)
  return hash.create_specific_keyed(key.secret, 'sha1', key.number .. last .. inner):hex():sub(1, 6)
end

-- Return the keys in order, none where the file cannot be read.
local function read(path)
  local file = io.open(path, 'r')
  local keys = {}
  for line in file and (file:read('*a') or ''):gmatch('[^\r\n]+') or function() end do
    local number, secret = line:match('^(%d) (%S+)')
    if number then keys[#keys + 1] = { number = number, secret = secret } end
  end
  if file then file:close() end
  return keys
end

local function is_taggable(form)
  return form.domain and #form.user <= LONGEST and form.user:find('^[%w!#$%%&\'*+/=?^_`{|}~.-]+$')
end

-- `configured` has the path of the `keys`; where this server signs, too, the set `from` and the `days` of a tag.
return function(configured)
  local tags = { signs = configured and configured.from ~= nil }

  -- Return the state of a recipient's tag, nil where it cannot be told.
  function tags.state(recipient)
    local keys, form = read(configured.keys), recipient.forms[1]
    if #keys == 0 or not form or not is_taggable(form) then return nil end
    local number, last, found = recipient.written:lower():match('^<?prvs=(%d)(%d%d%d)(%x%x%x%x%x%x)=.')
    if not number then return 'missing' end
    for _, key in ipairs(keys) do
      if key.number == number then
        if hash_of(key, last, form.full) ~= found then return 'invalid' end
        return (tonumber(last) - today()) % 1000 <= LIFETIME and 'valid' or 'expired'
      end
    end
    return 'invalid'
  end

  -- Return a sender's address with a tag by the first key; nothing where it can have none; an error without keys.
  function tags.signed(form)
    if not is_taggable(form) then return nil end
    local key = read(configured.keys)[1] or error('no key to sign with in ' .. configured.keys)
    local last = string.format('%03d', (today() + configured.days) % 1000)
    return string.format('prvs=%s%s%s=%s', key.number, last, hash_of(key, last, form.full), form.full)
  end

  return tags
end
