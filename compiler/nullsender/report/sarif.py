"""Diagnostics as SARIF 2.1.0 (OASIS), which code scanning services read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import quote

from nullsender.diagnostic import Diagnostic, Label
from nullsender.explain import title
from nullsender.source import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a log with one run; every code that occurs is a rule of the driver."""
    codes = sorted({d.code for d in diagnostics})
    run = {
        "tool": {"driver": {"name": "nullsender", "rules": list(map(_rule, codes))}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(d, codes.index(d.code)) for d in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, object]:
    return {
        "id": code,
        "shortDescription": {"text": title(code) or code},
        "help": {"text": f"nullsender explain {code}"},
    }


def _result(diagnostic: Diagnostic, index: int) -> dict[str, object]:
    remarks = (("note", diagnostic.note), ("help", diagnostic.help))
    message = "\n".join([diagnostic.message, *(f"{what}: {text}" for what, text in remarks if text)])
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": diagnostic.severity.value,
        "message": {"text": message},
    }
    if diagnostic.span:
        result["locations"] = [{"physicalLocation": _place(diagnostic.span)}]
    if diagnostic.labels:
        result["relatedLocations"] = list(map(_related, diagnostic.labels))
    return result


def _related(label: Label) -> dict[str, object]:
    return {"physicalLocation": _place(label.span), "message": {"text": label.text}}


def _place(span: Span) -> dict[str, object]:
    first, last = span.first, span.last
    region = {
        "startLine": first.line,
        "startColumn": first.column,
        "endLine": last.line,
        "endColumn": last.column,
    }
    return {"artifactLocation": {"uri": _uri(span.source.name)}, "region": region}


def _uri(name: str) -> str:
    path = PurePath(name)
    if path.is_absolute():
        return path.as_uri()
    return quote(path.as_posix(), safe="/", errors="replace")
