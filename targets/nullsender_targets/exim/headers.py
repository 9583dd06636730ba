"""Spell questions about the header as Exim's expansions: each field is asked by itself, unfolded and not decoded."""

from __future__ import annotations

import re

from nullsender.layout import Quoted
from nullsender_targets.exim import comparing, quote

# A parameter as RFC 2045 has it; parameters are read one after the other, whatever stands between them.
_VALUE = r'(?:"(?:[^"\\\\]|\\\\.)*+"|[^\s;"]++)'
_NAMED = r"""[^\s=;"]++\s*+=\s*+"""


def matches(of: comparing.FieldMatches) -> Quoted:
    """Return the condition; a mark keeps empty values apart from fields that are not there."""
    name = quote.field_name(of.name)
    marked = rf"${{sg{{{_unfolded(name)}}}{{\N(?m)^\N}}{{=}}}}"
    found = (
        rf"match{{${{sg{{$item}}{{\N^=\s*\N}}{{}}}}}}{{{quote.text(('(?i)' if of.ignore_case else '') + of.pattern)}}}"
    )
    if name == "received":  # the first one is Exim's own, and holds the message's id
        found = f"and{{{{!match{{$item}}{{$message_exim_id}}}}{{{found}}}}}"
    return Quoted(rf"and{{{{def:h_{name}:}}{{forany{{<\n {marked}}}{{{found}}}}}}}")


def report(of: comparing.Report) -> Quoted:
    """Return the condition that the first Content-Type is a report's, with this type as its first `report-type`."""
    first = rf"${{sg{{{_unfolded(Quoted('content-type'))}}}{{\N(?s)\n.*\N}}{{}}}}"
    return Quoted(f"match{{{first}}}{{{quote.text(_is_report(of.kind))}}}")


def _unfolded(name: Quoted) -> str:
    return rf"${{sg{{$rh_{name}:}}{{\N\n(?=[ \t])\N}}{{}}}}"


def _is_report(kind: str) -> str:
    ours = r"report-type\s*+="
    other = f";\\s*+(?!{ours}){_NAMED}{_VALUE}"
    between = f"(?!;\\s*+{_NAMED}{_VALUE})."
    quoted = "".join(rf"\\?{re.escape(letter)}" for letter in kind)
    value = rf'(?:"{quoted}"|{re.escape(kind)}(?![^\s;"]))'
    return rf"(?is)^\s*multipart/report\s*(?:{other}|{between})*+;\s*+{ours}\s*+{value}"
