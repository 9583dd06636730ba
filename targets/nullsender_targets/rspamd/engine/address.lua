-- Addresses in the one form in which they are compared: lower case, the local part unquoted where it can be, wrapping
-- of signed senders off; then once more without the subaddress.

local address = {}

local ATOM = "^[a-z0-9!#$%%&'*+/=?^_`{|}~%-\128-\255]+$"

local function is_dot_atom(text)
  if text == '' or text:sub(1, 1) == '.' or text:sub(-1) == '.' or text:find('..', 1, true) then return false end
  return text:gsub('%.', ''):match(ATOM) ~= nil
end

local function canonical_local(text)
  local quoted = text:match('^"(.*)"$')
  if not quoted then return text end
  local plain = quoted:gsub('\\(.)', '%1')
  if is_dot_atom(plain) then return plain end
  return '"' .. plain:gsub('(["\\])', '\\%1') .. '"'
end

-- prvs=KDDDHHHHHH=local: the tag of BATV (draft-levine-smtp-batv).
local function unwrapped(text)
  return text:match('^prvs=%d%d%d%d%x%x%x%x%x%x=(.+)$') or text
end

local function without_subaddress(text, delimiters)
  if text:sub(1, 1) == '"' then return nil end
  for position = 2, #text do
    if delimiters:find(text:sub(position, position), 1, true) then return text:sub(1, position - 1) end
  end
  return nil
end

-- Return the forms of an address as the SMTP client wrote it, with or without angle brackets; none for the null sender.
-- A bare local part has a form without domain.
function address.forms(written, delimiters)
  local text = written:gsub('^<', ''):gsub('>$', ''):lower()
  if text == '' then return {} end
  local user, domain = text:match('^(.*)@([^@]*)$')
  if not user then user, domain = text, nil end
  domain = domain and domain:gsub('%.$', '')
  local forms = {}
  local function add(form)
    forms[#forms + 1] = { user = form, domain = domain, full = domain and form .. '@' .. domain }
  end
  user = canonical_local(unwrapped(user))
  add(user)
  local shorter = without_subaddress(user, delimiters)
  if shorter then add(shorter) end
  return forms
end

local function pattern_matches(pattern, form)
  local user, domain = pattern:match('^(.*)@([^@]*)$')
  local expression = '^' .. user:gsub('[^%w*\128-\255]', '%%%0'):gsub('%*', '.*') .. '$'
  if not form.user:match(expression) then return false end
  if domain == '*' then return true end
  if domain:sub(1, 2) == '*.' then return #form.domain >= #domain and form.domain:sub(-#domain + 1) == domain:sub(2) end
  return form.domain == domain
end

-- Tell whether one of the patterns, `bounce-*@example.org`, stands for the form.
function address.matches(patterns, form)
  for _, pattern in ipairs(patterns) do
    if pattern_matches(pattern, form) then return true end
  end
  return false
end

return address
