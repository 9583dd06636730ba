"""Play the tests of small policies to every deployment that they name, and compare with the evaluator in everything."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from nullsender.lab.lab import Lab
from nullsender.testing.cases import Became
from nullsender.testing.running import Run, run_tests
from nullsender.testing.text import lines_of
from nullsender.trial.choosing import choose
from nullsender.trial.playing import play_round
from nullsender.trial.rounds import rounds
from tests.live.scenario import deployments
from tests.live.test_policies import FOLDER

pytestmark = pytest.mark.live

PLAYED = Path(__file__).parent / "played"  # policies whose tests expect more than a dialogue shows


@cache
def run(path: Path) -> Run:
    found = run_tests(path)
    assert found.good, found
    return found


def played() -> Iterator[object]:
    for path in (*sorted(FOLDER.glob("*.ndr")), *sorted(PLAYED.glob("*.ndr"))):
        for deployment in deployments(path):
            yield pytest.param(path, deployment, id=f"{path.stem}:{deployment}")


@pytest.mark.parametrize(("path", "deployment"), list(played()))
def test_a_server_does_what_the_evaluator_says(lab: Lab, path: Path, deployment: str) -> None:
    its = run(path)
    (chosen,) = choose(its.policies[0][1], [deployment])
    cases = [case for one in rounds(path, its, chosen) for _, case in play_round(lab, one, print)]
    wrong = [line for case in cases if case.became is not Became.PASSED for line in lines_of(case, colour=False)]
    assert wrong == []
    speaking = [one for one in its.results if one.example.deployment in (None, deployment)]
    assert len(cases) == len(speaking) > 0
