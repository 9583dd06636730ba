"""Spell conditions and values of the IR as Exim's expansions; user text goes through `quote` alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from nullsender.layout import Quoted
from nullsender.names import Kind
from nullsender.quota import FULL, HOST, PORT, SECONDS
from nullsender_targets.exim import headers, ir, quote

REPORT = "$acl_m_nullsender_report"
BARE = r'match{$smtp_command_argument}{\N(?i)^<?"?postmaster"?>?(\s|$)\N}'
_SIZE = "${if >{$message_size}{0}{$message_size}{0}}"  # as the client declared it
LINE = r"\n Message: nullsender: "  # Exim puts a blank before each line of the report but the first
PRVS = r"\N^prvs=\d{4}[0-9a-f]{6}=\N"
SENDERS_LOCAL_PART = (  # in lower case, without quotes and without a tag
    rf'${{sg{{${{sg{{${{lc:$sender_address_local_part}}}}{{\N^"|"$|\\(.)\N}}{{\$1}}}}}}{{{PRVS}}}{{}}}}'
)


def variable(of: ir.Variable) -> str:
    """Return the name of a variable: of the message, or of the connection for what cannot change in it."""
    scope = "c" if of is ir.Var.NAMED else "m"
    return f"acl_{scope}_nullsender_{quote.word(of.value if isinstance(of, ir.Var) else of.name)}"


def name(of: ir.Subject) -> str:
    return of.value if isinstance(of, ir.Fact) else variable(of)


def value_of(of: ir.Subject) -> str:
    """Return what a subject is compared by; Exim keeps HELO names and senders' domains as they came."""
    as_it_came = of in (ir.Fact.HELO, ir.Fact.SENDER_DOMAIN)
    return f"${{lc:${name(of)}}}" if as_it_came else f"${name(of)}"


def list_name(of: ir.NamedList) -> str:
    """Return a named list's name; those that are no sets of the policy begin with an underscore."""
    return quote.word(f"nullsender_{of.name}")


def table_path(of: ir.Table) -> str:
    name = quote.word(of.name)
    return f"NULLSENDER_DIR/indexed/{name}.db" if of.indexed else f"NULLSENDER_DIR/{name}"


# --- conditions -------------------------------------------------------------------------------------------------------
@singledispatch
def condition(expr: Any) -> Quoted:
    """Return an expression as a condition for `${if …}`."""
    raise TypeError(expr)


@condition.register
def _(expr: ir.InList) -> Quoted:
    return Quoted(f"match_{expr.list.match.value}{{{value_of(expr.subject)}}}{{+{list_name(expr.list)}}}")


@condition.register
def _(expr: ir.InTable) -> Quoted:
    subject, path = value_of(expr.subject), table_path(expr.table)
    kind = "dbm" if expr.table.indexed else "lsearch"
    match expr.table.form:
        case ir.Form.ADDRESSES:
            found = _look_up(subject, kind, path)
        case ir.Form.PATTERNS:
            found = _look_up(subject, "nwildlsearch", path)
        case ir.Form.DOMAINS:
            found = _look_up_domain(subject, kind, path) if expr.table.wild else _look_up(subject, kind, path)
        case ir.Form.NETWORKS:
            found = _look_up(subject, "iplsearch", path)
    return Quoted(f"bool{{{found}}}")


@condition.register
def _(expr: ir.InLive) -> Quoted:
    subject, path = value_of(expr.subject), quote.text(expr.file.path)
    if expr.file.kind is Kind.ADDRESSES:
        return Quoted(f"bool{{{_look_up(subject, 'lsearch', path)}}}")
    if expr.file.kind is Kind.NETWORKS:
        lines = rf"${{filter{{<\n ${{readfile{{{path}}}}}}}{{match{{$item}}{{\N^[0-9a-fA-F:]\N}}}}}}"
        first_words = rf"${{map{{<\n {lines}}}{{${{extract{{1}}{{ \t}}{{$item}}}}}}}}"
        return Quoted(rf"forany{{<\n {first_words}}}{{match_ip{{{subject}}}{{<\n $item}}}}")
    return Quoted(f"bool{{{_look_up_domain(subject, 'lsearch', path)}}}")


@condition.register
def _(expr: ir.Exists) -> Quoted:
    return Quoted(f"exists{{{quote.text(expr.file.path)}}}")


@condition.register
def _(expr: ir.Is) -> Quoted:
    return Quoted(f"eq{{{value_of(expr.subject)}}}{{{quote.word(expr.value)}}}")


@condition.register
def _(expr: ir.Yes) -> Quoted:
    return Quoted(f"bool{{${variable(expr.subject)}}}")


@condition.register
def _(expr: ir.Defined) -> Quoted:
    return Quoted(f"def:{name(expr.subject)}")


@condition.register
def _(expr: ir.AtLeast) -> Quoted:
    return Quoted(f">={{{value_of(expr.subject)}}}{{{expr.number}}}")


@condition.register
def _(expr: ir.FieldMatches) -> Quoted:
    return headers.matches(expr)


@condition.register
def _(expr: ir.Report) -> Quoted:
    return headers.report(expr)


@condition.register
def _(expr: ir.SomeLine) -> Quoted:
    return Quoted(rf"forany{{<\n ${variable(expr.variable)}}}{{{condition(expr.part)}}}")


@condition.register
def _(expr: ir.CallAcl) -> Quoted:
    return Quoted(f"acl{{{{nullsender_{quote.word(expr.acl)}}}}}")


