"""Run every test of a policy, each with the policy as it is on the test's day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.evaluator import evaluate
from nullsender.example import Example
from nullsender.frontend import read_policy
from nullsender.lists import read_lists
from nullsender.policy import Policy
from nullsender.session import Session
from nullsender.testing.meeting import Failure, failures
from nullsender.testing.properties import Finding, try_properties
from nullsender.verdict import Verdict

LONG_AGO = date(2026, 1, 1)  # the day of tests where no rule names one


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a test; `session` has what the lists know."""

    example: Example
    deployment: str
    day: date
    session: Session
    verdict: Verdict
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """All tests and properties of a policy: `policies` are the policy on each day that a test is about."""

    results: tuple[Result, ...] = ()
    properties: tuple[Finding, ...] = ()
    policies: tuple[tuple[date, Policy], ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def good(self) -> bool:
        return not (has_errors(self.diagnostics) or any(r.failures for r in self.results) or self.broken)

    @property
    def broken(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.properties if finding.counterexample or not finding.met)


def run_tests(path: Path) -> Run:
    """Run the tests of the policy at `path`; where it has errors on some day, nothing but those is returned."""
    first, found = read_policy(path, LONG_AGO)
    if first is None:
        return Run(diagnostics=found)
    usual = default_day(first)
    policies: dict[date, Policy] = {}
    for day in sorted({example.day or usual for example in first.examples} | {usual}):
        policy, wrong = read_policy(path, day)
        if policy is None:
            return Run(diagnostics=wrong)
        policies[day] = policy
    results: dict[int, Result] = {}
    for day, policy in policies.items():
        numbers = [number for number, example in enumerate(policy.examples) if (example.day or usual) == day]
        results.update(_results(policy, day, numbers))
    in_order = tuple(results[number] for number in sorted(results))
    tried = try_properties(policies[usual], (result.session for result in in_order))
    return Run(in_order, tried, tuple(policies.items()))


def default_day(policy: Policy) -> date:
    """Return the day of tests that name none: the one before the policy's earliest."""
    return policy.first_day - timedelta(days=1) if policy.first_day else LONG_AGO


def _results(policy: Policy, day: date, numbers: list[int]) -> Iterator[tuple[int, Result]]:
    for failing in (False, True):
        group = [number for number in numbers if policy.examples[number].lookups_fail is failing]
        sessions = (policy.examples[number].session for number in group)
        read, ready = read_lists(policy, sessions, live=not failing)
        for number, session in zip(group, ready, strict=True):
            example = policy.examples[number]
            deployment = example.deployment or policy.deployments[0].name
            verdict = evaluate(read, session, deployment)
            yield number, Result(example, deployment, day, session, verdict, failures(example, verdict))
