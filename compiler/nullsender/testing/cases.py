"""The outcome of tests as cases: one form for all that is played, whatever it was played on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from nullsender.diagnostic import Diagnostic
from nullsender.source import Span
from nullsender.testing.dialogue import dialogue, rules_tried
from nullsender.testing.meeting import words_of
from nullsender.testing.properties import Finding
from nullsender.testing.running import Result, Run


class Became(Enum):
    """What became of a test."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_PLAYED = "not played"


@dataclass(frozen=True, slots=True)
class Case:
    """One test or property and what became of it.

    `where` is where it was played, in a few words. `diagnostics` say what failed; `unplayed` says why it was not played
    at all. The rest is for people and empty where nothing failed: `session` is the dialogue as the policy means it,
    `rules` are those that were tried for it, `spoken` is the dialogue as a server held it, and `log` what was logged.
    """

    name: str
    where: str
    span: Span
    diagnostics: tuple[Diagnostic, ...] = ()
    session: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    unplayed: str | None = None

    @property
    def became(self) -> Became:
        if self.unplayed is not None:
            return Became.NOT_PLAYED
        return Became.FAILED if self.diagnostics else Became.PASSED


def count(cases: Iterable[Case]) -> dict[Became, int]:
    """Return how many cases came out in which way."""
    found = [case.became for case in cases]
    return {became: found.count(became) for became in Became}


def cases(run: Run) -> Iterator[Case]:
    """Yield a case for each test and each property, in the order written."""
    yield from map(_of_test, run.results)
    yield from map(_of_property, run.properties)


def _of_test(result: Result) -> Case:
    where = f"{result.deployment}, {result.day}"
    case = Case(result.example.name, where, result.example.span)
    if not result.failures:
        return case
    return Case(
        case.name,
        where,
        case.span,
        tuple(
            Diagnostic("NS801", f"expected {failure.expected}, got {failure.got}", failure.span)
            for failure in result.failures
        ),
        tuple(dialogue(result.session, result.verdict)),
        tuple(rules_tried(result.verdict)),
    )


def _of_property(finding: Finding) -> Case:
    wanted = finding.property
    name = " ".join(wanted.span.text.split())
    met = f"{finding.met} of {finding.tried} sessions"
    if finding.counterexample:
        found = finding.counterexample
        got = words_of(found.verdict.of(found.recipient))
        word = "always" if wanted.always else "never"
        said = Diagnostic("NS802", f"{word} {wanted.outcome.value}, but {found.recipient}: {got}", wanted.span)
        session, rules = dialogue(found.session, found.verdict), rules_tried(found.verdict)
        return Case(name, found.deployment, wanted.span, (said,), tuple(session), tuple(rules))
    if not finding.met:
        said = Diagnostic(
            "NS803",
            f"in none of {finding.tried} sessions the condition was true",
            wanted.span,
            help="add a test with such a session: properties are tried on the sessions of tests, too",
        )
        return Case(name, "every deployment", wanted.span, (said,))
    return Case(name, f"held in {met}", wanted.span)