@condition.register
def _(expr: ir.Full) -> Quoted:
    asked = rf"request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient={value_of(expr.subject)}\nsize={_SIZE}\n\n"
    answer = rf"${{readsocket{{inet:{HOST}:{PORT}}}{{{asked}}}{{{SECONDS}s}}{{\n}}{{}}}}"
    return Quoted(rf"match{{{answer}}}{{\N^action=({FULL})\N}}")


@condition.register
def _(expr: ir.Without) -> Quoted:
    part = expr.part
    return condition(part.part) if isinstance(part, ir.Without) else Quoted(f"!{condition(part)}")


@condition.register
def _(expr: ir.All) -> Quoted:
    return _joined("and", expr.parts) if expr.parts else Quoted("bool{yes}")


@condition.register
def _(expr: ir.Any) -> Quoted:
    return _joined("or", expr.parts) if expr.parts else Quoted("bool{no}")


@condition.register
def _(expr: ir.Known) -> Quoted:
    return Quoted(_KNOWN[expr])


KEYS = "NULLSENDER_BATV_KEYS"  # a macro for the path, so that what checks the files may have keys of its own
SRS_KEYS = "NULLSENDER_SRS_KEYS"


def key_lines(macro: str) -> str:
    return rf"${{filter{{<\n ${{readfile{{{macro}}}}}}}{{match{{$item}}{{\N^\d \S\N}}}}}}"


def _readable(macro: str) -> str:
    """What cannot be opened is an error wherever it is read, so whether it can is asked by another program."""
    return f'and{{{{exists{{{macro}}}}}{{bool{{${{run{{/usr/bin/test -r "{macro}"}}{{yes}}{{no}}}}}}}}}}'


# No quotes around it (RFC 5321 §4.1.2), and with a tag at most 64 octets.
_TAGGABLE = r"\N^(?!\.|[^@]*\.[.@])[^\s\"\\()<>,;:@\x5b\x5d\x00-\x1f\x7f-\xff]{1,48}@[^@]+$\N"
_FIRST, _CLASS = variable(ir.Var.FIRST_CLASS), variable(ir.Var.CLASS)
_KNOWN: Mapping[ir.Known, str] = {
    ir.Known.BARE_POSTMASTER: BARE,
    ir.Known.FROM_OWN_POSTMASTER: "eqi{$sender_address}{postmaster@$qualify_domain}",
    ir.Known.WHOLE_HEADER: headers.whole(),
    ir.Known.FROM_DAEMON: f"match{{${variable(ir.Var.SENDER)}}}{{^mailer-daemon@}}",
    ir.Known.MAY_RETURN: (
        r"or{{!def:sender_address}{match{$sender_address}{(?i)mailer-daemon}}"
        r"{match{$message_headers_raw}{(?i)multipart/report}}}"
    ),
    ir.Known.RETURNS: f"match{{${variable(ir.Var.RETURNED)}}}{{^!}}",
    ir.Known.RETURNS_IN_REPORT: f"match{{${variable(ir.Var.RETURNED)}}}{{^!report}}",
    ir.Known.HOP_REFUSED: "eq{$recipient_verify_failure}{recipient}",
    ir.Known.OTHER_CLASS: f"!eq{{${_CLASS}}}{{${_FIRST}}}",
    ir.Known.KEYS_READABLE: _readable(KEYS),
    ir.Known.KEYS_THERE: f"!eq{{}}{{{key_lines(KEYS)}}}",
    ir.Known.SRS_KEYS_READABLE: _readable(SRS_KEYS),
    ir.Known.SRS_KEYS_THERE: f"!eq{{}}{{{key_lines(SRS_KEYS)}}}",
    ir.Known.SRS_VALID: (
        rf"forany{{<\n {key_lines(SRS_KEYS)}}}{{inbound_srs{{${{lc:$local_part}}}}{{${{extract{{2}}{{ }}{{$item}}}}}}}}"
    ),
    ir.Known.RECIPIENT_TAGGABLE: f"match{{${variable(ir.Var.RCPT)}}}{{{_TAGGABLE}}}",
    ir.Known.SENDER_TAGGABLE: f"match{{${variable(ir.Var.SENDER)}}}{{{_TAGGABLE}}}",
    ir.Known.FILTER_ANSWERED: rf"match{{{REPORT}}}{{\N{LINE}(accept|reject|defer|quarantine|discard)\b\N}}",
    ir.Known.FILTER_REJECTS: rf"match{{{REPORT}}}{{\N{LINE}reject \N}}",
    ir.Known.FILTER_DEFERS: rf"match{{{REPORT}}}{{\N{LINE}defer \N}}",
    ir.Known.FILTER_QUARANTINES: rf"match{{{REPORT}}}{{\N{LINE}quarantine \N}}",
    ir.Known.FILTER_DISCARDS: rf"match{{{REPORT}}}{{\N{LINE}discard \N}}",
}


def _joined(how: str, parts: tuple[ir.Expr, ...]) -> Quoted:
    return Quoted(f"{how}{{{''.join(f'{{{condition(part)}}}' for part in parts)}}}")


def _look_up(subject: str, kind: str, path: str, otherwise: str = "no") -> str:
    return f"${{lookup{{{subject}}}{kind}{{{path}}}{{yes}}{{{otherwise}}}}}"


def _look_up_domain(subject: str, kind: str, path: str) -> str:
    """Look a domain up, then `*.` and each domain above it: `*.example.org` is not `example.org` itself."""
    above = rf"*.${{sg{{{subject}}}{{\N^[^.]*\.?\N}}{{}}}}"
    return _look_up(subject, kind, path, _look_up(above, f"partial0-{kind}", path))
