"""Spell ACL statements: a verb, and its conditions and modifiers as lines of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from nullsender.layout import Quoted
from nullsender_targets.exim import ir, quote
from nullsender_targets.exim.spelling import KEYS, SRS_KEYS, condition, list_name, variable
from nullsender_targets.exim.values import filter_headers, filter_reply, set_to, value

# From postmaster: a hop may refuse the null sender where it takes other mail.
_CALLOUT = "/callout=4s,connect=4s,maxwait=6s,use_postmaster"


@dataclass(frozen=True, slots=True)
class Printed:
    """A statement ready for the template: its lines, the first with the verb."""

    lines: tuple[Quoted, ...]
    about: Quoted
    origin: str | None


@dataclass(frozen=True, slots=True)
class PrintedAcl:
    name: Quoted
    about: Quoted
    statements: tuple[Printed, ...]


def acl(block: ir.AclBlock) -> PrintedAcl:
    """Return an ACL ready for the template."""
    return PrintedAcl(quote.word(block.name), quote.comment(block.about), tuple(map(statement, block.statements)))


def statement(of: ir.Statement) -> Printed:
    """Return a statement ready for the template."""
    lines = (*(test(one) for one in of.tests), *(line for effect in of.effects for line in _effect(effect)))
    verbs = (of.verb.value, *[""] * (len(lines) - 1))
    columns = (Quoted(f"  {verb:7} {line}".rstrip()) for verb, line in zip(verbs, lines or ("",), strict=True))
    about = of.about if of.origin in (None, of.about) or not of.about else f"{of.about} [{of.origin}]"
    return Printed(tuple(columns), quote.comment(about), of.origin)


# --- conditions -------------------------------------------------------------------------------------------------------
@singledispatch
def test(of: Any) -> Quoted:
    """Return an ACL condition."""
    raise TypeError(of)


@test.register
def _(of: ir.When) -> Quoted:
    match of.expr:
        case ir.Yes(subject):
            return Quoted(f"condition = ${variable(subject)}")
        case ir.Without(ir.Yes(subject)):
            return Quoted(f"!condition = ${variable(subject)}")
        case ir.Without(ir.Without() as inner):
            return test(ir.When(inner.part))
        case ir.Without(part):
            return Quoted(f"!condition = ${{if {condition(part)}}}")
        case expr:
            return Quoted(f"condition = ${{if {condition(expr)}}}")


@test.register
def _(of: ir.KeysMust) -> Quoted:
    """Have reading fail where there is no key: an ACL that only denies has a value, too, which is nothing."""
    there = condition(ir.Known.SRS_KEYS_THERE if of.of_srs else ir.Known.KEYS_THERE)
    keys = SRS_KEYS if of.of_srs else KEYS
    return Quoted(f"condition = ${{if {there}{{yes}}{{${{readfile{{{keys}, which holds no key}}}}}}}}")


@test.register
def _(of: ir.NullSender) -> Quoted:
    return Quoted(f"{_not(of.negated)}senders = :")


@test.register
def _(of: ir.Hosts) -> Quoted:
    return Quoted(f"{_not(of.negated)}hosts = +{list_name(of.list)}")


@test.register
def _(of: ir.Listed) -> Quoted:
    failure = "+include_unknown : " if of.negated else ""
    return Quoted(
        f"{_not(of.negated)}dnslists = {failure}{quote.zone(of.zone)}={','.join(quote.ip(a) for a in of.answers)}"
    )


@test.register
def _(of: ir.Acl) -> Quoted:
    return Quoted(f"{_not(of.negated)}acl = nullsender_{quote.word(of.name)}")


@test.register
def _(of: ir.VerifyRecipient) -> Quoted:
    return Quoted(f"{_not(of.negated)}verify = recipient" + (_CALLOUT if of.callout else ""))


@test.register
def _(of: ir.VerifyName) -> Quoted:
    return Quoted(f"{_not(of.negated)}verify = reverse_host_lookup")


@test.register
def _(_of: ir.AskSpf) -> Quoted:
    return Quoted("spf = pass : fail : softfail : neutral : none : temperror : permerror")


@test.register
def _(_of: ir.Scan) -> Quoted:
    return Quoted("spam = nobody:true")


def _not(negated: bool) -> str:
    return "!" if negated else ""


# --- modifiers --------------------------------------------------------------------------------------------------------
@singledispatch
def _effect(of: Any) -> Iterator[Quoted]:
    raise TypeError(of)


@_effect.register
def _(of: ir.Set) -> Iterator[Quoted]:
    yield Quoted(f"set {variable(of.variable)} = {set_to(of.variable, of.value)}")


@_effect.register
def _(of: ir.Answer) -> Iterator[Quoted]:
    yield Quoted(f"message = {quote.text(f'{of.code} {of.enhanced} {of.text} [{of.id}]')}")


@_effect.register
def _(of: ir.Give) -> Iterator[Quoted]:
    yield Quoted(f"message = {value(of.value)}")


@_effect.register
def _(of: ir.FilterAnswer) -> Iterator[Quoted]:
    yield Quoted(f"message = {filter_reply(of)}")


@_effect.register
def _(of: ir.AddHeader) -> Iterator[Quoted]:
    yield Quoted(f"add_header = {quote.text(f'{of.name}: {of.value}')}")


@_effect.register
def _(of: ir.RemoveHeaders) -> Iterator[Quoted]:
    yield Quoted(f"remove_header = {' : '.join(quote.text(name) for name in of.names)}")


@_effect.register
def _(of: ir.FilterHeaders) -> Iterator[Quoted]:
    modifier = "add_header" if of is ir.FilterHeaders.ADD else "remove_header"
    yield Quoted(f"{modifier} = {filter_headers(of)}")


@_effect.register
def _(of: ir.Note) -> Iterator[Quoted]:
    by = quote.text(of.id) if isinstance(of.id, str) else f"${variable(of.id)}"
    whom = "$local_part@$domain" if of.moment is ir.Moment.RCPT else "$recipients"
    line = f"nullsender: {quote.text(of.what)} [{by}] from=<$sender_address> to=<{whom}>"
    yield Quoted(f"{'log_message' if of.once else 'logwrite'} = {line}")
