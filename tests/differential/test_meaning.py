"""What is so in every session, whatever the policy says: the reference evaluator never breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nullsender import condition as c
from nullsender.asking import View, ask
from nullsender.condition import literals
from nullsender.evaluator import evaluate
from nullsender.features import full_condition
from nullsender.policy import Policy, Rule, Stage
from nullsender.session import Session
from nullsender.truth import Truth, answer
from nullsender.verdict import SPLIT, Decision, Effect, Outcome, Verdict
from tests.differential.playing import DEPLOYMENT, Compiled, compiled
from tests.differential.policies import Draft, drafts
from tests.differential.sessions import sessions
from tests.differential.world import DEAD, LISTINGS, furnished

SESSIONS = 6  # of each policy


@dataclass(frozen=True, slots=True)
class Case:
    """A policy with its lists read, and sessions."""

    compiled: Compiled
    policy: Policy
    sessions: tuple[Session, ...]

    def verdicts(self) -> Iterator[tuple[Session, Verdict]]:
        return ((session, evaluate(self.policy, session, DEPLOYMENT)) for session in self.sessions)

    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.policy.rules if not rule.on or DEPLOYMENT in rule.on)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    found = compiled(draw(drafts(None, named=True)), None)
    assert found is not None, "nothing of the policy was right"
    of_policy = sessions(found.policy, login=True, scores=True, whole=True)
    drawn = tuple(draw(of_policy) for _ in range(SESSIONS))
    return Case(found, *furnished(found.policy, drawn))


def always(check: Callable[[Case], None]) -> Callable[[], None]:
    """Make a test of something that is so for every policy and session."""
    return settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.too_slow])(
        given(cases())(check)
    )


def meaning(verdict: Verdict) -> Verdict:
    """Return a verdict without how it came about."""
    return replace(verdict, trace=(), reported=())


def view(case: Case, session: Session, *recipients: str) -> View:
    return View(case.policy, DEPLOYMENT, session, recipients, session.score)


def trusted(case: Case, session: Session) -> Truth:
    return ask(view(case, session), c.Trusted())


def of_the_trusted(rule: Rule) -> bool:
    return any(sign is c.Sign.IS and isinstance(atom, c.Trusted) for sign, atom in literals(rule.when))


def deciding(case: Case, decision: Decision) -> Rule:
    return next(rule for rule in case.rules() if rule.id == decision.rule)


def decisions(verdict: Verdict) -> list[Decision]:
    found = [decision for _, decision in verdict.recipients]
    return [one for one in (*found, verdict.message) if one is not None and one.rule not in (None, SPLIT)]


@always
def test_every_session_has_a_verdict(case: Case) -> None:
    for session, verdict in case.verdicts():
        assert tuple(recipient for recipient, _ in verdict.recipients) == session.recipients
        assert (verdict.message is None) is (not verdict.accepted)


@always
def test_relaying_and_existence_come_before_whatever_is_written(case: Case) -> None:
    first = tuple(rule for rule in case.policy.rules if rule.relaying or rule.existence)
    alone = replace(case.policy, rules=first, split=())
    for session, verdict in case.verdicts():
        for (_, bare), (_, whole) in zip(
            evaluate(alone, session, DEPLOYMENT).recipients, verdict.recipients, strict=True
        ):
            assert whole == bare if bare.outcome.refuses else whole.rule not in {rule.id for rule in first}


@always
def test_what_only_reports_changes_no_verdict(case: Case) -> None:
    rest = replace(case.policy, rules=tuple(rule for rule in case.policy.rules if not rule.report_only))
    for session, verdict in case.verdicts():
        assert meaning(evaluate(rest, session, DEPLOYMENT)) == meaning(verdict)


@always
def test_the_trusted_are_exempt_from_all_rules_but_those_on_outgoing_mail(case: Case) -> None:
    for session, verdict in case.verdicts():
        if trusted(case, session) is True:
            for rule in (deciding(case, decision) for decision in decisions(verdict)):
                assert rule.relaying or rule.existence or of_the_trusted(rule), rule.id


@always
def test_the_kept_are_exempt_from_all_rules_but_relaying_existence_and_those_on_outgoing_mail(case: Case) -> None:
    for session, verdict in case.verdicts():
        for recipient, decision in verdict.recipients:
            if decision.rule not in (None, SPLIT) and ask(view(case, session, recipient), c.Kept()) is True:
                rule = deciding(case, decision)
                assert rule.relaying or rule.existence or of_the_trusted(rule), rule.id


@always
def test_postmaster_can_always_be_reached(case: Case) -> None:
    to = ("postmaster", "Postmaster@Example.ORG", "postmaster@example.net", "postmaster+x@example.org")
    for session in case.sessions:
        for recipient in to[: 4 if "+" in case.policy.delimiters else 3]:
            alone = replace(session, recipients=(recipient,))
            verdict = evaluate(case.policy, alone, DEPLOYMENT)
            rule = verdict.recipients[0][1].rule
            assert rule is None or of_the_trusted(deciding(case, verdict.recipients[0][1])), (recipient, rule)


@always
def test_the_null_sender_never_gets_a_report(case: Case) -> None:
    for session in case.sessions:
        assert evaluate(case.policy, replace(session, sender=""), DEPLOYMENT).ndrs == ()


@always
def test_only_accepted_mail_that_is_lost_causes_a_report(case: Case) -> None:
    for session, verdict in case.verdicts():
        assert set(verdict.ndrs) <= {session.sender}
        if verdict.ndrs:
            assert verdict.message is not None
            assert verdict.message.outcome is Outcome.ACCEPT
            assert session.absent


@always
def test_a_failed_lookup_never_refuses_for_good(case: Case) -> None:
    for _, verdict in case.verdicts():
        fired = {tried.rule for tried in verdict.trace if tried.truth is True}
        for decision in decisions(verdict):
            if decision.outcome is Outcome.REJECT:
                assert decision.rule in fired
        failed = {tried.rule for tried in verdict.trace if tried.effect is Effect.UNKNOWN}
        assert {one.outcome for one in decisions(verdict) if one.rule in failed - fired} <= {Outcome.DEFER}


@always
def test_who_cannot_be_looked_up_is_asked_to_come_again(case: Case) -> None:
    for session, verdict in case.verdicts():
        for recipient, decision in verdict.recipients:
            asked = view(case, session, recipient)
            if ask(asked, c.RecipientUnknown()) is None and ask(asked, c.RecipientElsewhere()) is False:
                assert decision.outcome is Outcome.DEFER, recipient


@always
def test_what_is_known_in_spite_of_failed_lookups_stays_so_when_they_answer(case: Case) -> None:
    answers = [frozenset((DEAD, answer) for answer in some) for some in ((), ("127.0.0.2",))]
    for session in case.sessions:
        for rule in case.rules():
            for seen in [(one,) for one in session.recipients] if rule.stage is Stage.RCPT else [session.recipients]:
                failing = _truth(case, rule, session, seen)
                for answer_ in answers if failing is not None else ():
                    told = replace(session, silent=frozenset(), unanswered=frozenset(), listed=session.listed | answer_)
                    assert _truth(case, rule, told, seen) is failing, rule.id


def _truth(case: Case, rule: Rule, session: Session, recipients: tuple[str, ...]) -> Truth:
    return answer(full_condition(rule), lambda atom: ask(view(case, session, *recipients), atom))


@always
def test_rules_of_another_deployment_change_nothing(case: Case) -> None:
    kept = tuple(line for line in case.compiled.draft.statements if not line.split(" as r")[0].endswith(" on two"))
    alone = tuple(line for line in kept if " on two " not in f"{line} ")
    other = compiled(Draft(alone), None)
    assert other is not None
    policy, there = furnished(other.policy, case.sessions)
    for (_, verdict), session in zip(case.verdicts(), there, strict=True):
        assert meaning(evaluate(policy, session, DEPLOYMENT)) == meaning(verdict)


@pytest.mark.parametrize("bit", sorted(LISTINGS))
def test_the_world_lists_clients_by_their_address_alone(bit: int) -> None:
    from tests.differential.world import bits, listings

    assert LISTINGS[bit] in listings(f"203.0.113.{64 + bit}")
    assert LISTINGS[bit] in listings(f"2001:db8:ff::{bit:x}")
    assert bits("203.0.113.64") == 0
