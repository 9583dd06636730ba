"""Play the tests of small policies to every deployment that they name, and compare with the evaluator in everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from nullsender.agreement import disagreements
from nullsender.evaluator import evaluate
from nullsender.frontend import build
from nullsender.lab.deploying import placed
from nullsender.lab.lab import Lab
from nullsender.lab.playing import Player, cannot_play
from nullsender.lists import read_lists
from nullsender.policy import Policy
from tests.live.test_policies import FOLDER

pytestmark = pytest.mark.live

TODAY = date(2026, 1, 1)
PLAYABLE = tuple(path for path in sorted(FOLDER.glob("*.ndr")))


@cache
def policy(path: Path) -> Policy:
    built = build(path, TODAY, standalone=True)
    assert built.policy is not None
    return built.policy


def played() -> Iterator[object]:
    for path in PLAYABLE:
        for deployment in policy(path).deployments:
            yield pytest.param(path, deployment.name, id=f"{path.stem}:{deployment.name}")


@pytest.mark.parametrize(("path", "deployment"), list(played()))
def test_a_server_does_what_the_evaluator_says(lab: Lab, path: Path, deployment: str) -> None:
    built = build(path, TODAY, standalone=True, only=(deployment,))
    assert built.policy is not None
    wrong = []
    with placed(lab, built) as running:
        player = Player(running)
        for example in built.policy.examples:
            if example.deployment in (None, deployment):
                read, (session,) = read_lists(built.policy, [example.session], live=not example.lookups_fail)
                verdict = evaluate(read, session, deployment)
                assert cannot_play(session, built.policy, lookups_fail=example.lookups_fail) is None
                seen = player.play(session, lookups_fail=example.lookups_fail)
                found = disagreements(verdict, seen, read, running.plan, running.signs())
                wrong += [(example.name, str(one)) for one in found]
    assert wrong == []
