"""Turn greylisting, limits and `split mail` into questions to the service that remembers."""

from __future__ import annotations

from nullsender import condition as c
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
            return _noted(Ways(DUNNO, DUNNO, failed), purpose, place)
        case Does.SPLIT:
            return _split(Ways(_at_one_place(then, purpose, place), DUNNO, failed), purpose, place)


def _noted(ways: Ways, purpose: Purpose, place: Place) -> ir.Outcome:
    """Return what writes the recipient down, and each thing that will be asked at the end and is not true of him."""
    done: list[ir.Restriction] = [_question("note", "", ways, purpose, place)]
    for number, atom in enumerate(place.draft.noted, 1):
        members = members_of(atom, place.site, place.draft) or sets.Members(())
        outcomes = DUNNO, _asked("lacks", str(number), ways, purpose, place)
        done.append(sets.question(ir.Subject.RECIPIENT, members, outcomes, purpose, place.draft))
    return ir.Enter(place.draft.restriction_class(tuple(done), purpose))


def _split(ways: Ways, purpose: Purpose, place: Place) -> ir.Outcome:
    """Return what leads to a question for each combination of sets that the recipient is in, and is not in."""
    split, draft = place.site.split, place.draft
    if len(split) > MOST_SETS:
        text = f"Postfix tells recipients of {MOST_SETS} sets apart, not of {len(split)}"
        draft.error("NS509", text, split[MOST_SETS].span, "join sets whose recipients may share a message")
        return DUNNO

    def among(left: tuple[c.Entries, ...], key: str) -> ir.Outcome:
        if not left:
            return _asked("class", key, ways, purpose, place)
        first, *rest = left
        leads = among(tuple(rest), f"{key}y"), among(tuple(rest), f"{key}n")
        asked = sets.question(ir.Subject.RECIPIENT, sets.addresses(first, draft), leads, purpose, draft)
        return ir.Enter(draft.restriction_class((asked,), purpose))

    return among(split, "")


def _asked(question: str, value: str, ways: Ways, purpose: Purpose, place: Place) -> ir.Outcome:
    return ir.Enter(place.draft.restriction_class((_question(question, value, ways, purpose, place),), purpose))


def _question(question: str, value: str, ways: Ways, purpose: Purpose, place: Place) -> ir.AskPolicy:
    return memory.ask(question, value, ways, lambda to: class_of(to, purpose, place), place.draft)


def _at_one_place(outcome: ir.Outcome, purpose: Purpose, place: Place) -> ir.Outcome:
    """Return an outcome that several questions may lead to."""
    return outcome if isinstance(outcome, ir.Dunno) else ir.Enter(class_of(outcome, purpose, place))
