-- Usage: rspamadm lua -b reading.lua, with the engine's folder in ENGINE and a list of files on standard input.
-- Say of each file what the engine reads of it: the report, whether it warns, the fields that came back, its own.

local rspamd_task = require 'rspamd_task'

rspamd_paths['LOCAL_CONFDIR'] = os.getenv('ENGINE')
local message = dofile(os.getenv('ENGINE') .. '/nullsender/engine/message.lua')

local function in_hex(text)
  return (text:gsub('.', function(octet) return string.format('%02x', octet:byte()) end))
end

local function printed(fields)
  if not fields then return '-' end
  local found = {}
  for _, field in ipairs(fields) do found[#found + 1] = in_hex(field.name) .. ':' .. in_hex(field.value) end
  return '[' .. table.concat(found, ',') .. ']'
end

for path in io.lines() do
  local file = io.open(path, 'rb')
  local _, task = rspamd_task.load_from_string(file:read('*a'), rspamd_config)
  file:close()
  local read = message.read(task)
  print(path, read.report or '-', tostring(read.delayed), printed(read.returned), printed(read.fields))
  task:destroy()
end
