-- Take a message apart as RFC 5322 and RFC 2045 have it, in linear time and whatever its octets are: just as the
-- policy's tests read messages. rspamd's own parser answers otherwise where a message is broken, and joins lines and
-- passes over some in its own way.

local util = require 'rspamd_util'

local mime = {}

local DEEPEST = 20 -- levels of parts
mime.STRICT = '^([!-9;-~]+)[ \t]*:(.*)$'
mime.LIKELY = '^([A-Za-z][%w_.-]*)[ \t]*:(.*)$' -- no part of a line that was wrapped

-- Return a line without its end, and where the next one begins.
local function line_at(text, from)
  local newline = text:find('\n', from, true)
  if newline then return text:sub(from, newline - 1), newline + 1 end
  return text:sub(from), #text + 1
end

function mime.strip(text)
  return text:find('%S') and text:match('^%s*(.*%S)') or ''
end

-- Return the fields of a header, `{ name = lower case, value = unfolded }`, and where the body begins. Lines of mbox are
-- passed over. The first other line that cannot be in a header begins a body, as servers see it; in a loose header,
-- which went through programs that wrap lines, it continues the field above.
function mime.header(text, pattern)
  local fields, loose, at = {}, pattern == mime.LIKELY, 1
  while at <= #text do
    local line, after = line_at(text, at)
    local last = fields[#fields]
    local name, value = line:match(pattern)
    if last and line:find('^[ \t]') then
      last[#last + 1] = line
    elseif name then
      fields[#fields + 1] = { name = name:lower(), value }
    elseif loose and last and line:find('%S') then
      last[#last + 1] = ' ' .. line
    elseif not line:find('^>?From ') then
      if line == '' then at = after end
      break
    end
    at = after
  end
  for _, field in ipairs(fields) do field.value = mime.strip(table.concat(field)) end
  return fields, at
end

-- Return the values of the fields of that name, which is in lower case.
function mime.values(fields, name)
  local found = {}
  for _, field in ipairs(fields or {}) do
    if field.name == name then found[#found + 1] = field.value end
  end
  return found
end

-- Return the text of a parameter, quoted or not, and where it ends; none where it is broken.
local function parameter_at(value, from)
  if value:sub(from, from) ~= '"' then
    local _, last, plain = value:find('^([^%s;"]+)', from)
    return plain, last
  end
  local found, at = {}, from + 1
  while true do
    local stop = value:find('["\\]', at)
    if not stop then return nil end
    found[#found + 1] = value:sub(at, stop - 1)
    if value:sub(stop, stop) == '"' then return table.concat(found), stop end
    found[#found + 1] = value:sub(stop + 1, stop + 1)
    at = stop + 2
  end
end

-- Return the content type in lower case, and its parameters with their names in lower case.
function mime.content_type(fields)
  local value = mime.values(fields, 'content-type')[1] or ''
  local parameters, at = {}, 1
  while true do
    local from, after, name = value:find(';%s*([^%s=;"]+)%s*=%s*', at)
    if not from then break end
    local text, last = parameter_at(value, after + 1)
    if text and parameters[name:lower()] == nil then parameters[name:lower()] = text end
    at = (text and last or from) + 1
  end
  local kind = mime.strip(value:match('^[^;]*')):lower()
  return kind ~= '' and kind or 'text/plain', parameters
end

local function from_base64(text)
  local digits = text:match('^[^=]*'):gsub('[^%w+/]+', '')
  if #digits % 4 == 1 then digits = digits:sub(1, -2) end
  if digits == '' then return '' end
  return tostring(util.decode_base64(digits .. ('='):rep(-#digits % 4)))
end

local function from_quoted_printable(text)
  local found, at = {}, 1
  while true do
    local equals = text:find('=', at, true)
    if not equals then break end
    found[#found + 1] = text:sub(at, equals - 1)
    local digits = text:match('^%x%x', equals + 1)
    local rest = text:sub(equals + 1, equals + 1)
    if digits then
      found[#found + 1] = string.char(tonumber(digits, 16))
      at = equals + 3
    elseif rest == '=' then
      found[#found + 1] = '='
      at = equals + 2
    elseif rest == '\n' or rest == '\r' then
      at = (text:find('\n', equals + 1, true) or #text) + 1
    elseif rest == '' then
      at = equals + 1
    else
      found[#found + 1] = '='
      at = equals + 1
    end
  end
  found[#found + 1] = text:sub(at)
  return table.concat(found)
end

function mime.with_lf(text)
  return (text:gsub('\r\n', '\n'))
end

-- Return the content of a part with its content-transfer-encoding undone; what is broken in it is left out.
function mime.text(part)
  local encoding = (mime.values(part.fields, 'content-transfer-encoding')[1] or ''):lower()
  if encoding == 'base64' then return mime.with_lf(from_base64(part.content)) end
  if encoding == 'quoted-printable' then return mime.with_lf(from_quoted_printable(part.content)) end
  return part.content
end

-- Return what stands between the lines of a boundary, none where there is no such line.
local function pieces_of(body, boundary)
  local found = {}
  if boundary == '' then return found end
  local text, at, from = '\n' .. body, 1, nil
  local delimiter = '\n--' .. boundary
  while true do
    local first, last = text:find(delimiter, at, true)
    if not first then break end
    local close = text:sub(last + 1, last + 2) == '--'
    local _, stop = text:find('^[ \t\r]*', (close and last + 3) or last + 1)
    if stop == #text or text:sub(stop + 1, stop + 1) == '\n' then
      if from then found[#found + 1] = text:sub(from + 1, first - 1) end
      from = stop + 1
      if close then return found end
      at = stop + 1
    else
      at = first + 1
    end
  end
  if from then found[#found + 1] = text:sub(from + 1) end
  return found
end

-- Return the parts of a message that have no parts, in order; a multipart in which no boundary stands is text.
function mime.parts(fields, body)
  local found = {}
  local function walk(its, content, depth)
    local kind, parameters = mime.content_type(its)
    if not kind:find('^multipart/') then
      found[#found + 1] = { fields = its, content = content, type = kind }
      return
    end
    local pieces = pieces_of(content, parameters.boundary or '')
    if #pieces == 0 then
      found[#found + 1] = { fields = its, content = content, type = 'text/plain' }
    elseif depth < DEEPEST then
      for _, piece in ipairs(pieces) do
        local inner, at = mime.header(piece, mime.LIKELY)
        if kind == 'multipart/digest' then
          inner[#inner + 1] = { name = 'content-type', value = 'message/rfc822' }
        end
        walk(inner, piece:sub(at), depth + 1)
      end
    end
  end
  walk(fields, body, 0)
  return found
end

return mime
