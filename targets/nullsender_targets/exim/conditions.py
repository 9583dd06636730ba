"""Turn a rule's condition into conditions of an ACL statement; where it says `or`, into an ACL of its own.

An ACL statement is an `and` and an ACL of `accept` statements is an `or`, so a condition in negation normal form maps
onto them as it stands, whatever its size. Each literal asks for what is surely so: an atom that is true, or one that
is false. What cannot be told is neither, which is how a three-valued condition comes out true only when it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nullsender import condition as c
from nullsender.diagnostic import Diagnostic
from nullsender.names import Entries, Kind
from nullsender.plan import Site
from nullsender.policy import Stage
from nullsender_targets.exim import ir
from nullsender_targets.exim.forging import is_forged
from nullsender_targets.exim.sets import Sets, all_of, any_of

NAME_LOOKUP, SPF_LOOKUP = "look_up_the_client", "look_up_spf"
DEEPEST = 15  # nested ACLs; Exim stops at 20


class TooDeepError(Exception):
    """The condition nests deeper than ACLs may."""


@dataclass(slots=True)
class Conditions:
    """What the conditions of one deployment turned into so far."""

    site: Site
    sets: Sets
    blocks: list[ir.AclBlock] = field(default_factory=list)
    outside: dict[Entries, ir.Flag] = field(default_factory=dict)  # some accepted recipient is surely not a member
    unsure: dict[Entries, ir.Flag] = field(default_factory=dict)  # of some accepted recipient it cannot be told
    used: set[ir.Variable] = field(default_factory=set)
    directories: list[ir.Search] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)  # what Exim cannot say

    def tests(self, condition: c.Condition, stage: Stage) -> tuple[ir.Test, ...]:
        """Return the conditions of a statement that holds when `condition` is surely true; DNS is asked last."""
        return self._all(c.negation_normal(condition), stage, 0)

    def alternatives(self, condition: c.Condition, stage: Stage) -> tuple[tuple[ir.Test, ...], ...]:
        """Return the conditions of several statements, one for each part of an outermost `or`."""
        normal = c.negation_normal(condition)
        if isinstance(normal, c.AnyOf):
            return tuple(self._all(part, stage, 0) for part in _dns_last(normal.parts))
        return (self._all(normal, stage, 0),)

    def neither(self, *atoms: c.Atom) -> ir.Test:
        """Return a condition that holds unless one of the atoms is surely true; none of them asks the DNS."""
        asked = (_as_expression(self.tests(atom, Stage.CONTENT)) for atom in atoms)
        return ir.When(ir.Without(any_of(expression for expression in asked if expression is not None)))

    def _all(self, normal: c.Condition, stage: Stage, depth: int) -> tuple[ir.Test, ...]:
        parts = _dns_last(normal.parts) if isinstance(normal, c.AllOf) else (normal,)
        return tuple(test for part in parts for test in self._one(part, stage, depth))

    def _one(self, normal: c.Condition, stage: Stage, depth: int) -> tuple[ir.Test, ...]:
        match normal:
            case c.AllOf():
                return self._all(normal, stage, depth)
            case c.AnyOf(parts):
                return (self._any(parts, stage, depth + 1),)
            case c.Not(atom):
                return _LITERALS[type(atom)](self, atom, stage, False)
            case _:
                return _LITERALS[type(normal)](self, normal, stage, True)

    def _any(self, parts: tuple[c.Condition, ...], stage: Stage, depth: int) -> ir.Test:
        if depth > DEEPEST:
            raise TooDeepError
        groups = [self._all(part, stage, depth) for part in _dns_last(parts)]
        expressions = [_as_expression(tests) for tests in groups]
        if all(expression is not None for expression in expressions):
            return ir.When(any_of(expression for expression in expressions if expression is not None))
        name = f"any_{1 + sum(block.name.startswith('any_') for block in self.blocks)}"
        self.blocks.append(ir.AclBlock(name, tuple(ir.Statement(ir.Verb.ACCEPT, tests) for tests in groups)))
        return ir.Acl(name)

    # --- sets ---------------------------------------------------------------------------------------------------------
    def recipients(self, kind: Kind) -> tuple[ir.Subject, ...]:
        """Return the variables of the recipient that are compared with members of this kind."""
        if kind is not Kind.ADDRESSES:
            return (ir.Var.DOMAIN,)
        return (ir.Var.RCPT, ir.Var.RCPT_BASE) if self.site.delimiters else (ir.Var.RCPT,)

    def senders(self, kind: Kind = Kind.ADDRESSES) -> tuple[ir.Subject, ...]:
        if kind is not Kind.ADDRESSES:
            return (ir.Fact.SENDER_DOMAIN,)
        self.used.add(ir.Var.SENDER)
        return (ir.Var.SENDER, ir.Var.SENDER_BASE) if self.site.delimiters else (ir.Var.SENDER,)

    def in_set(self, entries: Entries, subjects: tuple[ir.Subject, ...], *, wanted: bool) -> ir.Expr:
        return self.sets.member(entries, subjects) if wanted else self.sets.stranger(entries, subjects)

    def stranger(self, entries: Entries) -> ir.Expr:
        """Return what is true when the recipient is surely no member; a bare postmaster is in no set."""
        stranger = self.sets.stranger(entries, self.recipients(entries.kind))
        return any_of((ir.Known.BARE_POSTMASTER, stranger)) if entries.live else stranger

    def client(self, entries: Entries, *, wanted: bool) -> ir.Test:
        written = self.sets.written_out(entries)
        if written is not None:
            return ir.Hosts(written, negated=not wanted)
        member = self.in_set(entries, (ir.Fact.CLIENT,), wanted=wanted)
        there = ir.Defined(ir.Fact.CLIENT)
        return ir.When(all_of((there, member)) if wanted else any_of((ir.Without(there), member)))

    def every_recipient(self, entries: Entries, *, wanted: bool) -> ir.Test:
        """Ask, of a whole message, whether every accepted recipient is a member."""
        outside = self.outside.setdefault(entries, ir.Flag(f"outside_{len(self.outside) + 1}"))
        if not wanted:
            return ir.When(ir.Defined(outside))
        reasons: list[ir.Expr] = [ir.Defined(outside)]
        if entries.live:
            reasons.append(ir.Defined(self.unsure.setdefault(entries, ir.Flag(f"unsure_{len(self.unsure) + 1}"))))
        return ir.When(ir.Without(any_of(reasons)))


# --- one line for each kind of condition ------------------------------------------------------------------------------
Tests = tuple[ir.Test, ...]


def _recipient_in(to: Conditions, atom: c.RecipientIn, stage: Stage, wanted: bool) -> Tests:
    if stage > Stage.RCPT:
        return (to.every_recipient(atom.entries, wanted=wanted),)
    if not wanted:
        return (ir.When(to.stranger(atom.entries)),)
    return (ir.When(to.sets.member(atom.entries, to.recipients(atom.entries.kind))),)


def _kept(to: Conditions, _: c.Kept, stage: Stage, wanted: bool) -> Tests:
    to.used.add(ir.Var.KEPT)
    if stage > Stage.RCPT:
        to.used.add(UNKEPT)
        return _when(ir.Defined(UNKEPT), not wanted)
    return _when(ir.Yes(ir.Var.KEPT), wanted)


def _trusted(to: Conditions, _: c.Trusted, __: Stage, wanted: bool) -> Tests:
    if any(entries.live for entries in to.site.trusted):
        return (ir.When(ir.Is(ir.Var.TRUSTED, "yes" if wanted else "no")),)
    return _when(ir.Yes(ir.Var.TRUSTED), wanted)


def _tag_is(to: Conditions, atom: c.BatvIs, stage: Stage, wanted: bool) -> Tests:
    """Ask for the state of the recipient's tag; of a message, whether it is that of every accepted recipient's."""
    to.used.add(ir.Var.BATV)
    unknown, is_so = ir.Is(ir.Var.BATV, "unknown"), ir.Is(ir.Var.BATV, atom.state)
    if stage is Stage.RCPT:
        return (ir.When(is_so if wanted else ir.Without(any_of((is_so, unknown)))),)
    other = other_tag(atom.state)
    to.used.add(other)
    if not wanted:
        return (ir.When(ir.Defined(other)),)
    to.used.add(UNKNOWN_TAG)
    return (ir.When(ir.Without(any_of((ir.Defined(other), ir.Defined(UNKNOWN_TAG))))),)


def other_tag(state: str) -> ir.Flag:
    """Return the flag that says of some accepted recipient that its tag is surely in another state."""
    return ir.Flag(f"batv_not_{state}")


def _upstream(to: Conditions, _: c.Upstream, __: Stage, wanted: bool) -> Tests:
    if to.site.upstream is None:
        return _when(ir.Any(()), wanted)
    return (to.client(to.site.upstream, wanted=wanted),)


def _nameless(to: Conditions, _: c.ClientNameless, __: Stage, wanted: bool) -> Tests:
    """Ask once a connection, in an ACL whose `warn` statements are skipped when the DNS does not answer."""
    if not any(block.name == NAME_LOOKUP for block in to.blocks):
        to.blocks.append(_LOOK_UP_NAME)
    return (ir.Acl(NAME_LOOKUP), ir.When(ir.Is(ir.Var.NAMED, "no" if wanted else "yes")))


def _sender_is_postmaster(to: Conditions, _: c.SenderPostmaster, __: Stage, wanted: bool) -> Tests:
    anywhere = to.sets.of_literals("_postmaster", ir.Match.ADDRESS, ("postmaster@*",))
    return _when(any_of(ir.InList(subject, anywhere) for subject in to.senders()), wanted)


def _sender_in(to: Conditions, atom: c.SenderIn, _: Stage, wanted: bool) -> Tests:
    asked = to.in_set(atom.entries, to.senders(atom.entries.kind), wanted=wanted)
    if atom.entries.live and not wanted:  # these two are in no set, whatever a file that is missing held
        asked = any_of((ir.Without(ir.Defined(ir.Fact.SENDER)), ir.Known.FROM_OWN_POSTMASTER, asked))
    return (ir.When(asked),)


def _when(expr: ir.Expr, wanted: bool) -> Tests:
    return (ir.When(expr if wanted else ir.Without(expr)),)


def _spf(to: Conditions, atom: c.SpfIs, _: Stage, wanted: bool) -> Tests:
    """Ask once a message; an error leaves open what the result would have been, unless it is asked for itself."""
    if not any(block.name == SPF_LOOKUP for block in to.blocks):
        to.blocks.append(_LOOK_UP_SPF)
    found, error = ir.Is(ir.Var.SPF, atom.result), ir.Is(ir.Var.SPF, "error")
    others = all_of(ir.Without(one) for one in dict.fromkeys((found, error)))
    return (ir.Acl(SPF_LOOKUP), ir.When(found if wanted else others))


def _forged(to: Conditions, atom: c.ForgedBounce, _: Stage, wanted: bool) -> Tests:
    to.used.update((ir.Var.RETURNED, ir.Var.SENDER))
    return (ir.When(is_forged(atom.entries, to.sets, wanted=wanted)),)


def _in_header(expr: ir.Expr, wanted: bool) -> Tests:
    return _when(expr if wanted else all_of((ir.Known.WHOLE_HEADER, ir.Without(expr))), True)


UNKEPT = ir.Flag("unkept")
UNKNOWN_TAG = ir.Flag("batv_unknown")
_LITERALS: Mapping[type, Callable[[Conditions, Any, Stage, bool], Tests]] = {
    c.SenderNull: lambda _, __, ___, wanted: (ir.NullSender(negated=not wanted),),
    c.SenderPostmaster: _sender_is_postmaster,
    c.SenderIn: _sender_in,
    c.RecipientIn: _recipient_in,
    c.RecipientsOver: lambda _, atom, __, wanted: _when(ir.AtLeast(ir.Fact.RECIPIENTS, atom.count + 1), wanted),
    c.ClientIn: lambda to, atom, _, wanted: (to.client(atom.entries, wanted=wanted),),
    c.ClientListed: lambda _, atom, __, wanted: (ir.Listed(atom.zone.domain, atom.zone.answers, negated=not wanted),),
    c.ClientNameless: _nameless,
    c.HeloIn: lambda to, atom, _, wanted: (ir.When(to.in_set(atom.entries, (ir.Fact.HELO,), wanted=wanted)),),
    c.Authenticated: lambda _, __, ___, wanted: _when(ir.Defined(ir.Fact.LOGIN), wanted),
    c.Trusted: _trusted,
    c.Upstream: _upstream,
    c.BatvIs: _tag_is,
    c.Kept: _kept,
    c.RecipientElsewhere: lambda _, __, ___, wanted: _when(ir.Yes(ir.Var.SERVED), not wanted),
    c.RecipientFull: lambda to, _, __, wanted: _when(
        any_of(ir.Full(one) for one in to.recipients(Kind.ADDRESSES)), wanted
    ),
    c.RecipientUnknown: lambda _, __, ___, wanted: (ir.When(ir.Is(ir.Var.KNOWN, "no" if wanted else "yes")),),
    c.HeaderMatches: lambda _, atom, __, wanted: _in_header(
        ir.FieldMatches(atom.name, atom.pattern, atom.ignore_case), wanted
    ),
    c.ForgedBounce: _forged,
    c.SpfIs: _spf,
    c.ReportIs: lambda _, atom, __, wanted: _in_header(ir.Report(atom.kind), wanted),
    c.Scoring: lambda _, atom, __, wanted: _when(ir.AtLeast(ir.Var.SCORE, thousandths(atom.least)), wanted),
}

_NOT_ASKED = ir.When(ir.Is(ir.Var.NAMED, "unknown"))
_LOOK_UP_NAME = ir.AclBlock(
    NAME_LOOKUP,
    (
        ir.Statement(
            ir.Verb.WARN,
            (ir.When(ir.Without(ir.Defined(ir.Var.NAMED))),),
            (ir.Set(ir.Var.NAMED, ir.Word("unknown")),),
        ),
        ir.Statement(ir.Verb.WARN, (_NOT_ASKED, ir.VerifyName()), (ir.Set(ir.Var.NAMED, ir.Word("yes")),)),
        ir.Statement(ir.Verb.WARN, (_NOT_ASKED, ir.VerifyName(negated=True)), (ir.Set(ir.Var.NAMED, ir.Word("no")),)),
        ir.Statement(ir.Verb.ACCEPT),
    ),
    "whether the client's address has a name that leads back; without an answer it stays unknown",
)

_LOOK_UP_SPF = ir.AclBlock(
    SPF_LOOKUP,
    (
        ir.Statement(ir.Verb.ACCEPT, (ir.When(ir.Defined(ir.Var.SPF)),)),
        ir.Statement(ir.Verb.WARN, (), (ir.Set(ir.Var.SPF, ir.Word("error")),)),
        ir.Statement(ir.Verb.WARN, (ir.AskSpf(),), (ir.Set(ir.Var.SPF, ir.Reading.SPF),)),
        ir.Statement(ir.Verb.ACCEPT),
    ),
    "what the sender's domain says of the client, or the one in HELO where the sender is null",
)


def _as_expression(tests: Tests) -> ir.Expr | None:
    """Return the tests as one expansion condition, where all of them can be written so."""
    parts = [_expression(test) for test in tests]
    known = tuple(part for part in parts if part is not None)
    return all_of(known) if len(known) == len(parts) else None


def _expression(test: ir.Test) -> ir.Expr | None:
    match test:
        case ir.When(expr):
            return expr
        case ir.NullSender(negated):
            there = ir.Defined(ir.Fact.SENDER)
            return there if negated else ir.Without(there)
        case ir.Hosts(members, negated):
            inside = ir.All((ir.Defined(ir.Fact.CLIENT), ir.InList(ir.Fact.CLIENT, members)))
            return ir.Without(inside) if negated else inside
        case _:
            return None


def thousandths(points: float) -> int:
    """Return points in the unit that Exim counts in: it knows whole numbers only."""
    return round(points * 1000)


def _dns_last(parts: tuple[c.Condition, ...]) -> tuple[c.Condition, ...]:
    """Put questions to the DNS behind all others, and to block lists last; the rest stays as written."""
    return tuple(sorted(parts, key=_dns))


def _dns(condition: c.Condition) -> int:
    costs = {c.ClientListed: 2, c.SpfIs: 1, c.ClientNameless: 1, c.RecipientFull: 1}
    return max((costs.get(type(atom), 0) for _, atom in c.literals(condition)), default=0)
