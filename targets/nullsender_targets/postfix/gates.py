"""Turn conditions into restrictions: each question is an access table that leads on when its answer is the right one.

`and` nests: the table of the first part leads to a restriction class that asks the rest. `or` puts one after the other;
what they lead to is one class, so nothing grows. Whoever is not led anywhere goes on with the next restriction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nullsender import condition as c
from nullsender import features
from nullsender.plan import Site
from nullsender.policy import Defer, Discard, Into, Quarantine, Reject, Rule
from nullsender_targets.postfix import ir, recipients, sets
from nullsender_targets.postfix.draft import Draft, Purpose
from nullsender_targets.postfix.words import words_of

DEEPEST = 40  # gates in gates: smtpd gives up at 100 levels of lists, and a gate takes two
_RANK: tuple[type[c.Atom], ...] = (
    *(c.Authenticated, c.Trusted, c.Kept, c.Upstream, c.SenderNull, c.SenderPostmaster, c.ClientIn, c.HeloIn),
    *(c.ClientNameless, c.SenderIn, c.RecipientIn, c.RecipientElsewhere, c.RecipientUnknown, c.ClientListed),
)


@dataclass(frozen=True, slots=True)
class Job:
    """A rule and what is left of its condition at this place."""

    rule: Rule
    parts: tuple[c.Condition, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where jobs are done: the site, the subject that is always there to ask about, and what ends the list."""

    site: Site
    always: ir.Subject
    leave: tuple[ir.Restriction, ...]
    draft: Draft
    name: str


def job(rule: Rule, condition: c.Condition) -> Job | None:
    """Return the job of a rule, None where it cannot fire."""
    if condition == c.AnyOf(()):
        return None
    parts = condition.parts if isinstance(condition, c.AllOf) else (condition,)
    return Job(rule, tuple(sorted(parts, key=_rank)))


def block(jobs: Iterable[Job], place: Place, depth: int = 0) -> tuple[ir.Restriction, ...]:
    """Return the restrictions of several rules in their order; neighbours that ask the same first share the gate."""
    done: list[ir.Restriction] = []
    waiting = list(jobs)
    while waiting:
        first = waiting[0]
        alike = [first]
        for other in waiting[1:] if first.parts and not _asks_lists(first.parts[0]) else ():
            if not other.parts or other.parts[0] != first.parts[0]:
                break
            alike.append(other)
        del waiting[: len(alike)]
        if len(alike) == 1:
            done.extend(_rule(first, place, depth))
            continue
        shared = first.parts[0]
        rest = [replace(one, parts=one.parts[1:]) for one in alike]
        purpose = _shared_purpose(alike, shared, place)
        inside = place.draft.restriction_class(block(rest, place, depth + 1), purpose)
        done.extend(_gate(shared, ir.Enter(inside), first.rule, purpose, place))
    return tuple(done)


def _rule(one: Job, place: Place, depth: int) -> tuple[ir.Restriction, ...]:
    """Return the restrictions of one rule: from its action outwards to its first question."""
    rule, draft = one.rule, place.draft
    purpose = Purpose((rule.id,), rule.words, rule.id)
    if depth + sum(map(_depth, one.parts)) > DEEPEST:
        draft.error("Postfix does not follow so many conditions in each other", rule.span, "split the rule")
        return ()
    *outer, last = one.parts or (c.AllOf(()),)
    return _nested(outer, last, _last(last, rule, purpose, place), rule, purpose, place)


def _nested(
    outer: list[c.Condition],
    last: c.Condition,
    inner: tuple[ir.Restriction, ...],
    rule: Rule,
    purpose: Purpose,
    place: Place,
) -> tuple[ir.Restriction, ...]:
    """Return questions in each other; `inner` asks the last one, and each class is named after what it asks."""
    for part in reversed(outer):
        inside = place.draft.restriction_class(inner, _asking(last, purpose))
        inner, last = _gate(part, ir.Enter(inside), rule, purpose, place), part
    return inner


def _last(part: c.Condition, rule: Rule, purpose: Purpose, place: Place) -> tuple[ir.Restriction, ...]:
    if any(isinstance(atom, c.ClientListed) for _, atom in c.literals(part)):
        return _with_lists(part, rule, purpose, place)
    outcome = _action(rule, _subjects(part, place), purpose, place)
    return _gate(part, outcome, rule, purpose, place)


def _with_lists(part: c.Condition, rule: Rule, purpose: Purpose, place: Place) -> tuple[ir.Restriction, ...]:
    """Return the restrictions of a part that asks block lists: those can only decide, so they come last everywhere."""
    match part:
        case c.ClientListed(zone):
            return _listed(zone, rule, place)
        case c.AnyOf(parts):
            return tuple(r for one in parts for r in _last(one, rule, purpose, place))
        case c.AllOf(parts):
            *outer, last = sorted(parts, key=_rank)
            if not any(_asks_lists(one) for one in outer):
                return _nested(outer, last, _last(last, rule, purpose, place), rule, purpose, place)
    place.draft.error(
        "Postfix cannot go on after a block list: a listing refuses, or nothing comes of it",
        rule.span,
        "ask for one list in each `and`, and for no list with `not`",
    )
    return ()


