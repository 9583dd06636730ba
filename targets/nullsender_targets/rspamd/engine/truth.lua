-- Answers to questions about a session. An answer is the set of truths that it may still have: one of them once all is
-- known, more while a lookup or the score is still to come. `unknown` is a truth of its own: the lookup failed.

local truth = {
  YES = { yes = true },
  NO = { no = true },
  UNKNOWN = { unknown = true },
  OPEN = { yes = true, no = true, unknown = true },
}

function truth.of(value)
  if value == nil then return truth.UNKNOWN end
  return value and truth.YES or truth.NO
end

function truth.negate(answer)
  return { yes = answer.no, no = answer.yes, unknown = answer.unknown }
end

-- True when every part is, false when one is false, else unknown.
function truth.all(answers)
  local some_no, some_unknown, all_yes, none_false = false, false, true, true
  for _, answer in ipairs(answers) do
    some_no = some_no or answer.no or false
    some_unknown = some_unknown or answer.unknown or false
    all_yes = all_yes and answer.yes or false
    none_false = none_false and (answer.yes or answer.unknown) or false
  end
  return { yes = all_yes, no = some_no, unknown = some_unknown and none_false }
end

-- True when one part is, false when every part is, else unknown.
function truth.any(answers)
  local negated = {}
  for _, answer in ipairs(answers) do negated[#negated + 1] = truth.negate(answer) end
  return truth.negate(truth.all(negated))
end

function truth.is_certain(answer)
  return answer.yes and not answer.no and not answer.unknown or false
end

function truth.is_settled(answer)
  local left = 0
  for _, word in ipairs({ 'yes', 'no', 'unknown' }) do
    if answer[word] then left = left + 1 end
  end
  return left == 1
end

return truth
