"""What nullsender has to say about somebody's text: one value, shown by `report` in many formats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from nullsender.source import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that helps to understand the first, with a few words about it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code (`nullsender explain CODE`), a line in the user's words, where, and what to do.

    Messages are lower case without a full stop; what was written stands in backticks.
    """

    code: str
    message: str
    span: Span | None
    severity: Severity = Severity.ERROR
    note: str | None = None
    labels: tuple[Label, ...] = ()
    help: str | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(d.is_error for d in diagnostics)
