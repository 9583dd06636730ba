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
from tests.differential.features import asked
from tests.differential.playing import DEPLOYMENT
from tests.differential.stacks import STACKS, Stack

OFTEN = 3
NEVER_UNKNOWN = {  # by failed lookups that this world has
    *(c.SenderNull, c.SenderPostmaster, c.RecipientsOver, c.ClientNameless, c.HeloIn, c.Authenticated, c.Trusted),
    *(c.Upstream, c.Kept, c.RecipientElsewhere, c.RecipientFull, c.BatvIs, c.Scoring, c.HeaderMatches, c.ReportIs),
    c.ForgedBounce,
}


def few(counts: Counter[object], wanted: list[object], least: int) -> list[str]:
    return [f"{what}: {counts[what]}" for what in wanted if counts[what] < least]


def test_everything_happens_often_in_a_few_hundred_sessions() -> None:
    campaign = Campaign(None, policies=120, sessions=8)
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
    assert sum(len(one.sessions) for one in rounds) == 960
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
def test_little_of_what_is_drawn_is_too_much_for_a_stack(stack: Stack) -> None:
    campaign = Campaign(stack, policies=20, sessions=1)
    campaign.rounds()
    assert campaign.refused * 10 <= campaign.drawn, f"{campaign.refused} of {campaign.drawn} policies are refused"
    assert campaign.left_out * 4 <= campaign.kept, f"{campaign.left_out} statements are too much for the stack"


def test_a_campaign_is_the_same_again_for_the_same_seed() -> None:
    one, again, other = (Campaign(STACKS[1], policies=2, sessions=3, seed=seed).rounds() for seed in (7, 7, 8))
    assert [r.sessions for r in one] == [r.sessions for r in again]
    assert [r.compiled.text for r in one] == [r.compiled.text for r in again]
    assert [r.compiled.text for r in one] != [r.compiled.text for r in other]
