"""Diagnostics as a GitLab Code Quality report.

Source: GitLab documentation, "Code Quality", section "Implement a custom tool".
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from nullsender.diagnostic import Diagnostic

_NOWHERE = "."  # GitLab wants a path; what has no place of its own belongs to the project


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the list of issues; a fingerprint stays the same when the line moves."""
    seen = Counter[tuple[str, ...]]()
    issues = []
    for diagnostic in diagnostics:
        marks = _marks(diagnostic)
        seen[marks] += 1
        fingerprint = sha256("\0".join((*marks, str(seen[marks]))).encode("utf-8", "replace")).hexdigest()
        issues.append(_issue(diagnostic, fingerprint))
    return json.dumps(issues, indent=2) + "\n"


def _marks(diagnostic: Diagnostic) -> tuple[str, ...]:
    span = diagnostic.span
    place = (span.source.name, span.text) if span else ()
    return (diagnostic.code, diagnostic.message, *place)


def _issue(diagnostic: Diagnostic, fingerprint: str) -> dict[str, object]:
    span = diagnostic.span
    lines = {"begin": span.first.line, "end": span.last.line} if span else {"begin": 1}
    return {
        "description": diagnostic.message,
        "check_name": diagnostic.code,
        "fingerprint": fingerprint,
        "severity": "major" if diagnostic.is_error else "minor",
        "location": {"path": span.source.name if span else _NOWHERE, "lines": lines},
    }
