"""Each folder of `cases` is a policy with what is said of it; `UPDATE_GOLDENS=1 pytest` writes that anew."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from nullsender import explain
from nullsender.report.text import render
from tests.checking.policies import check_file

CASES = Path(__file__).parent / "cases"
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(case.name for case in CASES.iterdir()))
def test_a_policy_is_told_all_that_is_wrong_with_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES / name)
    said = render(check_file(Path("policy.ndr")).diagnostics)
    golden = Path("expected.txt")
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


def test_cases_and_pages_between_them_show_every_code_of_the_checks() -> None:
    shown = "".join(golden.read_text(encoding="utf-8") for golden in CASES.glob("*/expected.txt"))
    lacking = [code for code in explain.codes() if code[2] in "234" and f"[{code}]" not in shown]
    assert len(lacking) < 20  # these have the examples of their pages
    assert not {"NS201", "NS206", "NS301", "NS302", "NS312"} & set(lacking)


def test_the_example_of_the_project_has_no_fault() -> None:
    checked = check_file(ROOT / "examples/edge.ndr", date(2026, 11, 23))
    assert checked.says == []
    assert [rule.id for rule in checked.good.rules] == [
        "relaying",
        "reject-nonexistent-recipients",
        "reject-bounces-to-several-recipients",
        "reject-bounces-to-silent",
        "use-dnsbl-ips-backscatterer-org-in-safe-mode",
        "reject-mail-scoring-15-or-more",
        "quarantine-mail-scoring-8-or-more",
    ]
