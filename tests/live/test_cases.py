"""Whatever once went otherwise on a server than it was meant: each case is played on every stack that can do it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender.diagnostic import has_errors
from nullsender.evaluator import evaluate
from nullsender.lab.lab import Lab
from nullsender.testing.meeting import failures
from tests.differential.cases import folders, live_of, text_for
from tests.differential.limits import is_beyond
from tests.differential.playing import DEPLOYMENT, compile_text
from tests.differential.servers import running
from tests.differential.stacks import STACKS, Stack
from tests.differential.world import furnished

pytestmark = pytest.mark.live


def able(folder: Path) -> Iterator[Stack]:
    for stack in STACKS:
        policy, _, _, found = compile_text(text_for(folder, stack), stack, folder / "policy.ndr")
        if policy is None or has_errors(found):
            continue
        read, sessions = furnished(policy, tuple(example.session for example in policy.examples), live_of(folder))
        if not any(is_beyond(stack, read, session) for session in sessions):
            yield stack


def played() -> Iterator[object]:
    for folder in folders():
        for stack in able(folder):
            yield pytest.param(folder, stack, id=f"{folder.name}-{stack.name}")


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_a_case_says_what_it_showed_and_can_be_played(folder: Path) -> None:
    assert (folder / "README").read_text().strip()
    assert list(able(folder))


@pytest.mark.parametrize(("folder", "stack"), list(played()))
def test_a_case_goes_as_it_is_meant(lab: Lab, folder: Path, stack: Stack) -> None:
    policy, plan, outputs, _ = compile_text(text_for(folder, stack), stack, folder / "policy.ndr")
    assert policy is not None
    assert plan is not None
    live = live_of(folder)
    read, sessions = furnished(policy, tuple(example.session for example in policy.examples), live)
    assert sessions
    with running(lab, policy, plan.deployments[0], outputs, live) as play:
        for example, session in zip(policy.examples, sessions, strict=True):
            assert failures(example, evaluate(read, session, DEPLOYMENT)) == ()
            assert play(read, session) == ()
