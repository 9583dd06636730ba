"""Diagnostics as one JSON object, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nullsender.diagnostic import Diagnostic, Label
from nullsender.source import Span


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return an object with `diagnostics`, `errors` and `warnings`; lines and columns count from 1, ends excluded."""
    errors = sum(d.is_error for d in diagnostics)
    report = {"diagnostics": list(map(one, diagnostics)), "errors": errors, "warnings": len(diagnostics) - errors}
    return json.dumps(report, indent=2) + "\n"


def one(diagnostic: Diagnostic) -> dict[str, object]:
    """Return one diagnostic as an object."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_where(diagnostic.span),
        "note": diagnostic.note,
        "help": diagnostic.help,
        "labels": list(map(_label, diagnostic.labels)),
    }


def _label(label: Label) -> dict[str, object]:
    return {"text": label.text, **_where(label.span)}


def _where(span: Span | None) -> dict[str, object]:
    if span is None:
        return {"file": None, "start": None, "end": None}
    start, end = span.first, span.last
    return {
        "file": span.source.name,
        "start": {"line": start.line, "column": start.column},
        "end": {"line": end.line, "column": end.column},
    }
