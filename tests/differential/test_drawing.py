"""The policies and sessions that are drawn are worth the trouble: everything happens in them, and often."""

from __future__ import annotations

from collections import Counter

import pytest

from nullsender import condition as c
from nullsender.asking import View, ask
from nullsender.features import ACTIONS, ATOMS
from nullsender.policy import Rule, Stage
from nullsender.session import Session
from nullsender.verdict import Effect, Outcome
from tests.differential.campaign import Campaign, Round
from tests.differential.features import NO_LOGIN, UNSAYABLE, asked, exercised
from tests.differential.playing import DEPLOYMENT
from tests.differential.stacks import STACKS, Stack, exact

OFTEN = 10
MOST = 5  # campaigns until everything was seen
NEVER_UNKNOWN = {  # by failed lookups that this world has
    *(c.SenderNull, c.SenderPostmaster, c.RecipientsOver, c.ClientNameless, c.HeloIn, c.Authenticated, c.Trusted),
    *(c.Upstream, c.Kept, c.RecipientElsewhere, c.RecipientFull, c.BatvIs, c.Scoring, c.HeaderMatches, c.ReportIs),
    c.ForgedBounce,
}


def few(counts: Counter[object], wanted: list[object], least: int) -> list[str]:
    return [f"{what}: {counts[what]}" for what in wanted if counts[what] < least]


def test_everything_happens_often_in_two_thousand_sessions() -> None:
    campaign = Campaign(None, policies=200, sessions=10)
    counts: Counter[object] = Counter()
    truths: Counter[object] = Counter()
    rounds = campaign.rounds()
    for one in rounds:
        rules = {rule.id: rule for rule in one.policy.rules}
        for session, verdict in one.sessions:
            counts.update(outcome.outcome for _, outcome in verdict.recipients)
            counts.update([verdict.message.outcome] if verdict.message else [])
            for tried in verdict.trace:
                counts.update((tried.effect, tried.truth))
                if tried.rule in rules and tried.effect is not Effect.NONE:
                    counts.update((tried.stage, type(rules[tried.rule].action)))
            counts.update(asked(one.policy, verdict))
            truths.update(told(one, session))
    assert sum(len(one.sessions) for one in rounds) == 2000
    wanted = [*Outcome, *Effect, True, False, None, *Stage, *ACTIONS, *ATOMS]
    assert few(counts, wanted, OFTEN) == []
    both = [(kind, truth) for kind in ATOMS for truth in (True, False)]
    unsure = [(kind, None) for kind in ATOMS if kind not in NEVER_UNKNOWN]
    assert few(truths, [*both, *unsure], OFTEN) == []


def told(one: Round, session: Session) -> list[object]:
    """Return each question of the policy's rules with the answer that the session gives."""
    view = View(one.policy, DEPLOYMENT, session, session.recipients[:1], session.score)
    atoms = dict.fromkeys(atom for rule in one.policy.rules for atom in _atoms(rule))
    return [(type(atom), ask(view, atom)) for atom in atoms]


def _atoms(rule: Rule) -> list[c.Atom]:
    return [atom for condition in (rule.when, *rule.unless) for _, atom in c.literals(condition)]


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
def test_every_feature_that_a_stack_has_without_loss_is_exercised(stack: Stack) -> None:
    missing = exact(stack) - UNSAYABLE - (frozenset() if stack.login else NO_LOGIN)
    for seed in range(1, MOST + 1):
        campaign = Campaign(stack, policies=50, sessions=8, seed=seed)
        for one in campaign.rounds():
            for _, verdict in one.sessions:
                missing -= exercised(one.policy, verdict, DEPLOYMENT)
        assert campaign.refused * 10 <= campaign.drawn, f"{campaign.refused} of {campaign.drawn} policies are refused"
        assert campaign.left_out * 5 <= campaign.kept, f"{campaign.left_out} statements are too much for the stack"
        if not missing:
            break
    assert sorted(missing) == []


def test_a_campaign_is_the_same_again_for_the_same_seed() -> None:
    one, again, other = (Campaign(STACKS[1], policies=4, sessions=3, seed=seed).rounds() for seed in (7, 7, 8))
    assert [r.sessions for r in one] == [r.sessions for r in again]
    assert [r.compiled.text for r in one] == [r.compiled.text for r in again]
    assert [r.compiled.text for r in one] != [r.compiled.text for r in other]
