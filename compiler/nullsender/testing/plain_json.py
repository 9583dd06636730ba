"""Cases as one JSON object, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nullsender.report.plain_json import one
from nullsender.testing.cases import Case
from nullsender.testing.coverage import Coverage


def render(cases: Sequence[Case], covered: Coverage | None = None) -> str:
    """Return an object with `tests`, `passed`, `failed` and, where it was asked for, `coverage`."""
    passed = sum(case.passed for case in cases)
    report: dict[str, object] = {
        "tests": [
            {
                "name": case.name,
                "where": case.where,
                "file": case.span.source.name,
                "line": case.span.first.line,
                "passed": case.passed,
                "failures": [one(diagnostic) for diagnostic in case.diagnostics],
                "session": list(case.session),
                "rules": list(case.rules),
            }
            for case in cases
        ],
        "passed": passed,
        "failed": len(cases) - passed,
    }
    if covered:
        report["coverage"] = {
            "percent": round(covered.percent, 1),
            "rules": list(covered.rules),
            "missed": [rule.id for rule in covered.missed],
        }
    return json.dumps(report, indent=2) + "\n"
