-- The order in which rules decide. At each stage points and tags come first; of the others the first that fires decides.

local truth = dofile(rspamd_paths['LOCAL_CONFDIR'] .. '/nullsender/engine/truth.lua')

local STAGES = { 'rcpt', 'data', 'content' }
local ADDS = { score = true, tag = true }
local DECIDES = { reject = true, defer = true, discard = true, quarantine = true }

return function(configured, questions, counters)
  local rules = { tags = {} }
  local adding, deciding = {}, {}

  for _, stage in ipairs(STAGES) do adding[stage], deciding[stage] = {}, {} end
  for _, rule in ipairs(configured) do
    local list = ADDS[rule.action] and adding or DECIDES[rule.action] and deciding
      or error('nullsender: no such action: ' .. tostring(rule.action))
    local places = list[rule.stage] or error('nullsender: no such stage: ' .. tostring(rule.stage))
    rule.condition = { all = { rule.when } }
    for _, exception in ipairs(rule.unless) do
      rule.condition.all[#rule.condition.all + 1] = { ['not'] = exception }
    end
    questions.check(rule.condition)
    rule.counts = (rule.limit or rule.greylist) and true or false
    if rule.counts then counters.check(rule) end
    places[#places + 1] = rule
    if rule.action == 'tag' and not rule.report_only then rules.tags[#rules.tags + 1] = rule.header end
  end

  -- A rule of the rcpt stage speaks of one recipient; decided here, it fires when it would for every one.
  local function of_each(rule, session, answer)
    if rule.stage ~= 'rcpt' or #session.recipients < 2 then return { answer(session.recipients) } end
    local answers = {}
    for _, recipient in ipairs(session.recipients) do answers[#answers + 1] = answer({ recipient }) end
    return answers
  end

  local function answer(rule, session)
    return truth.all(of_each(rule, session, function(recipients)
      return questions.answer(rule.condition, session, recipients)
    end))
  end

  -- A machine of ours in front would have to bounce what is refused here though it belongs to RCPT. Rules of later
  -- stages have said so themselves, where they are about mail that comes in.
  local function becomes(rule, is_upstream)
    local refuses = rule.action == 'reject' or rule.action == 'discard'
    if is_upstream and refuses and rule.stage == 'rcpt' then return 'quarantine' end
    return rule.action
  end

  -- It cannot be told whether a limit is reached, or a first try was long ago: that is no reason to say so.
  local function unsure(rule)
    local id = rule.text:match('%[[^%[]*%]$') or ''
    return { id = rule.id, code = 451, enhanced = '4.3.0', text = 'cannot count now, try again later ' .. id }
  end

  local function comes_from_upstream(session)
    return truth.is_certain(questions.answer('upstream', session, session.recipients))
  end

  -- Call `visit` for each question whose answer may still matter.
  function rules.open(session, visit)
    local is_upstream = comes_from_upstream(session)
    for _, stage in ipairs(STAGES) do
      for _, list in ipairs({ adding[stage], deciding[stage] }) do
        for _, rule in ipairs(list) do
          local fires = answer(rule, session)
          if fires.yes and not truth.is_certain(fires) then
            of_each(rule, session, function(recipients)
              questions.open(rule.condition, session, recipients, visit)
              return truth.YES
            end)
          end
          local ends = list == deciding[stage] and not rule.report_only and not rule.counts
          if ends and truth.is_certain(fires) then
            if becomes(rule, is_upstream) ~= 'quarantine' then return end
            break
          end
        end
      end
    end
  end

  -- Return what the rules say: `action` and its `rule`, none to accept; the rules that tag; the points; the reports.
  -- `counted` tells whether a rule that counts fires: nil where that cannot be told, which defers for now.
  function rules.decide(session, counted)
    local verdict = { tags = {}, points = {}, reports = {} }
    local is_upstream = comes_from_upstream(session)
    session.score = session.score_of_filter

    local function fired(rule)
      if not truth.is_certain(answer(rule, session)) then return false end
      if rule.counts then
        local fires = counted(rule)
        if fires == nil and not rule.report_only then
          verdict.unsure = unsure(rule)
          return true
        end
        if not fires then return false end
      end
      if rule.report_only then verdict.reports[#verdict.reports + 1] = rule end
      return not rule.report_only
    end

    for _, stage in ipairs(STAGES) do
      for _, rule in ipairs(adding[stage]) do
        if fired(rule) then
          local list = rule.action == 'tag' and verdict.tags or verdict.points
          list[#list + 1] = rule
          if rule.action == 'score' then session.score = session.score + rule.points end
        end
      end
      for _, rule in ipairs(deciding[stage]) do
        if fired(rule) then
          local action = becomes(rule, is_upstream)
          -- what is kept for a person may still be refused, but is never dropped
          if action ~= 'quarantine' and not (action == 'discard' and verdict.action) then
            verdict.action, verdict.rule, verdict.tags = action, verdict.unsure or rule, {}
            return verdict
          end
          if not verdict.action then verdict.action, verdict.rule = action, rule end
          break
        end
      end
    end
    return verdict
  end

  return rules
end
