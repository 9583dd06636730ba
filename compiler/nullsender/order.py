"""Tell whether two rules can meet in one session, and whether it then matters which comes first."""

from __future__ import annotations

from itertools import product

from nullsender import condition as c
from nullsender import policy as p
from nullsender.features import full_condition

MOST_TERMS = 64  # above, two rules are taken to meet: that is the safe answer

_DECIDING = (p.Reject, p.Defer, p.Quarantine, p.Discard, p.Greylist)


def decides(rule: p.Rule) -> bool:
    """Tell whether the rule can end the evaluation of its stage; `score` and `tag` only add, and come first anyway."""
    return isinstance(rule.action, _DECIDING)


def can_meet(one: p.Rule, other: p.Rule) -> bool:
    """Tell whether some session may fulfil both rules; True where it cannot be told."""
    left, right = full_condition(one), full_condition(other)
    if max(c.count_disjuncts(left), c.count_disjuncts(right)) > MOST_TERMS:
        return True
    return any(not _contradict(a, b) for a, b in product(c.disjuncts(left), c.disjuncts(right)))


def same_outcome(one: p.Rule, other: p.Rule) -> bool:
    """Tell whether a session cannot show which of the two rules decided it."""
    return (one.id, one.action, one.reply, one.report_only) == (other.id, other.action, other.reply, other.report_only)


def sees_one_recipient(rule: p.Rule, rules: tuple[p.Rule, ...]) -> bool:
    """Tell whether no message with several recipients reaches the rule, because it or an earlier rule says so."""
    asked = set(_conjuncts(rule))
    if c.Not(c.RecipientsOver(1)) in asked:
        return True
    asked.add(c.RecipientsOver(1))
    earlier = rules[: next(i for i, other in enumerate(rules) if other is rule)]
    return any(
        decides(other)
        and not other.report_only
        and other.stage == rule.stage
        and (not other.on or (rule.on and set(rule.on) <= set(other.on)))
        and asked.issuperset(_conjuncts(other))
        for other in earlier
    )


def _conjuncts(rule: p.Rule) -> tuple[c.Condition, ...]:
    whole = c.both(*(c.negation_normal(part) for part in (rule.when, *map(c.Not, rule.unless))))
    return whole.parts if isinstance(whole, c.AllOf) else (whole,)


def _contradict(left: tuple[c.Literal, ...], right: tuple[c.Literal, ...]) -> bool:
    wanted = {atom for sign, atom in left + right if sign is c.Sign.IS}
    refused = {atom for sign, atom in left + right if sign is c.Sign.IS_NOT}
    if wanted & refused:
        return True
    if c.SenderNull() in wanted and any(isinstance(atom, c.SenderPostmaster | c.SenderIn) for atom in wanted):
        return True
    least = max((atom.count for atom in wanted if isinstance(atom, c.RecipientsOver)), default=0)
    return any(isinstance(atom, c.RecipientsOver) and atom.count <= least for atom in refused)
