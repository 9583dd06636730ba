"""Turn rules into restrictions in their order; neighbours that ask the same first share the question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nullsender import condition as c
from nullsender import features
from nullsender.excuses import words_of
from nullsender.policy import Defer, Discard, Greylist, Into, Quarantine, Reject, Rule
from nullsender_targets.postfix import ir, memory, remembering
from nullsender_targets.postfix.blocklists import asks_lists, listed
from nullsender_targets.postfix.detours import QUARANTINE
from nullsender_targets.postfix.draft import Purpose
from nullsender_targets.postfix.loopback import Port
from nullsender_targets.postfix.questions import DUNNO, Place, ask, asking, at_once, depth, rank, subjects

DEEPEST = 45  # questions in each other: smtpd gives up at 100 levels of lists, and a question takes two
_ADDRESS_DETAILS = {ir.Subject.RECIPIENT: "0123456", ir.Subject.SENDER: "078"}


@dataclass(frozen=True, slots=True)
class Job:
    """A rule and what is left of its condition at this place."""

    rule: Rule
    parts: tuple[c.Condition, ...]


def job(rule: Rule, condition: c.Condition) -> Job | None:
    """Return the job of a rule, None where it cannot fire."""
    if condition == c.AnyOf(()):
        return None
    parts = condition.parts if isinstance(condition, c.AllOf) else (condition,)
    return Job(rule, tuple(sorted(parts, key=rank)))


def block(jobs: Iterable[Job], place: Place, level: int = 0) -> tuple[ir.Restriction, ...]:
    """Return the restrictions of several rules in their order."""
    done: list[ir.Restriction] = []
    waiting = list(jobs)
    while waiting:
        alike = _alike(waiting)
        del waiting[: len(alike)]
        first = alike[0]
        if len(alike) == 1:
            done.extend(_rule(first, place, level))
            continue
        shared = first.parts[0]
        rest = [replace(one, parts=one.parts[1:]) for one in alike]
        purpose = _shared_purpose(alike, shared, place)
        inside = place.draft.restriction_class(block(rest, place, level + depth(shared)), purpose)
        done.extend(ask(shared, ir.Enter(inside), DUNNO, first.rule, purpose, place))
    return tuple(done)


def _alike(jobs: list[Job]) -> list[Job]:
    """Return the first job and those after it that begin with the same question."""
    first, alike = jobs[0], jobs[:1]
    if first.parts and not asks_lists(first.parts[0]):
        for other in jobs[1:]:
            if not other.parts or other.parts[0] != first.parts[0]:
                break
            alike.append(other)
    return alike


def _shared_purpose(alike: list[Job], part: c.Condition, place: Place) -> Purpose:
    ids = memory.ids_of(*(one.rule for one in alike))
    asked = [features.of_literal(sign, atom) for sign, atom in c.literals(part)]
    name = f"{place.name} {asked[0]}" if len(asked) == 1 else f"{place.name} {alike[0].rule.id}"
    return Purpose(ids, f"{', '.join(dict.fromkeys(asked))}, for several rules", name)


def _rule(one: Job, place: Place, level: int) -> tuple[ir.Restriction, ...]:
    """Return the restrictions of one rule."""
    rule, draft = one.rule, place.draft
    purpose = Purpose(memory.ids_of(rule), rule.words, rule.id)
    if level + sum(map(depth, one.parts)) > DEEPEST:
        draft.error("NS509", "Postfix does not follow so many conditions in each other", rule.span, "split the rule")
        return ()
    *before, last = one.parts or (c.AllOf(()),)
    if not asks_lists(last):
        return ask(c.AllOf(one.parts), _action(rule, one.parts, purpose, place), DUNNO, rule, purpose, place)
    if any(map(asks_lists, before)):
        return _nothing_after_a_list(rule, place)
    return _before_lists(tuple(before), last, rule, purpose, place)


# --- block lists come last --------------------------------------------------------------------------------------------
def _before_lists(
    before: tuple[c.Condition, ...], last: c.Condition, rule: Rule, purpose: Purpose, place: Place
) -> tuple[ir.Restriction, ...]:
    """Return restrictions that ask everything else first, and then what asks block lists."""
    inner = _lists(last, rule, purpose, place)
    if not before:
        return inner
    inside = place.draft.restriction_class(inner, asking(last, purpose))
    return ask(c.AllOf(before), ir.Enter(inside), DUNNO, rule, purpose, place)


def _lists(part: c.Condition, rule: Rule, purpose: Purpose, place: Place) -> tuple[ir.Restriction, ...]:
    match part:
        case c.ClientListed(zone):
            return _listed(zone, rule, place)
        case c.AnyOf(parts):
            with_lists = tuple(r for one in parts if asks_lists(one) for r in _lists(one, rule, purpose, place))
            rest = tuple(one for one in parts if not asks_lists(one))
            if not rest:
                return with_lists
            inside = ir.Enter(place.draft.restriction_class(with_lists, asking(part, purpose)))
            return ask(c.AnyOf(rest), _action(rule, rest, purpose, place), inside, rule, purpose, place)
        case c.AllOf(parts):
            *before, last = sorted(parts, key=rank)
            if not any(map(asks_lists, before)):
                return _before_lists(tuple(before), last, rule, purpose, place)
    return _nothing_after_a_list(rule, place)


def _listed(zone: c.Zone, rule: Rule, place: Place) -> tuple[ir.Restriction, ...]:
    if not isinstance(rule.action, Reject | Defer):
        place.draft.error("NS509", "Postfix can only refuse or log what a block list says", rule.span)
        return ()
    reply = _reply(rule)
    if not _fits(reply, ir.Subject.CLIENT):
        place.draft.error("NS531", f"Postfix does not answer {reply.enhanced} to what concerns a client", rule.span)
    return listed(zone, reply, rule, place.draft)


def _nothing_after_a_list(rule: Rule, place: Place) -> tuple[ir.Restriction, ...]:
    place.draft.error(
        "NS509",
        "Postfix cannot go on after a block list: a listing refuses, or nothing comes of it",
        rule.span,
        "ask for one list in each `and`, and for no list with `not`",
    )
    return ()


# --- what a rule does -------------------------------------------------------------------------------------------------
def _action(rule: Rule, parts: tuple[c.Condition, ...], purpose: Purpose, place: Place) -> ir.Outcome:
    """Return what a true condition leads to, as the result of the tables that ask its parts."""
    draft = place.draft
    text = words_of(rule)
    if (asked := _remembered(rule, purpose, place)) is not None:
        return asked
    if rule.report_only:
        return _note(rule)
    match rule.action:
        case Discard():
            return ir.Discard(text, rule.id)
        case Quarantine():
            return ir.Enter(draft.restriction_class(_quarantine(rule, purpose, place), purpose))
    reply = _reply(rule)
    if all(_fits(reply, subject) for subject in subjects(c.AllOf(parts), place)):
        return reply
    if _fits(reply, place.always):
        return ir.Enter(draft.restriction_class(at_once(reply, purpose, place), purpose))
    draft.error(
        "NS531", f"Postfix does not answer {reply.enhanced} at this moment", rule.span, "choose a 5.7 or 5.5 code"
    )
    return reply


def _remembered(rule: Rule, purpose: Purpose, place: Place) -> ir.Outcome | None:
    """Return what asks the service that remembers, None for a rule that asks nothing of it."""
    limit, first_try = rule.limit, isinstance(rule.action, Greylist)
    if not (limit or first_try or isinstance(rule, memory.Unwritten)):
        return None
    reply = _reply(rule)
    if not _fits(reply, place.always):
        text = f"Postfix does not answer {reply.enhanced} at this moment"
        place.draft.error("NS531", text, rule.span, "choose a 4.7 code")
    if isinstance(rule, memory.Unwritten):
        return remembering.unwritten(rule, reply, purpose, place)
    then = _note(rule) if rule.report_only else reply
    if limit:
        return remembering.over(limit, then, rule, purpose, place)
    assert isinstance(rule.action, Greylist)  # noqa: S101
    return remembering.first_try(rule.action.seconds, then, rule, purpose, place)


def _note(rule: Rule) -> ir.Note:
    what = type(rule.action).__name__.lower()
    reply = f"{rule.reply.code} {rule.reply.enhanced}"
    return ir.Note(f"report only: {what} {reply} {words_of(rule)}", rule.id)


def _quarantine(rule: Rule, purpose: Purpose, place: Place) -> tuple[ir.Restriction, ...]:
    text = words_of(rule)
    into = place.site.quarantine
    if into.into is Into.HOLD:
        return (*at_once(ir.Hold(text, rule.id), purpose, place), *place.leave)
    noted = at_once(ir.Note(f"quarantine: {text}", rule.id), purpose, place)
    aside: list[ir.Outcome] = [ir.Prepend("X-Spam: Yes")] if into.into is Into.JUNK else []
    if place.site.silences:
        aside.append(ir.Detour(QUARANTINE, Port.QUARANTINE))
    elif into.address:
        aside.append(ir.Redirect(into.address))
    return (*noted, *(one for outcome in aside for one in at_once(outcome, purpose, place)), *place.leave)


def _reply(rule: Rule) -> ir.Refuse:
    return ir.Refuse(rule.reply.code, rule.reply.enhanced, words_of(rule), rule.id)


def _fits(reply: ir.Refuse, subject: ir.Subject) -> bool:
    """Tell whether Postfix leaves the enhanced code alone: it changes x.1.y to what suits the subject."""
    _, kind, detail = reply.enhanced.split(".")
    return kind != "1" or detail in _ADDRESS_DETAILS.get(subject, "")