def _listed(zone: c.Zone, rule: Rule, place: Place) -> tuple[ir.Restriction, ...]:
    """Return reject_rbl_client for each filter of a zone, its reply in rbl_reply_maps.

    The key there is zone and filter as they stand: so that two rules on one zone differ, the second repeats an octet.
    """
    draft = place.draft
    if not isinstance(rule.action, Reject | Defer):
        draft.error("Postfix can only refuse or log what a block list says", rule.span)
        return ()
    reply = _reply(rule)
    if not _fits(reply, ir.Subject.CLIENT):
        draft.error(f"Postfix does not answer {reply.enhanced} to what concerns a client", rule.span)
    restrictions = []
    for filter_ in _filters(zone, {(row.zone, row.filter) for row in draft.replies}):
        draft.replies.append(ir.BlockListReply(zone.domain, filter_, reply, rule.reply.text is None))
        restrictions.append(ir.Listed(zone.domain, filter_, rule.report_only))
    return tuple(restrictions)


def _filters(zone: c.Zone, taken: set[tuple[str, str]]) -> list[str]:
    octets: dict[str, list[str]] = {}
    for answer in zone.answers:
        network, _, host = answer.rpartition(".")
        octets.setdefault(network, []).append(host)
    filters = []
    for network, hosts in octets.items():
        while (zone.domain, spelled := _spelled(network, hosts)) in taken:
            hosts = [*hosts, hosts[0]]
        filters.append(spelled)
    return filters


def _spelled(network: str, hosts: list[str]) -> str:
    return f"{network}.{hosts[0]}" if len(hosts) == 1 else f"{network}.[{';'.join(hosts)}]"


# --- one question -----------------------------------------------------------------------------------------------------
def _gate(
    part: c.Condition, then: ir.Outcome, rule: Rule, purpose: Purpose, place: Place
) -> tuple[ir.Restriction, ...]:
    """Return what leads to `then` when `part` is true."""
    draft = place.draft
    table = _asking(part, purpose)
    match part:
        case c.AllOf(()):
            return _at_once(then, purpose, place)
        case c.AllOf(parts):
            *outer, last = sorted(parts, key=_rank)
            return _nested(outer, last, _gate(last, then, rule, purpose, place), rule, purpose, place)
        case c.AnyOf(parts):
            return tuple(r for one in parts for r in _gate(one, then, rule, purpose, place))
        case c.Not(atom):
            outcomes: tuple[ir.Outcome, ir.Outcome] = (ir.Dunno(), then)
        case atom:
            outcomes = (then, ir.Dunno())
    match atom:
        case c.RecipientUnknown():
            return recipients.unknown(place.site, then, purpose, draft)
        case c.RecipientElsewhere():
            return recipients.elsewhere(place.site, then, table, draft)
    assert not isinstance(atom, c.AllOf | c.AnyOf | c.Not)  # noqa: S101  # normal form
    found = _members(atom, place.site, draft)
    if found is None:
        draft.error(f"Postfix cannot ask `{features.of_literal(c.Sign.IS, atom)}` here", rule.span)
        return ()
    subject, members = found
    return (sets.question(subject, members, outcomes, table, draft),)


def _members(atom: c.Condition, site: Site, draft: Draft) -> tuple[ir.Subject, sets.Members] | None:
    """Return what is asked about, and the keys for which the answer is yes."""
    match atom:
        case c.SenderNull():
            return ir.Subject.SENDER, sets.Members((ir.NullSender(),))
        case c.SenderPostmaster():
            return ir.Subject.SENDER, sets.Members((ir.Mailbox("postmaster@*", draft.delimiters),))
        case c.SenderIn(entries):
            return ir.Subject.SENDER, sets.addresses(entries, draft)
        case c.RecipientIn(entries):
            return ir.Subject.RECIPIENT, sets.addresses(entries, draft)
        case c.ClientIn(entries):
            return ir.Subject.CLIENT, sets.networks(entries, draft)
        case c.HeloIn(entries):
            return ir.Subject.HELO, sets.hosts(entries, draft)
        case c.ClientNameless():
            return ir.Subject.CLIENT, sets.Members((ir.Host("unknown"),))
        case c.Trusted():
            return ir.Subject.CLIENT, _joined([sets.networks(one, draft) for one in site.trusted])
        case c.Upstream() if site.upstream:
            return ir.Subject.CLIENT, sets.networks(site.upstream, draft)
        case c.Kept():
            return ir.Subject.RECIPIENT, recipients.kept(site, draft)
        case _:
            return None


def _joined(several: list[sets.Members]) -> sets.Members:
    return sets.Members(
        tuple(key for one in several for key in one.keys), tuple(map_ for one in several for map_ in one.maps)
    )


