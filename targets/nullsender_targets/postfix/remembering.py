"""Turn greylisting, limits and `split mail` into questions to the service that remembers."""

from __future__ import annotations

from collections.abc import Callable

from nullsender import policy as p
from nullsender_targets.postfix import ir, memory, sets
from nullsender_targets.postfix.draft import Purpose
from nullsender_targets.postfix.memory import Does, Unwritten, Ways
from nullsender_targets.postfix.questions import DUNNO, Place, class_of, members_of

MOST_SETS = 6  # each doubles the classes of recipients


def first_try(seconds: int, then: ir.Outcome, rule: p.Rule, purpose: Purpose, place: Place) -> ir.Outcome:
    """Return what leads to `then` until so long after the first try of this client, sender and recipient."""
    return _asked("first", str(seconds), Ways(then, DUNNO, memory.failed(rule)), purpose, place)


def over(limit: p.Limit, then: ir.Outcome, rule: p.Rule, purpose: Purpose, place: Place) -> ir.Outcome:
    """Return what leads to `then` where somebody for whom the limit counts has had as many as he may."""
    if limit.per == "login":
        return DUNNO  # nobody logs in to a whole server
    strict = 0 if rule.report_only else 1
    value = f"{rule.id.encode().hex()}.{limit.count}.{limit.seconds}.{limit.per}.{strict}"
    return _asked("over", value, Ways(then, DUNNO, memory.failed(rule)), purpose, place)


def unwritten(rule: Unwritten, then: ir.Outcome, purpose: Purpose, place: Place) -> ir.Outcome:
    """Return what a rule that nobody wrote leads to."""
    failed = _at_one_place(memory.failed(rule), purpose, place)
    match rule.does:
        case Does.COUNT:
            return _asked("count", "", Ways(then, DUNNO, failed), purpose, place)
        case Does.NOTE:
            ways = Ways(DUNNO, DUNNO, failed)
            known = (members_of(atom, place.site, place.draft) for atom in place.draft.noted)
            members = tuple(one or sets.Members(()) for one in known)
            return _by_membership(members, lambda key: _asked("note", key, ways, purpose, place), purpose, place)
        case Does.SPLIT:
            ways = Ways(_at_one_place(then, purpose, place), DUNNO, failed)
            members = tuple(sets.addresses(entries, place.draft) for entries in place.site.split)
            return _by_membership(members, lambda key: _asked("class", key, ways, purpose, place), purpose, place)


def _by_membership(
    several: tuple[sets.Members, ...], leaf: Callable[[str], ir.Outcome], purpose: Purpose, place: Place
) -> ir.Outcome:
    """Return what leads to one leaf for each combination of sets that the recipient is in, and is not in."""
    if len(several) > MOST_SETS:
        text = f"Postfix tells recipients of {MOST_SETS} sets apart, not of {len(several)}"
        span = place.site.split[0].span if place.site.split else None
        place.draft.error("NS509", text, span, "join sets of recipients")
        return DUNNO

    def among(left: tuple[sets.Members, ...], key: str) -> ir.Outcome:
        if not left:
            return leaf(key)
        first, *rest = left
        leads = among(tuple(rest), f"{key}y"), among(tuple(rest), f"{key}n")
        asked = sets.question(ir.Subject.RECIPIENT, first, leads, purpose, place.draft)
        return ir.Enter(place.draft.restriction_class((asked,), purpose))

    return among(several, "")


def _asked(question: str, value: str, ways: Ways, purpose: Purpose, place: Place) -> ir.Outcome:
    asked = memory.ask(question, value, ways, lambda to: class_of(to, purpose, place), place.draft)
    return ir.Enter(place.draft.restriction_class((asked,), purpose))


def _at_one_place(outcome: ir.Outcome, purpose: Purpose, place: Place) -> ir.Outcome:
    """Return an outcome that several questions may lead to."""
    return outcome if isinstance(outcome, ir.Dunno) else ir.Enter(class_of(outcome, purpose, place))
