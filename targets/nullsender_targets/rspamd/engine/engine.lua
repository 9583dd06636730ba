-- Decide messages by the policy's rules, which stand in order in the section `nullsender` of the configuration.
--
-- What the server said of the session is taken down before anything else looks at the message, and DNS is asked what
-- some rule may need. When every filter has had its say, the rules are asked in order and one decision falls.

local FOLDER = rspamd_paths['LOCAL_CONFDIR'] .. '/'

local function part(name)
  return dofile(FOLDER .. 'nullsender/engine/' .. name .. '.lua')
end

local function as_keys(list)
  local keys = {}
  for _, key in ipairs(list) do keys[key] = true end
  return keys
end

local configured = rspamd_config:get_all_opt('nullsender')
  or error('nullsender: the section `nullsender` is missing from the configuration')

local settings = {
  link = configured.link,
  delimiters = configured.subaddresses,
  quarantine = configured.quarantine,
  trusted = configured.trusted,
  upstream = configured.upstream,
  kept = {
    roles = as_keys(configured.kept.roles),
    addresses = as_keys(configured.kept.addresses),
    served = configured.kept.served,
  },
}

local truth = part('truth')
local address = part('address')
local session = part('session')
local lookups = part('lookups')
local sets = part('sets')(configured.sets, FOLDER, address)
local content = part('content')(settings, sets)
local tags = part('tags')(configured.batv)
local questions = part('questions')(settings, sets, lookups, content, tags)
local counters = part('counters')(configured.redis)
local rules = part('rules')(configured.rules, questions, counters)
local verdict = part('verdict')(settings)

local function session_of(task)
  local found = session.of(task, address, settings.delimiters)
  lookups.recall(task, found)
  return found
end

local function score_of(task)
  local score = (task:get_metric_score() or {})[1] or 0
  return score == score and score or 0 -- not a number while nothing has scored
end

local function from_outside(of)
  return not truth.is_certain(questions.answer('trusted', of, of.recipients))
    and not truth.is_certain(questions.answer('upstream', of, of.recipients))
end

local function is_elsewhere(recipient)
  local form = recipient.forms[1]
  if not form or not form.domain then return false end
  for _, name in ipairs(settings.kept.served) do
    if sets.has_domain(name, form.domain) ~= false then return false end
  end
  return true
end

-- Return the reverse-path with a tag, where somebody of ours sends to somebody elsewhere.
local function signed(of)
  local sender = of.sender[1]
  if not tags.signs or not sender or not sets.has_address(configured.batv.from, of.sender) then return nil end
  if not truth.is_certain(questions.answer('trusted', of, of.recipients)) then return nil end
  for _, recipient in ipairs(of.recipients) do
    if is_elsewhere(recipient) then return tags.signed(sender) end
  end
  return nil
end

-- rspamd refuses the test message of spam filters by itself, and then runs no filter any more, nor the decision below.
-- With a result set before it reads the message, it leaves that to us: others give that message so many points.
local TEST_MESSAGE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'
local TEST_POINTS = 1000
local IS_TEST = 'nullsender_test'

local function prepare(task)
  session.take_down(task)
  local found = session_of(task)
  local wanted, visit = lookups.collector()
  rules.open(found, visit)
  lookups.ask(task, found, wanted)
  if task:get_content():find(TEST_MESSAGE, 1, true) then
    task:get_mempool():set_variable(IS_TEST, 'yes')
    verdict.take_over(task, configured.alone and 'no action' or 'reject')
  end
end

local function guarded(task, work)
  local good, err = pcall(work)
  if not good then verdict.fail(task, err) end
end

-- Where no rule decides, the actions of the owner do, and what they refuse is not counted either.
local function is_refused(task, decision)
  if decision.action then return decision.action == 'reject' or decision.action == 'defer' end
  if configured.alone or settings.link ~= 'milter' then return false end
  local owners = task:get_metric_action()
  return owners == 'reject' or owners == 'soft reject'
end

-- The rules are asked twice where they count: first as if nobody had reached a limit, to see what has to be counted and
-- whether the message goes on, then with what Redis said of it.
local function decide(task)
  local found = session_of(task)
  found.message = content.reader(task)
  found.score_of_filter = task:get_mempool():get_variable(IS_TEST) and TEST_POINTS or score_of(task)
  local forgeable = from_outside(found) and rules.tags or {}
  local function carry_out(said)
    if said.action ~= 'reject' and said.action ~= 'defer' then said.sender = signed(found) end
    verdict.carry_out(task, found, said, forgeable)
  end
  local steps, note = counters.notes(found)
  local first = rules.decide(found, note)
  if #steps == 0 then return carry_out(first) end
  counters.ask(task, steps, is_refused(task, first), function(counted, err)
    guarded(task, function()
      if err then verdict.warn(task, err) end
      carry_out(rules.decide(found, counted))
    end)
  end)
end

-- Whatever modules decided before, and whatever their settings switch off, these two run.
local ALWAYS = 'empty,ignore_passthrough,explicit_disable'

rspamd_config:register_symbol({
  name = 'NULLSENDER_SESSION',
  type = 'connfilter',
  priority = 1000,
  flags = ALWAYS,
  group = 'nullsender',
  callback = function(task)
    guarded(task, function() prepare(task) end)
  end,
})

rspamd_config:register_symbol({
  name = 'NULLSENDER',
  type = 'postfilter',
  priority = 1000,
  flags = ALWAYS,
  group = 'nullsender',
  callback = function(task)
    guarded(task, function() decide(task) end)
  end,
})

if questions.asked['dmarc is'] then lookups.watch_dmarc(rspamd_config) end

rspamd_config:set_metric_symbol({
  name = 'NULLSENDER_POINTS',
  score = 1.0,
  group = 'nullsender',
  description = 'points that the policy adds',
})
