"""Say what keeps live tests from running here."""

from __future__ import annotations

from functools import cache

from nullsender.lab import prerequisites
from tests.servers import packages


@cache
def missing() -> str | None:
    """Return what is missing, None when live tests can run."""
    if reason := prerequisites.missing():
        return reason
    absent = packages.missing()
    return f"not installed: {', '.join(absent)} (`sh tests/run` does it)" if absent else None
