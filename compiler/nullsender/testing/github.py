"""Cases that failed as workflow commands, and a line that counts."""

from __future__ import annotations

from collections.abc import Sequence

from nullsender.report.github import render as render_diagnostics
from nullsender.testing.cases import Case
from nullsender.testing.coverage import Coverage
from nullsender.testing.text import render as render_text


def render(cases: Sequence[Case], covered: Coverage | None = None) -> str:
    """Return the text of all cases, and an `::error` line for each expectation that was not met."""
    commands = render_diagnostics([diagnostic for case in cases for diagnostic in case.diagnostics])
    return render_text(cases, covered) + commands
