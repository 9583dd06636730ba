"""A rule that only reports says so in the log, once, and nothing else comes of it: every kind of rule, every action."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullsender import canonical
from nullsender.agreement import disagreements
from nullsender.lab.lab import Lab
from nullsender.policy import Rule
from nullsender.scope import rules_of
from nullsender.session import Session
from nullsender.verdict import ACCEPTED, Effect, Verdict
from tests.differential.campaign import Campaign
from tests.differential.playing import DEPLOYMENT
from tests.differential.servers import watching
from tests.differential.shadowing import SHADOW, shadows
from tests.differential.stacks import STACKS, Stack

pytestmark = pytest.mark.live

DRAWN = 24  # sessions of each policy, of which those are played that show one more rule


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name.replace("-", ""))
def test_rules_that_only_report_are_logged_and_decide_nothing(lab: Lab, stack: Stack) -> None:
    rules, reported, problems = dict[str, Rule](), set[str](), list[str]()
    for one in Campaign(stack, 0, 0).directed(tuple(shadows(stack)), DRAWN):
        assert one.compiled.plan is not None
        rules |= {rule.id: rule for rule in rules_of(one.policy, DEPLOYMENT) if rule.report_only}
        with watching(lab, one.compiled.policy, one.compiled.plan, one.compiled.outputs) as (watch, signs):
            for session, verdict in _telling(one.sessions):
                seen = watch(session, verdict)
                wrong = disagreements(verdict, seen, one.policy, one.compiled.plan, signs, session)
                problems += map(str, wrong)
                own = [value for name, value in session.message.fields if name == SHADOW]
                fields = [list(mail.values(SHADOW)) for mail in seen.arrived]
                problems += [f"{SHADOW}: {values}, sent with {own}" for values in fields if values != own]
                assert verdict.message in (ACCEPTED, None)
                reported |= set(verdict.reported)
                problems += _miscounted(verdict, seen.log)
    assert not problems, "\n".join(problems[:30])
    told = [rule for rule in rules.values() if rule.id in reported]
    assert {type(rule.action) for rule in told} == {type(rule.action) for rule in rules.values()}
    assert {rule.limit.per for rule in told if rule.limit} == {rule.limit.per for rule in rules.values() if rule.limit}
    assert len(told) * 3 > len(rules) * 2


def _telling(sessions: tuple[tuple[Session, Verdict], ...]) -> Iterator[tuple[Session, Verdict]]:
    """Yield sessions, each with the report of a rule that none before it has."""
    seen = set[str]()
    for session, verdict in sessions:
        if not seen.issuperset(verdict.reported):
            seen.update(verdict.reported)
            yield session, verdict


def _miscounted(verdict: Verdict, log: str) -> Iterator[str]:
    """Yield what is not logged once for the message, or once for each recipient; one that is named twice is one."""
    tried = [one for one in verdict.trace if one.effect is Effect.REPORTS]
    for rule in verdict.reported:
        of = [one.recipient and canonical.forms(one.recipient, "")[:1] for one in tried if one.rule == rule]
        logged = log.count(f"[{rule}]")
        if not len(set(of)) <= logged <= len(of):
            yield f"{rule}: logged {logged} times, of {of}"
