"""Cases for people: a line for each, and for those that failed the session as a dialogue and the rules tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nullsender.report.display import safe
from nullsender.report.text import page
from nullsender.testing.cases import Case
from nullsender.testing.coverage import Coverage

_GREEN, _RED, _PLAIN = "\x1b[32m", "\x1b[1;31m", "\x1b[0m"


def render(cases: Sequence[Case], covered: Coverage | None = None, *, colour: bool = False) -> str:
    """Return all cases, what no test decides where that was asked for, and a line that counts."""
    lines = [line for case in cases for line in lines_of(case, colour)]
    lines += list(_uncovered(covered)) if covered else []
    return "".join(f"{line}\n" for line in (*lines, summary(cases)))


def lines_of(case: Case, colour: bool) -> Iterator[str]:
    """Yield the lines of one case."""
    word, style = ("ok  ", _GREEN) if case.passed else ("FAIL", _RED)
    yield (
        f"{style}{word}{_PLAIN} {safe(case.name)} ({case.where})"
        if colour
        else (f"{word} {safe(case.name)} ({case.where})")
    )
    for diagnostic in case.diagnostics:
        yield from ("", *page(diagnostic, colour).splitlines())
    yield from _block("session", case.session)
    yield from _block("rules", case.rules)
    if not case.passed:
        yield ""


def summary(cases: Iterable[Case]) -> str:
    """Return `3 passed, 1 failed`."""
    outcomes = [case.passed for case in cases]
    if not outcomes:
        return 'no tests: a policy has them as `test "…" { … }`'
    return f"{sum(outcomes)} passed, {len(outcomes) - sum(outcomes)} failed"


def _block(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", f"  {title}")
        yield from (f"    {safe(line)}" for line in lines)


def _uncovered(covered: Coverage) -> Iterator[str]:
    decided = len(covered.rules) - len(covered.missed)
    yield f"{decided} of {len(covered.rules)} rules are decided by a test ({covered.percent:.0f} %)"
    for rule in covered.missed:
        yield f"  none decides {rule.id} ({rule.span.source.name}:{rule.span.first.line})"
