from __future__ import annotations

from pathlib import Path

import pytest

from nullsender import explain
from tests.checking.policies import check_file

CODES = [code for code in explain.codes() if code[2] in "234"]
FILES = {
    "recipients.txt": "alice@example.org\nabuse@example.org\n",
    "bounce.txt": "[failed]\nSubject: Not delivered\n\nThe message below was not delivered.\n",
    "sets.ndr": "addresses theirs = joe@example.com\n",
}


def _codes(folder: Path, text: str) -> set[str]:
    for name, content in (FILES | {"policy.ndr": text}).items():
        (folder / name).write_text(content)
    return check_file(folder / "policy.ndr").codes


@pytest.mark.parametrize("code", CODES)
def test_the_example_of_a_page_has_its_fault_and_no_other(tmp_path: Path, code: str) -> None:
    example = explain.page(code).split("```\n")[1]
    assert _codes(tmp_path, example) == {code}


@pytest.mark.parametrize("code", CODES)
def test_what_a_page_says_instead_has_no_fault(tmp_path: Path, code: str) -> None:
    instead = explain.page(code).split("```\n")[3]
    assert _codes(tmp_path, instead) == set()
