-- The questions that rules are made of, and how a tree of them is answered. A question about recipients speaks of those
-- it is given: one of them, or all, and is then true when it is true of every one.

local truth = dofile(rspamd_paths['LOCAL_CONFDIR'] .. '/nullsender/engine/truth.lua')

return function(settings, sets, lookups, content, tags)
  local ask = {}
  for name, answer in pairs(content.ask) do ask[name] = answer end

  -- rspamd names no recipient only where all of them are a bare `postmaster`: it is kept, and a member of nothing.
  local function of_every(recipients, of_none, question)
    if #recipients == 0 then return of_none end
    local answers = {}
    for _, recipient in ipairs(recipients) do answers[#answers + 1] = truth.of(question(recipient)) end
    return truth.all(answers)
  end

  ask['sender is null'] = function(session)
    return truth.of(session.has_sender and #session.sender == 0)
  end

  ask['sender is postmaster'] = function(session)
    if not session.has_sender then return truth.UNKNOWN end
    return truth.of(#session.sender > 0 and session.sender[1].user == 'postmaster')
  end

  ask['sender in'] = function(session, name)
    if not session.has_sender then return truth.UNKNOWN end
    if #session.sender == 0 then return truth.NO end
    return truth.of(sets.has_address(name, session.sender))
  end

  ask['recipient in'] = function(_, name, recipients)
    return of_every(recipients, truth.NO, function(recipient) return sets.has_address(name, recipient.forms) end)
  end

  ask['recipients over'] = function(session, count)
    return truth.of(math.max(#session.recipients, 1) > count) -- there is one, even where none is named
  end

  ask['client in'] = function(session, name)
    if not session.ip then return truth.UNKNOWN end
    return truth.of(sets.has_ip(name, session.ip))
  end

  ask['helo in'] = function(session, name)
    return truth.of(session.helo ~= '' and sets.has_domain(name, session.helo))
  end

  ask['authenticated'] = function(session)
    return truth.of(session.login)
  end

  ask['trusted'] = function(session)
    local answers = { truth.of(session.login) }
    for _, name in ipairs(settings.trusted) do answers[#answers + 1] = ask['client in'](session, name) end
    return truth.any(answers)
  end

  ask['upstream'] = function(session)
    if not settings.upstream then return truth.NO end
    return ask['client in'](session, settings.upstream)
  end

  -- A server that asks over spamd adds a domain of its own to a bare `postmaster`. Whom that could be mistaken for is
  -- elsewhere, and only clients write to him for whom nobody is kept.
  local function is_kept_form(form)
    if not form.domain then return form.user == 'postmaster' end
    if settings.kept.addresses[form.full] then return true end
    if not settings.kept.roles[form.user] then return false end
    local served = false
    for _, name in ipairs(settings.kept.served) do
      local found = sets.has_domain(name, form.domain)
      if found then return true end
      if found == nil then served = nil end
    end
    if served == false and settings.link == 'spamd' and form.user == 'postmaster' then return true end
    return served
  end

  ask['kept'] = function(_, _, recipients)
    return of_every(recipients, truth.YES, function(recipient)
      local kept = false
      for _, form in ipairs(recipient.forms) do
        local found = is_kept_form(form)
        if found then return true end
        if found == nil then kept = nil end
      end
      return kept
    end)
  end

  ask['batv is'] = function(_, state, recipients)
    return of_every(recipients, truth.NO, function(recipient)
      local found = tags.state(recipient)
      return found and found == state
    end)
  end

  ask['scoring'] = function(session, least)
    if not session.score then return truth.OPEN end
    return truth.of(session.score >= least)
  end

  ask['client listed'] = function(session, list)
    return lookups.listed(session, list)
  end

  ask['client has no name'] = function(session)
    return lookups.nameless(session)
  end

  ask['spf is'] = function(session, result)
    return lookups.spf(session, result)
  end

  ask['dmarc is'] = function(session, result)
    return lookups.dmarc(session, result)
  end

  local questions = { asked = {} }

  -- A tree is a question by its name, `{ question = argument }`, or `{ all|any = trees }`, `{ not = tree }`.
  local function split(tree)
    if type(tree) == 'string' then return tree, nil end
    return next(tree)
  end

  function questions.answer(tree, session, recipients)
    local name, argument = split(tree)
    if name == 'not' then return truth.negate(questions.answer(argument, session, recipients)) end
    if name ~= 'all' and name ~= 'any' then return ask[name](session, argument, recipients) end
    local answers = {}
    for _, part in ipairs(argument) do answers[#answers + 1] = questions.answer(part, session, recipients) end
    return truth[name](answers)
  end

  -- Call `visit(name, argument)` for each question that may still turn the tree's answer.
  function questions.open(tree, session, recipients, visit)
    if truth.is_settled(questions.answer(tree, session, recipients)) then return end
    local name, argument = split(tree)
    if name == 'not' then
      questions.open(argument, session, recipients, visit)
    elseif name == 'all' or name == 'any' then
      for _, part in ipairs(argument) do questions.open(part, session, recipients, visit) end
    else
      visit(name, argument)
    end
  end

  -- Raise an error for a tree that the engine does not know how to answer.
  function questions.check(tree)
    local name, argument = split(tree)
    if name == 'not' then return questions.check(argument) end
    if name == 'all' or name == 'any' then
      for _, part in ipairs(argument) do questions.check(part) end
    elseif not ask[name] then
      error('nullsender: no such question: ' .. tostring(name))
    elseif name:find(' in$') or name == 'forged bounces of' then
      sets.check(argument)
    end
    content.check(name, argument)
    questions.asked[name] = true
  end

  return questions
end
