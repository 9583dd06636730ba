-- What a message is: its header, whether it is a report, and the header of a message that came back with it.

local mime = dofile(rspamd_paths['LOCAL_CONFDIR'] .. '/nullsender/engine/mime.lua')

local message = {}

local LEAST = 3 -- fields that make a header
local MARGIN = '^[ \t>|]*'
local HEADERS = {
  ['message/global'] = true,
  ['message/global-headers'] = true,
  ['message/partial'] = true,
  ['message/rfc822'] = true,
  ['message/rfc822-headers'] = true, -- no such type is registered, but it is used
  ['text/rfc822-headers'] = true,
}
local STATUS = { ['message/delivery-status'] = true, ['message/global-delivery-status'] = true }
local TELLING = { ['received'] = true, ['message-id'] = true }

local function is_telling(line)
  local name = line:match(MARGIN .. '([%a-]+)[ \t]*:')
  return name ~= nil and TELLING[name:lower()] or false
end

-- Return the header that a block of lines is by its shape, indented or quoted as it may be.
local function header_in(block)
  local margin
  for _, line in ipairs(block) do
    if is_telling(line) then
      local own = line:match(MARGIN)
      if not margin or #own < #margin then margin = own end
    end
  end
  if not margin then return nil end
  local lines = {}
  for _, line in ipairs(block) do
    if line:sub(1, #margin) == margin then
      local text = line:sub(#margin + 1)
      if #lines > 0 or text:find(mime.LIKELY) then lines[#lines + 1] = text end
    end
  end
  local fields = mime.header(table.concat(lines, '\n'), mime.LIKELY)
  local names, count = {}, 0
  for _, field in ipairs(fields) do
    if not names[field.name] then names[field.name], count = true, count + 1 end
  end
  return count >= LEAST and fields or nil
end

-- Return the first block of lines in a text that is a header, which is how bounces older than RFC 3464 return it.
local function inlined(text)
  local block = {}
  for line in text:gmatch('([^\n]*)\n?') do
    if line:find('^[ \t>|]*$') then
      local fields = header_in(block)
      if fields then return fields end
      block = {}
    else
      block[#block + 1] = line
    end
  end
  return header_in(block)
end

local function returned_in(parts)
  for _, part in ipairs(parts) do
    if HEADERS[part.type] then
      local text = mime.text(part)
      local fields = mime.header(text:sub(text:find('[^\n]') or 1), mime.LIKELY)
      if #fields > 0 then return fields end
    end
  end
  for _, part in ipairs(parts) do
    if part.type:find('^text/') or STATUS[part.type] then
      local fields = inlined(mime.text(part))
      if fields then return fields end
    end
  end
  return nil
end

local function action_in(parts)
  for _, part in ipairs(parts) do
    if STATUS[part.type] then
      for line in mime.text(part):gmatch('[^\n]+') do
        local name, action = line:match('^(%a+)[ \t]*:[ \t]*([%a-]*)')
        if name and name:lower() == 'action' then return action:lower() end
      end
    end
  end
  return nil
end

-- Return the report-type of a multipart/report (RFC 6522), in lower case.
local function report_of(fields)
  local kind, parameters = mime.content_type(fields)
  local report = parameters['report-type'] or ''
  return kind == 'multipart/report' and report ~= '' and report:lower() or nil
end

-- Read a message whose header begins with as many fields of the server's own.
function message.read(task, own)
  local text = mime.with_lf(tostring(task:get_content()))
  local fields, body = mime.header(text, mime.STRICT)
  local parts = mime.parts(fields, text:sub(body))
  local report = report_of(fields)
  for _ = 1, own or 0 do table.remove(fields, 1) end
  return {
    fields = fields,
    report = report,
    returned = returned_in(parts),
    delayed = action_in(parts) == 'delayed',
  }
end

message.values = mime.values

return message
