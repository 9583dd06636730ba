"""Cases for people: a line for each, and for those that failed the session as a dialogue and the rules tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nullsender.report.display import safe
from nullsender.report.text import page
from nullsender.testing.cases import Became, Case, count
from nullsender.testing.coverage import Coverage

_GREEN, _RED, _YELLOW, _PLAIN = "\x1b[32m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[0m"
_WORDS = {Became.PASSED: ("ok  ", _GREEN), Became.FAILED: ("FAIL", _RED), Became.NOT_PLAYED: ("--  ", _YELLOW)}


def render(cases: Sequence[Case], covered: Coverage | None = None, *, colour: bool = False) -> str:
    """Return all cases, what no test decides where that was asked for, and a line that counts."""
    lines = [line for case in cases for line in lines_of(case, colour)]
    lines += list(_uncovered(covered)) if covered else []
    return "".join(f"{line}\n" for line in (*lines, summary(cases)))


def lines_of(case: Case, colour: bool) -> Iterator[str]:
    """Yield the lines of one case."""
    word, style = _WORDS[case.became]
    lead = f"{style}{word}{_PLAIN}" if colour else word
    why = "" if case.unplayed is None else f": not played, {safe(case.unplayed)}"
    yield f"{lead} {safe(case.name)} ({case.where}){why}"
    for diagnostic in case.diagnostics:
        yield from ("", *page(diagnostic, colour).splitlines())
    yield from _block("session as the policy means it" if case.spoken else "session", case.session)
    yield from _block("session as the server held it", case.spoken)
    yield from _block("rules", case.rules)
    yield from _block("log", case.log)
    if case.became is Became.FAILED:
        yield ""


def summary(cases: Iterable[Case]) -> str:
    """Return `3 passed, 1 failed`, and how many were not played where there are any."""
    counts = count(cases)
    if not any(counts.values()):
        return 'no tests: a policy has them as `test "…" { … }`'
    always = (Became.PASSED, Became.FAILED)
    return ", ".join(f"{number} {became.value}" for became, number in counts.items() if number or became in always)


def _block(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", f"  {title}")
        yield from (f"    {safe(line)}" for line in lines)


def _uncovered(covered: Coverage) -> Iterator[str]:
    decided = len(covered.rules) - len(covered.missed)
    yield f"{decided} of {len(covered.rules)} rules are decided by a test ({covered.percent:.0f} %)"
    for rule in covered.missed:
        yield f"  none decides {rule.id} ({rule.span.source.name}:{rule.span.first.line})"
