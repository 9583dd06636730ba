"""Spell the values of variables and what a content filter says, as Exim's expanded strings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from nullsender.layout import Quoted
from nullsender_targets.exim import ir, memory, quote, tags
from nullsender_targets.exim.searching import search
from nullsender_targets.exim.spelling import BARE, LINE, PRVS, REPORT, SENDERS_LOCAL_PART, condition, variable

_PLAIN = r"[^\x00-\x20\x22(),:;<>@[\\\]\x7f]+"  # a local part that needs no quotes: others have no subaddress
_ITEM = r"^\s*Message: nullsender: "  # a line of the report, once it is an item of a list

_READINGS: Mapping[ir.Reading, str] = {
    ir.Reading.LOCAL: rf"${{sg{{${{lc:$local_part}}}}{{{PRVS}}}{{}}}}",
    ir.Reading.DOMAIN: f"${{if {BARE}{{}}{{${{lc:$domain}}}}}}",
    ir.Reading.RCPT: f"${variable(ir.Var.LOCAL)}@${variable(ir.Var.DOMAIN)}",
    ir.Reading.SENDER: f"${{if def:sender_address{{{SENDERS_LOCAL_PART}@${{lc:$sender_address_domain}}}}}}",
    ir.Reading.REPORT: "$spam_report",
    ir.Reading.SPF: r"${if match{$spf_result}{\N^(pass|fail|softfail|neutral|none)$\N}{$spf_result}{error}}",
    ir.Reading.RETURNED: (
        "${run{/usr/bin/perl NULLSENDER_DIR/returned.pl $spool_directory $message_exim_id $message_headers_raw}"
        "{${if eq{$value}{}{failed}{$value}}}{failed}}"
    ),
    ir.Reading.FILTER_SCORE: (
        rf"${{if match{{{REPORT}}}{{\N{LINE}score (-?\d+)\b\N}}{{$1}}{{${{eval10:0$spam_score_int*100}}}}}}"
    ),
    **tags.READINGS,
    ir.Reading.FILTER_RULE: rf"${{if match{{{REPORT}}}{{\N{LINE}(quarantine|discard) \[([^\n]*)\]\N}}{{$2}}}}",
}


@singledispatch
def value(of: Any) -> Quoted:
    """Return what a variable is set to."""
    raise TypeError(of)


@value.register
def _(of: ir.Reading) -> Quoted:
    return Quoted(_READINGS[of])


@value.register
def _(of: ir.Base) -> Quoted:
    begins = quote.regex_set(of.delimiters)
    if of.of_sender:
        return Quoted(
            rf"${{sg{{${variable(ir.Var.SENDER)}}}{{\N^(?={_PLAIN}@)(.[^{begins}]*)[{begins}].*@\N}}{{\$1@}}}}"
        )
    local, domain = variable(ir.Var.LOCAL), variable(ir.Var.DOMAIN)
    return Quoted(rf"${{sg{{${local}}}{{\N^(?={_PLAIN}$)(.[^{begins}]*)[{begins}].*$\N}}{{\$1}}}}@${domain}")


@value.register
def _(of: ir.Truth) -> Quoted:
    return Quoted(f"${{if {condition(of.expr)}{{yes}}{{no}}}}")


@value.register
def _(of: ir.Kleene) -> Quoted:
    return Quoted(f"${{if {condition(of.yes)}{{yes}}{{${{if {condition(of.unknown)}{{unknown}}{{no}}}}}}}}")


@value.register
def _(of: ir.Word) -> Quoted:
    return quote.text(of.text)


@value.register
def _(of: ir.Plus) -> Quoted:
    return Quoted(f"${{eval10:${variable(ir.Var.SCORE)}+({of.thousandths})}}")


@value.register
def _(of: ir.Forwarded) -> Quoted:
    return Quoted(tags.forwarded(of.domain))


@value.register
def _(of: ir.LastDay) -> Quoted:
    return Quoted(tags.last_day(of.days))


@value.register
def _(of: ir.Search) -> Quoted:
    return search(of)


@value.register
def _(of: ir.Memberships) -> Quoted:
    return Quoted("".join(f"${{if {condition(expr)}{{1}}{{0}}}}" for expr in of.sets))


@value.register
def _(of: ir.Reached) -> Quoted:
    return memory.reached(of)


@value.register
def _(of: ir.FirstTry) -> Quoted:
    return memory.first_try(of)


@value.register
def _(of: ir.Counted) -> Quoted:
    return memory.counted(of)


def set_to(variable_: ir.Variable, of: ir.Value) -> Quoted:
    """Return a value that may depend on what the variable held before."""
    name = variable(variable_)
    if isinstance(of, ir.Sticky):
        return Quoted(f"${{if or{{{{def:{name}}}{{{condition(of.expr)}}}}}{{yes}}}}")
    if isinstance(of, ir.IfUnset):
        return Quoted(f"${{if def:{name}{{${name}}}{{${variable(of.other)}}}}}")
    if isinstance(of, ir.Also):
        return Quoted(rf"${{if def:{name}{{${name}\n}}}}${variable(of.other)}")
    return value(of)


def filter_reply(of: ir.FilterAnswer) -> Quoted:
    """Return what the content filter wants the client to be told."""
    digit, otherwise = (
        ("5", "550 5.7.1 refused") if of is ir.FilterAnswer.REJECT else ("4", "451 4.7.1 try again later")
    )
    return Quoted(rf"${{if match{{{REPORT}}}{{\N{LINE}{of.value} ({digit}\d\d [^\n]+)\N}}{{$1}}{{{otherwise}}}}}")


def filter_headers(of: ir.FilterHeaders) -> Quoted:
    """Return the headers that the filter adds, one a line, or the names of those it removes, between colons."""
    what = "tag" if of is ir.FilterHeaders.ADD else "remove"
    lines = rf"${{filter{{<\n {REPORT}}}{{match{{$item}}{{\N{_ITEM}{what} \N}}}}}}"
    if of is ir.FilterHeaders.ADD:
        return Quoted(rf"${{map{{<\n {lines}}}{{${{sg{{$item}}{{\N{_ITEM}tag (.*) \[[^]]*\]$\N}}{{\$1}}}}}}}}")
    names = rf"${{map{{<\n {lines}}}{{${{sg{{$item}}{{\N{_ITEM}remove \N}}{{}}}}}}}}"
    return Quoted(rf"${{sg{{{names}}}{{\n}}{{:}}}}")
