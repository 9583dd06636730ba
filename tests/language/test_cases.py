"""What is said of broken policies, word for word: run with `--update-goldens` and read the diff."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullsender.report.text import render
from tests.language.texts import HERE, read_file

CASES = sorted(path.parent for path in (HERE / "cases").glob("*/policy.*"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_what_is_said_of_a_broken_policy(case: Path, update_goldens: bool) -> None:
    (policy,) = case.glob("policy.*")
    said = render(read_file(policy, policy.name)[1])
    expected = case / "expected.txt"
    if update_goldens:
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    assert said
