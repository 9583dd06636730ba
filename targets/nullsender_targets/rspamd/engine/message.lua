-- What a message is: its header, whether it is a report, and the header of a message that came back with it.
--
-- rspamd takes it apart into its parts. Headers are read here: it joins lines and passes over broken ones in its own way,
-- and what a bounce returns went through programs that wrap and quote lines.

local rspamd_task = require 'rspamd_task'

local message = {}

local STRICT = '^([!-9;-~]+)[ \t]*:(.*)$'
local LIKELY = '^([A-Za-z][%w_.-]*)[ \t]*:(.*)$' -- no part of a line that was wrapped
local MARGIN = '^[ \t>|]*'
local LEAST = 3 -- fields that make a header
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

-- Return the lines of a text, without their ends.
local function lines_of(text)
  return text:gmatch('([^\n]*)\n?')
end

local function strip(text)
  return (text:gsub('^%s+', ''):gsub('%s+$', ''))
end

-- Return the fields of a header as `{ name = lower case, value = unfolded }`. Lines of mbox are passed over. The first
-- other line that cannot be in a header ends it, as servers see it; in a loose one it continues the field above.
local function header(lines, pattern)
  local fields, loose = {}, pattern == LIKELY
  for line in lines do
    local last = fields[#fields]
    local name, value = line:match(pattern)
    if last and line:find('^[ \t]') then
      last[#last + 1] = line
    elseif name then
      fields[#fields + 1] = { name = name:lower(), value }
    elseif loose and last and line:find('%S') then
      last[#last + 1] = ' ' .. line
    elseif line == '' or not line:find('^>?From ') then
      break
    end
  end
  for _, field in ipairs(fields) do field.value = strip(table.concat(field)) end
  return fields
end

local function with_lf(text)
  return (tostring(text or ''):gsub('\r\n', '\n'))
end

local function has_telling(line)
  local name = line:match(MARGIN .. '([%a-]+)[ \t]*:')
  return name ~= nil and TELLING[name:lower()] or false
end

-- Return the header that a block of lines is by its shape, indented or quoted as it may be.
local function header_in(block)
  local margin
  for _, line in ipairs(block) do
    if has_telling(line) then
      local own = line:match(MARGIN)
      if not margin or #own < #margin then margin = own end
    end
  end
  if not margin then return nil end
  local lines, started = {}, false
  for _, line in ipairs(block) do
    if line:sub(1, #margin) == margin then
      local text = line:sub(#margin + 1)
      started = started or text:find(LIKELY) ~= nil
      if started then lines[#lines + 1] = text end
    end
  end
  local position = 0
  local fields = header(function()
    position = position + 1
    return lines[position]
  end, LIKELY)
  local names, count = {}, 0
  for _, field in ipairs(fields) do
    if not names[field.name] then names[field.name], count = true, count + 1 end
  end
  return count >= LEAST and fields or nil
end

-- Return the first block of lines in a text that is a header, which is how bounces older than RFC 3464 return it.
local function inlined(text)
  local block = {}
  for line in lines_of(text) do
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

-- Return the innermost parts; of a message within this one, no parts but itself. A multipart in which no boundary stands
-- is text.
local function parts_of(task)
  local found, within, parents = {}, {}, {}
  local all = task:get_parts() or {}
  for _, part in ipairs(all) do
    local parent = part:get_parent()
    if parent then parents[parent:get_id()] = true end
  end
  for _, part in ipairs(all) do
    local kind, subtype = part:get_type()
    local type = string.format('%s/%s', kind or 'text', subtype or 'plain'):lower()
    local parent = part:get_parent()
    local is_within = parent ~= nil and within[parent:get_id()] or false
    within[part:get_id()] = is_within or HEADERS[type] or false
    if is_within then
      -- it was returned as a whole
    elseif not part:is_multipart() then
      found[#found + 1] = { type = type, text = with_lf(part:get_content()) }
    elseif not parents[part:get_id()] then
      found[#found + 1] = { type = 'text/plain', text = with_lf(part:get_raw_content()) }
    end
  end
  return found
end

local function returned_in(parts)
  for _, part in ipairs(parts) do
    if HEADERS[part.type] then
      local fields = header(lines_of((part.text:gsub('^\n+', ''))), LIKELY)
      if #fields > 0 then return fields end
    end
  end
  for _, part in ipairs(parts) do
    if part.type:find('^text/') or STATUS[part.type] then
      local fields = inlined(part.text)
      if fields then return fields end
    end
  end
  return nil
end

local function action_in(parts)
  for _, part in ipairs(parts) do
    if STATUS[part.type] then
      for line in lines_of(part.text) do
        local name, action = line:match('^(%a+)[ \t]*:[ \t]*([%a-]*)')
        if name and name:lower() == 'action' then return action:lower() end
      end
    end
  end
  return nil
end

-- Return the report-type of a multipart/report (RFC 6522), in lower case.
local function report_of(task)
  local outermost = (task:get_parts() or {})[1]
  if not outermost then return nil end
  local kind, subtype, parameters = outermost:get_type_full()
  if not kind or (kind .. '/' .. subtype):lower() ~= 'multipart/report' then return nil end
  local report = parameters and parameters['report-type'] or ''
  return report ~= '' and report:lower() or nil
end

-- Return the values of the fields of that name, which is in lower case.
function message.values(fields, name)
  local found = {}
  for _, field in ipairs(fields or {}) do
    if field.name == name then found[#found + 1] = field.value end
  end
  return found
end

local function read(task, own)
  local fields = header(lines_of(with_lf(task:get_raw_headers())), STRICT)
  for _ = 1, own or 0 do table.remove(fields, 1) end
  local parts = parts_of(task)
  return {
    fields = fields,
    report = report_of(task),
    returned = returned_in(parts),
    delayed = action_in(parts) == 'delayed',
  }
end

-- Read a message whose header begins with as many fields of the server's own.
function message.read(task, own)
  if pcall(task.get_raw_headers, task) then return read(task, own) end
  -- rspamd has not: what was decided about the session comes before that
  local loaded, another = rspamd_task.load_from_string(tostring(task:get_content()), rspamd_config)
  if not loaded or not another:process_message() then error('the message cannot be read') end
  local found = read(another, own)
  another:destroy()
  return found
end

return message
