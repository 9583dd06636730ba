"""Whatever once went otherwise on a server than it was meant: each case is played on every stack that can do it."""

from __future__ import annotations

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


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_a_case_goes_as_it_is_meant_wherever_it_can_be_played(lab: Lab, folder: Path) -> None:
    assert (folder / "README").read_text().strip()
    wrong = {stack.name: found for stack in STACKS if (found := played(lab, folder, stack)) is not None}
    assert wrong, "no stack can play it"
    assert {stack: found for stack, found in wrong.items() if found} == {}


def played(lab: Lab, folder: Path, stack: Stack) -> list[str] | None:
    """Return what went otherwise on a stack, None where it cannot do what the case is about."""
    policy, plan, outputs, found = compile_text(text_for(folder, stack), stack, folder / "policy.ndr")
    if policy is None or plan is None or has_errors(found):
        return None
    live = live_of(folder)
    read, sessions = furnished(policy, tuple(example.session for example in policy.examples), live)
    if any(is_beyond(stack, read, session) for session in sessions):
        return None
    wrong: list[str] = []
    with running(lab, policy, plan.deployments[0], outputs, live) as play:
        for example, session in zip(policy.examples, sessions, strict=True):
            wrong += map(str, failures(example, evaluate(read, session, DEPLOYMENT)))
            wrong += map(str, play(read, session))
    return wrong
