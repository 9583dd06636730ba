"""Diagnostics of every shape."""

from __future__ import annotations

from nullsender.diagnostic import Diagnostic, Label, Severity
from nullsender.source import Source, Span

POLICY = Source(
    "examples/a b.ndr",
    "addresses silent = noreply@example.org\n\nreject bounces to silnt\t# 日本 \x1b[31m\nfrom x\n to y\n",
)
OTHER = Source("other.ndr", "hosts ours = mx1.example.org\n", 7)


def at(text: str, source: Source = POLICY) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


LABELLED = Diagnostic(
    "NS501",
    "unknown set `silnt`",
    at("silnt"),
    note="sets are\nnamed before",
    labels=(Label(at("silent"), "a set of that kind"), Label(at("ours", OTHER), "another file")),
    help="did you mean `silent`?",
)
WARNING = Diagnostic("NS502", "wide 100%, really: yes", at("31m"), Severity.WARNING)
SEVERAL_LINES = Diagnostic("NS503", "over two lines", at("from x\n to y"))
NOWHERE = Diagnostic("NS601", "cannot write `\x1b]0;x\x07`: no\r\nspace", None)
ALL = (LABELLED, WARNING, SEVERAL_LINES, NOWHERE)