def _subjects(part: c.Condition, place: Place) -> frozenset[ir.Subject]:
    """Return whom the last tables of a part ask about: the classes of the reply they give."""
    return frozenset(_SUBJECTS[type(atom)] for _, atom in c.literals(part)) or frozenset({place.always})


_SUBJECTS: dict[type[c.Atom], ir.Subject] = {
    **dict.fromkeys((c.SenderNull, c.SenderPostmaster, c.SenderIn), ir.Subject.SENDER),
    **dict.fromkeys((c.ClientIn, c.ClientNameless, c.Trusted, c.Upstream), ir.Subject.CLIENT),
    c.HeloIn: ir.Subject.HELO,
    **dict.fromkeys((c.RecipientIn, c.Kept, c.RecipientElsewhere, c.RecipientUnknown), ir.Subject.RECIPIENT),
}


# --- what a rule does -------------------------------------------------------------------------------------------------
def _action(rule: Rule, subjects: frozenset[ir.Subject], purpose: Purpose, place: Place) -> ir.Outcome:
    """Return what a true condition leads to, as the result of tables that ask about `subjects`."""
    draft = place.draft
    text = words_of(rule)
    if rule.report_only:
        what = type(rule.action).__name__.lower()
        return ir.Note(f"report only: {what} {rule.reply.code} {rule.reply.enhanced} {text}", rule.id)
    match rule.action:
        case Discard():
            return ir.Discard(text, rule.id)
        case Quarantine():
            return ir.Enter(draft.restriction_class(_quarantine(rule, purpose, place), purpose))
    reply = _reply(rule)
    if all(_fits(reply, subject) for subject in subjects):
        return reply
    if _fits(reply, place.always):
        return ir.Enter(draft.restriction_class(_at_once(reply, purpose, place), purpose))
    draft.error(f"Postfix does not answer {reply.enhanced} at this moment", rule.span, "choose a 5.7 or 5.5 code")
    return reply


def _quarantine(rule: Rule, purpose: Purpose, place: Place) -> tuple[ir.Restriction, ...]:
    text = words_of(rule)
    into = place.site.quarantine
    if into.into is Into.HOLD:
        return (*_at_once(ir.Hold(text, rule.id), purpose, place), *place.leave)
    marked: ir.Outcome = ir.Prepend("X-Spam: Yes") if into.into is Into.JUNK else ir.Redirect(into.address or "")
    noted = _at_once(ir.Note(f"quarantine: {text}", rule.id), purpose, place)
    return (*noted, *_at_once(marked, purpose, place), *place.leave)


def _reply(rule: Rule) -> ir.Refuse:
    return ir.Refuse(rule.reply.code, rule.reply.enhanced, words_of(rule), rule.id)


def _fits(reply: ir.Refuse, subject: ir.Subject) -> bool:
    """Tell whether Postfix leaves the enhanced code alone: it changes x.1.y to what suits the subject."""
    _, kind, detail = reply.enhanced.split(".")
    return kind != "1" or detail in _ADDRESS_DETAILS.get(subject, "")


_ADDRESS_DETAILS = {ir.Subject.RECIPIENT: "0123456", ir.Subject.SENDER: "078"}


def _at_once(outcome: ir.Outcome, purpose: Purpose, place: Place) -> tuple[ir.Restriction, ...]:
    if isinstance(outcome, ir.Enter):
        return (ir.Evaluate(outcome.name),)
    rows = (ir.Row(ir.Anything(), outcome),)
    return (ir.Check(place.always, place.draft.table(rows, purpose)),)


# --- order and names --------------------------------------------------------------------------------------------------
def _rank(part: c.Condition) -> int:
    """Return the order of questions: exemptions that many rules share, then what is cheap, block lists last."""
    return max((_RANK.index(type(atom)) for _, atom in c.literals(part) if type(atom) in _RANK), default=0)


def _asks_lists(part: c.Condition) -> bool:
    return any(isinstance(atom, c.ClientListed) for _, atom in c.literals(part))


def _depth(part: c.Condition) -> int:
    match part:
        case c.AllOf(parts):
            return sum(map(_depth, parts))
        case c.AnyOf(parts):
            return max(map(_depth, parts), default=0)
        case _:
            return 1


def _asking(part: c.Condition, purpose: Purpose) -> Purpose:
    """Return the purpose with a name that says what is asked."""
    asked = [features.of_literal(sign, atom) for sign, atom in c.literals(part)]
    if len(asked) != 1 or purpose.name.endswith(asked[0]):
        return purpose
    return replace(purpose, name=f"{purpose.name} {asked[0]}")


def _shared_purpose(alike: list[Job], part: c.Condition, place: Place) -> Purpose:
    ids = tuple(one.rule.id for one in alike)
    asked = [features.of_literal(sign, atom) for sign, atom in c.literals(part)]
    name = f"{place.name} {asked[0]}" if len(asked) == 1 else f"{place.name} {ids[0]}"
    return Purpose(ids, f"{' or '.join(dict.fromkeys(asked))}, for several rules", name)
