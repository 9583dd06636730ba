"""Spell questions about the header as Exim's expansions: each field is asked by itself, unfolded and not decoded."""

from __future__ import annotations

import re

from nullsender.layout import Quoted
from nullsender_targets.exim import comparing, quote

# A parameter as RFC 2045 has it; parameters are read one after the other, whatever stands between them.
_VALUE = r'(?:"(?:[^"\\]|\\.)*+"|[^\s;"]++)'
_NAMED = r'[^\s=;"]++\s*+=\s*+'


_LONGEST = 65536  # octets of a header that Exim shows
_UNFOLDED = r"${sg{$message_headers_raw}{\N\n(?=[ \t])\N}{}}"  # a field a line


def matches(of: comparing.FieldMatches) -> Quoted:
    """Return the condition that the value of one of these fields matches."""
    named = quote.text(rf"(?i)^{re.escape(of.name)}[ \t]*:")
    pattern = quote.text(("(?i)" if of.ignore_case else "") + of.pattern)
    found = rf"{{match{{$item}}{{{named}}}}}{{match{{${{sg{{$item}}{{\N^[^:]*:\s*\N}}{{}}}}}}{{{pattern}}}}}"
    if of.name.lower() == "received":  # one is Exim's own, and holds the message's id
        found = f"{{!match{{$item}}{{$message_exim_id}}}}{found}"
    return Quoted(rf"forany{{<\n {_UNFOLDED}}}{{and{{{found}}}}}")


def report(of: comparing.Report) -> Quoted:
    """Return the condition that the first Content-Type is a report's, with this type as its first `report-type`."""
    first = rf"${{if match{{{_UNFOLDED}}}{{\N(?im)^content-type[ \t]*:(.*)\N}}{{$1}}}}"
    return Quoted(f"match{{{first}}}{{{quote.text(_is_report(of.kind))}}}")


def whole() -> Quoted:
    """Return the condition that Exim shows the whole header; what it does not show is unknown."""
    return Quoted(f"<{{${{strlen:$message_headers_raw}}}}{{{_LONGEST}}}")


def _is_report(kind: str) -> str:
    ours = r"report-type\s*+="
    other = rf";\s*+(?!{ours}){_NAMED}{_VALUE}"
    between = rf"(?!;\s*+{_NAMED}{_VALUE})."
    quoted = "".join(rf"\\?{re.escape(letter)}" for letter in kind)
    value = rf'(?:"{quoted}"|{re.escape(kind)}(?![^\s;"]))'
    return rf"(?is)^\s*multipart/report\s*(?=;)(?:{other}|{between})*+;\s*+{ours}\s*+{value}"
