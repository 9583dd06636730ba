-- Carry out what the rules say, over the link by which the server asks.

local logger = require 'rspamd_logger'

local PRIORITY = 1000 -- above what any module asks for
local ACTIONS = { reject = 'reject', defer = 'soft reject', discard = 'discard', quarantine = 'no action' }

return function(settings)
  local carry_out = {}

  local function pre_result(task, action, message, priority)
    task:set_pre_result({
      action = action,
      message = message,
      module = 'nullsender',
      priority = priority or PRIORITY,
    })
  end

  local function refuse(task, action, text)
    pre_result(task, ACTIONS[action], text)
  end

  -- Milter: rspamd's own actions and its reply block.
  local function block_of(tags, forgeable)
    local block = { add_headers = {}, remove_headers = {} }
    for _, header in ipairs(forgeable) do block.remove_headers[header.name] = 0 end
    for _, rule in ipairs(tags) do
      local values = block.add_headers[rule.header.name] or {}
      values[#values + 1] = { order = 1, value = rule.header.value }
      block.add_headers[rule.header.name] = values
    end
    return block
  end

  local into = {}

  function into.junk(_, block)
    block.remove_headers['X-Spam'] = 0
    block.add_headers['X-Spam'] = { { order = 1, value = 'Yes' } }
    return 'no action'
  end

  function into.hold()
    return 'quarantine'
  end

  function into.address(session, block)
    block.add_rcpt = { '<' .. settings.quarantine.address .. '>' }
    block.del_rcpt = {}
    for _, recipient in ipairs(session.recipients) do block.del_rcpt[#block.del_rcpt + 1] = recipient.written end
    return 'no action'
  end

  -- By this mark the server keeps reports back; another would have them sent.
  local function silence(block)
    local mark = settings.quarantine.mark
    if not mark then return end
    block.add_headers[settings.quarantine.instead] = nil
    block.add_headers[mark.name] = { { order = 1, value = mark.value } }
  end

  function carry_out.milter(task, session, verdict, forgeable)
    local block = block_of(verdict.tags, forgeable)
    if verdict.action then
      -- undoes the owner's discard_on_reject and the like, for this message
      block.reject, block.no_action = 'reject', false
    end
    if verdict.action == 'quarantine' then
      pre_result(task, into[settings.quarantine.into](session, block))
      silence(block)
    elseif verdict.action then
      local text = verdict.rule.text or ''
      refuse(task, verdict.action, (text:gsub('%%', '%%%%'))) -- servers undo it: `%` begins a code there
    end
    if verdict.sender then block.change_from = '<' .. verdict.sender .. '>' end
    task:set_milter_reply(block)
  end

  -- spamd: the server reads lines of ours in the report and acts itself. Of one category rspamd prints one line.
  local function say(task, lines)
    for number, line in ipairs(lines) do
      task:append_message('nullsender: ' .. line, string.format('nullsender-%d', number))
    end
  end

  local function mark(rule)
    return '[' .. rule.id:gsub('[\192-\255][\128-\191]*', '?') .. ']'
  end

  local function words_of(verdict)
    local rule = verdict.rule
    if not verdict.action then return 'accept' end
    if verdict.action == 'reject' or verdict.action == 'defer' then
      return string.format('%s %d %s %s', verdict.action, rule.code, rule.enhanced, rule.text)
    end
    return verdict.action .. ' ' .. mark(rule)
  end

  function carry_out.spamd(task, session, verdict, forgeable)
    local lines = { string.format('score %d', math.floor(session.score * 1000 + 1e-6)) }
    for _, header in ipairs(forgeable) do lines[#lines + 1] = 'remove ' .. header.name end
    for _, rule in ipairs(verdict.tags) do
      lines[#lines + 1] = string.format('tag %s: %s %s', rule.header.name, rule.header.value, mark(rule))
    end
    lines[#lines + 1] = words_of(verdict)
    say(task, lines)
    if verdict.action then pre_result(task, ACTIONS[verdict.action]) end
  end

  local function log(task, verdict)
    for _, rule in ipairs(verdict.reports) do
      logger.messagex(task, 'nullsender: would %s [%s]', rule.action, rule.id)
    end
    for _, rule in ipairs(verdict.points) do
      logger.messagex(task, 'nullsender: score %s [%s]', rule.points, rule.id)
    end
    for _, rule in ipairs(verdict.tags) do
      logger.messagex(task, 'nullsender: tag %s [%s]', rule.header.name, rule.id)
    end
    if verdict.action then logger.messagex(task, 'nullsender: %s [%s]', verdict.action, verdict.rule.id) end
  end

  local result = {}

  -- `forgeable` are headers of ours that must not come from outside.
  function result.carry_out(task, session, verdict, forgeable)
    for _, rule in ipairs(verdict.points) do task:insert_result('NULLSENDER_POINTS', rule.points, rule.id) end
    carry_out[settings.link](task, session, verdict, forgeable)
    log(task, verdict)
  end

  -- Have this action where no rule decides.
  function result.take_over(task, action)
    pre_result(task, action, 'test message of spam filters', 0)
  end

  function result.warn(task, err)
    logger.warnx(task, 'nullsender: cannot count: %s', err)
  end

  -- An engine that broke decides nothing for good.
  function result.fail(task, err)
    logger.errx(task, 'nullsender: cannot decide: %s', err)
    if settings.link == 'spamd' then say(task, { 'defer 451 4.3.0 local error, try again later [nullsender]' }) end
    refuse(task, 'defer', 'local error, try again later [nullsender]')
  end

  return result
end
