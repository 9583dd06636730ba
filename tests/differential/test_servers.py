"""Every stack does with drawn policies and sessions what the evaluator says, in everything that shows.

`sh tests/run --long` plays many more, from a seed that it prints; NULLSENDER_SEED=N draws those of a seed again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from nullsender.agreement import disagreements
from nullsender.lab.lab import Lab
from nullsender.observation import Observed
from tests.differential.campaign import Campaign
from tests.differential.cases import as_policy, write
from tests.differential.directed import directed
from tests.differential.features import IF_PASSING, NO_LOGIN, PASSING, UNSAYABLE, exercised
from tests.differential.playing import DEPLOYMENT
from tests.differential.servers import watching
from tests.differential.shrinking import Found, shrunk
from tests.differential.stacks import STACKS, Stack, able, exact

pytestmark = pytest.mark.live

SEED = 1
POLICIES, SESSIONS = 40, 12  # for each stack
DIRECTED_SESSIONS = 24  # of each policy that is written
LONG_POLICIES, LONG_SESSIONS = 250, 16
MOST_SHRUNK = 3


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A session that did not go as it is meant, and what was seen of it: another time it may go as it should."""

    found: Found
    seen: Observed

    def __str__(self) -> str:
        told = (*map(str, self.found.wrong), as_policy(self.found), *self.seen.spoken, self.seen.log)
        return "\n".join(told)


@dataclass(frozen=True, slots=True)
class Played:
    """What a campaign at a stack came to."""

    stack: Stack
    policies: int
    sessions: int
    wrong: tuple[Otherwise, ...]
    exercised: frozenset[str]


def campaign(stack: Stack) -> Campaign:
    """Return what is drawn for a stack: the same each time, or much more in a long run."""
    seed = int(os.environ.get("NULLSENDER_SEED", SEED))
    long = os.environ.get("NULLSENDER_LONG") == "1"
    policies, sessions = (LONG_POLICIES, LONG_SESSIONS) if long else (POLICIES, SESSIONS)
    return Campaign(stack, policies, sessions, seed)


def name_of(stack: Stack) -> str:
    return f"drawn:{stack.name.replace('-', '')}"


@pytest.fixture(scope="module", params=STACKS, ids=name_of)
def played(request: pytest.FixtureRequest, lab: Lab) -> Played:
    stack = request.param
    wrong: list[Otherwise] = []
    features = frozenset[str]()
    drawing = campaign(stack)
    rounds = (*drawing.rounds(), *drawing.directed(directed(stack), DIRECTED_SESSIONS))
    for one in rounds:
        policy, plan = one.compiled.policy, one.compiled.plan
        assert plan is not None
        with watching(lab, policy, plan, one.compiled.outputs) as (watch, signs):
            for session, verdict in one.sessions:
                seen = watch(session, verdict)
                if found := disagreements(verdict, seen, one.policy, plan, signs, session):
                    wrong.append(Otherwise(Found(stack, one.compiled.draft, session, found), seen))
                features |= exercised(policy, verdict, DEPLOYMENT)
    return Played(stack, len(rounds), sum(len(one.sessions) for one in rounds), tuple(wrong), features)


def test_a_stack_does_what_the_evaluator_says(lab: Lab, played: Played, write_cases: Path | None) -> None:
    assert played.policies * len(STACKS) >= 100
    assert played.sessions * len(STACKS) >= 2000
    shown = [*map(str, played.wrong)]
    for number, otherwise in enumerate(played.wrong[:MOST_SHRUNK]):
        small = shrunk(lab, otherwise.found)
        shown.append("\n".join(("made small:", *map(str, small.wrong), as_policy(small))))
        if write_cases:
            write(small, write_cases / f"{played.stack.name}-{number}")
    assert not played.wrong, f"{len(played.wrong)} of {played.sessions} sessions\n\n" + "\n\n".join(shown)


def test_every_feature_that_a_stack_has_without_loss_was_played(played: Played) -> None:
    unsayable = UNSAYABLE if played.stack.login else UNSAYABLE | NO_LOGIN
    unsayable = unsayable if PASSING in able(played.stack) else unsayable | IF_PASSING
    assert sorted(exact(played.stack) - unsayable - played.exercised) == []
