"""Cases as one JSON object, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nullsender.report.plain_json import one
from nullsender.testing.cases import Became, Case, count
from nullsender.testing.coverage import Coverage


def render(cases: Sequence[Case], covered: Coverage | None = None) -> str:
    """Return an object with `tests`, `passed`, `failed`, `not_played` and, where it was asked for, `coverage`."""
    became = count(cases)
    report: dict[str, object] = {
        "tests": [
            {
                "name": case.name,
                "where": case.where,
                "file": case.span.source.name,
                "line": case.span.first.line,
                "became": case.became.value,
                "passed": case.became is Became.PASSED,
                "not_played": case.unplayed,
                "failures": [one(diagnostic) for diagnostic in case.diagnostics],
                "session": list(case.session),
                "rules": list(case.rules),
                "spoken": list(case.spoken),
                "log": list(case.log),
            }
            for case in cases
        ],
        "passed": became[Became.PASSED],
        "failed": became[Became.FAILED],
        "not_played": became[Became.NOT_PLAYED],
    }
    if covered:
        report["coverage"] = {
            "percent": round(covered.percent, 1),
            "rules": list(covered.rules),
            "missed": [rule.id for rule in covered.missed],
        }
    return json.dumps(report, indent=2) + "\n"
