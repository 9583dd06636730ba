"""Say in a user's words what the parser did not expect, and what may stand there."""

from __future__ import annotations

import re
from collections.abc import Collection

from nullsender.builder import DEEPEST
from nullsender.diagnostic import Diagnostic, Label
from nullsender.recover import Recovery, word_before
from nullsender.source import Span
from nullsender.suggest import closest

KINDS = {
    "NAME": "a name",
    "STRING": "a string in quotes",
    "DOMAIN": "a domain",
    "SUBDOMAINS": "`*.` and a domain",
    "ADDRESS": "an address",
    "PATTERN": "an address",
    "POSTMASTER": "`postmaster`",
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
_MOST = 8  # alternatives worth reading
_TO_SOME = re.compile(r"\bto\s+(\w+)\s+recipients\Z", re.IGNORECASE)
_OPENS_STRING = re.compile(r'"[^"\\\n]*(?:\\["\\][^"\\\n]*)*')
_QUOTES = "'`\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_ODD = {
    **dict.fromkeys(_QUOTES, 'strings stand in plain double quotes: `"`'),
    **dict.fromkeys("%$?\\^~[]\ufffd"),
    ";": "statements need no end mark",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
}


def describe(
    span: Span, accepted: Collection[str], recovery: Recovery, end_of_last: int, block: Span | None
) -> Diagnostic:
    """Return the error for what stands at `span`, where only `accepted` tokens may; `block` is the open brace."""
    text = span.text
    if not text:
        return _unfinished(span, accepted, recovery, end_of_last, block)
    if text.startswith('"') and (broken := _broken_string(span)):
        return broken
    if text[0] in _ODD:
        character = Span(span.source, span.start, span.start + 1)
        return Diagnostic("NS115", f"`{text[0]}` has no meaning here", character, help=_ODD[text[0]])
    shown = "a string" if text.startswith('"') else f"`{_short(text)}`"
    return Diagnostic(
        "NS110",
        f"{shown} does not fit here",
        span,
        note=_expected(span, accepted, recovery, end_of_last),
        help=_several(span, end_of_last) or _guess(text.lower(), accepted, recovery),
    )


def too_deep(span: Span) -> Diagnostic:
    """Return the error for a condition with more layers than a person can follow, or a program walk."""
    return Diagnostic(
        "NS113",
        f"conditions nest more than {DEEPEST} deep",
        span,
        help="name a part of it: split the rule in two, or put the members into a set",
    )


def again(span: Span) -> Diagnostic:
    """Return the error for a part of an expectation that may stand there once."""
    word = span.text.split()[0].lower()
    return Diagnostic(
        "NS116", f"`{word}` stands twice in one expectation", span, help="expect each in a line of its own"
    )


def _unfinished(
    span: Span, accepted: Collection[str], recovery: Recovery, end_of_last: int, block: Span | None
) -> Diagnostic:
    expected = _expected(span, accepted, recovery, end_of_last)
    if block and "RBRACE" in accepted:
        opened = (Label(block, "opened here"),)
        return Diagnostic("NS114", "the block is not closed", span, note=expected, labels=opened, help="add `}`")
    message = "the file ends in the middle of a statement"
    return Diagnostic("NS110", message, span, note=expected, help=_several(span, end_of_last))


def _broken_string(span: Span) -> Diagnostic | None:
    source = span.source
    opened = _OPENS_STRING.match(source.text, span.start)
    end = opened.end() if opened else span.end
    if source.text.startswith('"', end):
        return None
    wrong = source.text[end : end + 2]
    if wrong.startswith("\\") and wrong[1:] not in ("", "\n", "\r"):
        help_ = 'only `\\"` and `\\\\` are: write `\\\\` for a backslash'
        return Diagnostic("NS112", f"`{wrong}` is no escape", Span(source, end, end + 2), help=help_)
    if wrong.startswith("\\"):
        end += 1
    while end > span.start + 1 and source.text[end - 1] == "\r":
        end -= 1
    whole = Span(source, span.start, end)
    return Diagnostic("NS111", "the string does not end on its line", whole, help='close it with `"`')


def _expected(span: Span, accepted: Collection[str], recovery: Recovery, end_of_last: int) -> str:
    """Return what may stand there, the words of the language last."""
    statement_may_begin = "$END" in accepted
    words = sorted(
        word
        for name in accepted
        if (word := recovery.lexer.spellings.get(name)) and not (statement_may_begin and word in recovery.seconds)
    )
    kinds = sorted({KINDS[name] for name in accepted if name in KINDS})
    listed = [*kinds, *(f"`{word}`" for word in words)]
    listed = [*listed[:_MOST], "…"] if len(listed) > _MOST else listed
    if statement_may_begin:
        listed.append("a new statement")
    before = word_before(span.source.text, end_of_last)
    return f"expected{f' after `{_short(before)}`' if before else ''}: {', '.join(listed)}"


def _guess(word: str, accepted: Collection[str], recovery: Recovery) -> str | None:
    possible = sorted(w for name in accepted if (w := recovery.lexer.spellings.get(name)))
    if guess := closest(word, possible):
        return f"did you mean `{guess}`?"
    if "$END" in accepted and word in recovery.seconds:
        return f"a statement begins with two words that belong together, such as `{_pair(word, recovery)}`"
    if word in recovery.seconds and "NAME" in accepted:
        return f"`{word}` begins statements and is no name: choose another"
    if word in ("file", "live", "several") and "NAME" in accepted:
        return f"`{word}` has a meaning of its own and is no name: choose another"
    return None


def _several(span: Span, end_of_last: int) -> str | None:
    """Guess at `to severel recipients`: a set of such a name, and then a statement that begins with `recipients`."""
    found = _TO_SOME.search(span.source.text, max(0, end_of_last - 60), end_of_last)
    return "did you mean `to several recipients`?" if found and closest(found[1].lower(), ["several"]) else None


def _pair(word: str, recovery: Recovery) -> str:
    seconds = sorted(recovery.lexer.spellings.get(name, "") for name in recovery.seconds[word])
    return f"{word} {seconds[-1]}" if seconds and seconds[-1] else "reject bounces"


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[:most] + "…"
