"""Say in a user's words what the parser did not expect, and what may stand there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from lark.lexer import TerminalDef

from nullsender.diagnostic import Diagnostic
from nullsender.source import Span
from nullsender.suggest import closest

_KINDS = {
    "NAME": "a name",
    "STRING": "a string in quotes",
    "DOMAIN": "a domain",
    "SUBDOMAINS": "`*.` and a domain",
    "ADDRESS": "an address",
    "PATTERN": "an address",
    "CIDR": "an IP address or network",
    "HOSTPORT": "a host and port",
    "CODE": "a reply code such as 550",
    "ENHANCED": "an enhanced status code such as 5.1.1",
    "VERSION": "a version",
    "NUMBER": "a number",
    "INT": "a whole number",
    "DURATION": "a length of time such as `5m`, `4h` or `1d`",
    "SIZE": "a size such as `50 KB`",
    "DATE": "a date such as 2027-06-30",
    "REGEX": "a regular expression between slashes",
    "DELIMITERS": "a character such as `+`",
    "NULL": "`<>`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "COMMA": "`,`",
    "EQUAL": "`=`",
    "MORETHAN": "`>`",
}
_MOST = 6  # alternatives worth reading


def describe(
    span: Span,
    accepted: Collection[str],
    terminals: Mapping[str, TerminalDef],
    firsts: Collection[str],
    before: str | None,
) -> Diagnostic:
    """Return the error for what stands at `span`, where only `accepted` terminals may."""
    text = span.text
    if text.startswith('"'):
        return _bad_string(span)
    words = sorted(w for name in accepted if (w := _word(name, terminals)))
    statement_may_begin = "$END" in accepted
    wanted = _wanted(accepted, words, firsts, statement_may_begin)
    help_ = None
    if guess := closest(text.lower(), words):
        help_ = f"did you mean `{guess}`?"
    elif statement_may_begin and text.lower() in firsts:
        help_ = "a statement begins with two words that belong together, such as `reject bounces`"
    if not text:
        message = "the file ends in the middle of a statement" if before else "the file is empty"
    elif re.fullmatch(r"[\w.@:/*-]+", text):
        message = f"`{_short(text)}` does not fit here"
    else:
        message = f"unexpected `{_short(text)}`"
    after = f" after `{_short(before)}`" if before else ""
    return Diagnostic("NS110", message, span, note=f"expected{after}: {wanted}", help=help_)


def _bad_string(span: Span) -> Diagnostic:
    source, line_end = span.source.text, span.source.text.find("\n", span.start)
    line_end = len(source) if line_end < 0 else line_end
    rest = source[span.start : line_end]
    if wrong := re.match(r'"(?:[^"\\]|\\["\\])*(\\[^"\\]|\\$)', rest):
        at = span.start + wrong.start(1)
        return Diagnostic(
            "NS112",
            f"`{wrong[1]}` is no escape",
            Span(span.source, at, at + len(wrong[1])),
            help='only `\\"` and `\\\\` are: write `\\\\` for a backslash',
        )
    if re.match(r'"(?:[^"\\]|\\["\\])*"', rest):
        return Diagnostic("NS110", "a string does not fit here", span)
    return Diagnostic(
        "NS111",
        "the string does not end on its line",
        Span(span.source, span.start, line_end),
        help='close it with `"`',
    )


def _word(name: str, terminals: Mapping[str, TerminalDef]) -> str | None:
    """Return the keyword of a terminal, None for the others."""
    if name in _KINDS or name not in terminals:
        return None
    found = re.match(r"[a-z]+", terminals[name].pattern.value)
    return found.group() if found else None


def _wanted(accepted: Iterable[str], words: list[str], firsts: Collection[str], statement_may_begin: bool) -> str:
    inner = [w for w in words if not (statement_may_begin and w in firsts)]
    kinds = sorted({_KINDS[name] for name in accepted if name in _KINDS})
    listed = [*kinds, *(f"`{word}`" for word in inner)]
    if len(listed) > _MOST:
        listed = [*listed[:_MOST], "…"]
    if statement_may_begin:
        listed.append("a new statement")
    return ", ".join(listed)


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[:most] + "…"
