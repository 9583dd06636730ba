"""Diagnostics as workflow commands, which GitHub shows beside the changed lines.

Source: GitHub Docs, "Workflow commands for GitHub Actions"; escaping as in actions/toolkit, `command.ts`.
"""

from __future__ import annotations

from collections.abc import Sequence

from nullsender.diagnostic import Diagnostic
from nullsender.report.display import safe


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return one `::error …` or `::warning …` line for each diagnostic."""
    return "".join(map(_line, diagnostics))


def _line(diagnostic: Diagnostic) -> str:
    properties: dict[str, object] = {"title": diagnostic.code}
    if span := diagnostic.span:
        first, last = span.first, span.last
        properties |= {"file": span.source.name, "line": first.line, "endLine": last.line}
        if first.line == last.line:  # GitHub refuses columns of a range of lines
            properties |= {"col": first.column, "endColumn": last.column}
    message = diagnostic.message
    for what, text in (("note", diagnostic.note), ("help", diagnostic.help)):
        message += f"\n{what}: {text}" if text else ""
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{diagnostic.severity.value} {written}::{_data(message)}\n"


def _data(text: str) -> str:
    return safe(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
