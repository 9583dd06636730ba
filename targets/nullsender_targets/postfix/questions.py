"""Turn a condition into restrictions that lead to one outcome when it is true and to another when it is not.

Every question is an access table that answers for every key, so there is always a way on: `and` asks the next part
where the answer was yes, `or` where it was no. Nothing is asked twice, and what is led to is evaluated once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from nullsender import condition as c
from nullsender import features
from nullsender.plan import Site
from nullsender.policy import Rule
from nullsender_targets.postfix import ir, memory, quota, recipients, sets
from nullsender_targets.postfix.draft import Draft, Purpose

DUNNO = ir.Dunno()
_RANK: tuple[type[c.Atom], ...] = (
    *(c.Authenticated, c.Trusted, c.Kept, c.Upstream, c.SenderNull, c.SenderPostmaster, c.ClientIn),
    *(c.ClientNameless, c.SenderIn, c.RecipientIn, c.HeloIn, c.RecipientElsewhere, c.RecipientUnknown),
    c.RecipientFull,
)
_COMPOUND, _LISTS = _RANK.index(c.Upstream), len(_RANK)
_SUBJECTS: dict[type[c.Atom], ir.Subject] = {
    **dict.fromkeys((c.SenderNull, c.SenderPostmaster, c.SenderIn), ir.Subject.SENDER),
    **dict.fromkeys((c.ClientIn, c.ClientNameless, c.Trusted, c.Upstream), ir.Subject.CLIENT),
    c.HeloIn: ir.Subject.HELO,
    **dict.fromkeys((c.RecipientIn, c.Kept, c.RecipientElsewhere), ir.Subject.RECIPIENT),
    **dict.fromkeys((c.RecipientUnknown, c.RecipientFull), ir.Subject.RECIPIENT),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where rules are decided: the site, the subject that is always there to ask about, and what ends the list.

    `end`: at the end of the data, where recipients are asked about of whom something was written down.
    """

    site: Site
    always: ir.Subject
    leave: tuple[ir.Restriction, ...]
    draft: Draft
    name: str
    end: bool = False


@dataclass(frozen=True, slots=True)
class _Joined:
    """Questions about one subject that one table answers: rows of keys with their answer, and that of all others."""

    subject: ir.Subject
    rows: tuple[tuple[ir.Key, bool], ...]
    otherwise: bool


Part = c.Condition | _Joined


def ask(
    part: Part, then: ir.Outcome, otherwise: ir.Outcome, rule: Rule, purpose: Purpose, place: Place
) -> tuple[ir.Restriction, ...]:
    """Return what leads to `then` where the part is true, and to `otherwise` where it is not."""
    match part:
        case c.AllOf(()):
            return at_once(then, purpose, place)
        case c.AnyOf(()):
            return at_once(otherwise, purpose, place)
        case c.AllOf(parts) | c.AnyOf(parts):
            every = isinstance(part, c.AllOf)
            asked = _joined(sorted(parts, key=rank), every, place)
            return _in_each_other(asked, every, then, otherwise, rule, purpose, place)
        case _Joined(subject, rows, answer):
            outcomes = {True: then, False: otherwise}
            table = tuple(ir.Row(key, outcomes[yes]) for key, yes in rows)
            return (sets.table(subject, table, outcomes[answer], asking(part, purpose), place.draft),)
        case c.Not(atom):
            return ask(atom, otherwise, then, rule, purpose, place)
        case atom:
            return _ask_atom(atom, then, otherwise, rule, purpose, place)


def _in_each_other(
    parts: list[Part],
    every: bool,
    then: ir.Outcome,
    otherwise: ir.Outcome,
    rule: Rule,
    purpose: Purpose,
    place: Place,
) -> tuple[ir.Restriction, ...]:
    """Return questions each of which leads to the next: where the answer is yes for an `and`, no for an `or`."""
    first, *rest = parts
    if not rest:
        return ask(first, then, otherwise, rule, purpose, place)
    inner = _in_each_other(rest, every, then, otherwise, rule, purpose, place)
    inside = ir.Enter(place.draft.restriction_class(inner, asking(rest[0], purpose)))
    return ask(first, inside if every else then, otherwise if every else inside, rule, purpose, place)


def _ask_atom(
    atom: c.Atom, then: ir.Outcome, otherwise: ir.Outcome, rule: Rule, purpose: Purpose, place: Place
) -> tuple[ir.Restriction, ...]:
    draft, about = place.draft, asking(atom, purpose)
    match atom:
        case c.RecipientIn() | c.Kept() | c.RecipientsOver() if place.end:
            ways = memory.Ways(then, otherwise, memory.failed(rule))
            return (memory.of_all(atom, ways, lambda to: class_of(to, about, place), draft),)
        case c.RecipientUnknown() if otherwise == DUNNO:
            return recipients.unknown(place.site, then, purpose, draft)
        case c.RecipientFull():
            draft.asks_quota = True
            return (quota.asked(then, otherwise, lambda to: class_of(to, about, place)),)
        case c.RecipientElsewhere() if otherwise == DUNNO:
            return recipients.elsewhere(place.site, then, about, draft)
    members = members_of(atom, place.site, draft)
    if members is None:
        draft.error("NS509", f"Postfix cannot ask `{features.of_literal(c.Sign.IS, atom)}` here", rule.span)
        return ()
    return (sets.question(_SUBJECTS[type(atom)], members, (then, otherwise), about, draft),)


def class_of(outcome: ir.Outcome, about: Purpose, place: Place) -> str:
    """Return the class that leads to an outcome."""
    if isinstance(outcome, ir.Enter):
        return outcome.name
    return place.draft.restriction_class(at_once(outcome, about, place), about)


def at_once(outcome: ir.Outcome, purpose: Purpose, place: Place) -> tuple[ir.Restriction, ...]:
    """Return what leads to an outcome whatever the session."""
    match outcome:
        case ir.Dunno():
            return ()
        case ir.Enter(name):
            return (ir.Evaluate(name),)
        case _:
            return (sets.table(place.always, (), outcome, purpose, place.draft),)


def subjects(part: c.Condition, place: Place) -> frozenset[ir.Subject]:
    """Return whom the last tables of a part ask about: the classes of the reply they give."""
    asked = (type(atom) for _, atom in c.literals(part))
    return frozenset(_SUBJECTS.get(kind, place.always) for kind in asked) or frozenset({place.always})


def members_of(atom: c.Atom, site: Site, draft: Draft) -> sets.Members | None:
    """Return the keys for which the answer is yes."""
    match atom:
        case c.SenderNull():
            return sets.Members((ir.NullSender(),))
        case c.SenderPostmaster():
            return sets.Members((ir.Mailbox("postmaster@*", draft.delimiters),))
        case c.SenderIn(entries) | c.RecipientIn(entries):
            return sets.addresses(entries, draft)
        case c.ClientIn(entries):
            return sets.networks(entries, draft)
        case c.HeloIn(entries):
            return sets.hosts(entries, draft)
        case c.ClientNameless():
            return sets.Members((ir.Host("unknown"),))
        case c.Trusted():
            return sets.joined(sets.networks(one, draft) for one in site.trusted)
        case c.Upstream() if site.upstream:
            return sets.networks(site.upstream, draft)
        case c.Kept():
            return recipients.kept(site, draft)
        case _:
            return None


# --- several questions in one table -----------------------------------------------------------------------------------
_Question = tuple[bool, c.Condition, tuple[ir.Key, ...]]  # negated, what is asked, the keys for which it is true


def _joined(parts: Iterable[c.Condition], every: bool, place: Place) -> list[Part]:
    """Join questions about one subject as far as rows can: those of one sign, and one of the other."""
    groups: dict[object, list[_Question]] = {}
    for number, part in enumerate(parts):
        negated, atom = (True, part.part) if isinstance(part, c.Not) else (False, part)
        keys = _keys(atom, place)
        together = (_SUBJECTS[type(atom)], isinstance(atom, c.ClientNameless)) if keys is not None else number  # type: ignore[index]
        groups.setdefault(together, []).append((negated, atom, keys or ()))
    return [part for group in groups.values() for part in _tables(group, every)]


def _tables(group: list[_Question], every: bool) -> Iterator[Part]:
    """Yield the table of a group, and what does not fit into it.

    In an `and` the rows of negated questions say no, then those of one other question may say yes; in an `or` the other
    way round.
    """
    if len(group) == 1:
        negated, atom, _ = group[0]
        yield c.Not(atom) if negated else atom
        return
    single = [(atom, keys) for negated, atom, keys in group if negated is not every]
    decided = not every
    rows = tuple((key, decided) for negated, _, keys in group if negated is every for key in keys)
    first = tuple((key, not decided) for key in single[0][1]) if single else ()
    subject = _SUBJECTS[type(group[0][1])]  # type: ignore[index]  # only atoms have keys
    yield _Joined(subject, (*rows, *first), decided if single else not decided)
    for atom, _ in single[1:]:
        yield atom if every else c.Not(atom)


def _keys(atom: c.Condition, place: Place) -> tuple[ir.Key, ...] | None:
    """Return the keys of a question that a table can answer by itself, None for any other."""
    if place.end and isinstance(atom, memory.NOTED):
        return None
    if not isinstance(atom, c.AllOf | c.AnyOf | c.Not | c.ClientListed | c.RecipientUnknown | c.RecipientElsewhere):
        entries = getattr(atom, "entries", None)
        if entries is None or not (entries.files or entries.live):
            members = members_of(atom, place.site, place.draft)
            return members.keys if members and not members.maps else None
    return None


# --- order and names --------------------------------------------------------------------------------------------------
def rank(part: c.Condition) -> int:
    """Return the order of questions: exemptions that many rules share, then what is cheap, block lists last."""
    atoms = [type(atom) for _, atom in c.literals(part)]
    if c.ClientListed in atoms:
        return _LISTS
    if len(atoms) == 1 and atoms[0] in _RANK:
        return _RANK.index(atoms[0])
    return _LISTS - 1 if {c.RecipientUnknown, c.RecipientFull} & set(atoms) else _COMPOUND


def depth(part: c.Condition) -> int:
    """Return how many questions at most stand in each other."""
    match part:
        case c.AllOf(parts) | c.AnyOf(parts):
            return sum(map(depth, parts))
        case _:
            return 1


def asking(part: Part, purpose: Purpose) -> Purpose:
    """Return the purpose with a name that says what is asked."""
    if isinstance(part, _Joined):
        return replace(purpose, name=f"{purpose.name} {part.subject.name.lower()}")
    asked = [features.of_literal(sign, atom) for sign, atom in c.literals(part)]
    if len(asked) != 1 or purpose.name.endswith(asked[0]):
        return purpose
    return replace(purpose, name=f"{purpose.name} {asked[0]}")
