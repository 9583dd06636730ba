from __future__ import annotations

import re
from pathlib import Path

import pytest

from nullsender import explain
from nullsender.testing.cases import cases
from nullsender.testing.running import run_tests

PLAYED = ("NS801", "NS802", "NS803")


def codes_of(folder: Path, text: str) -> set[str]:
    (folder / "policy.ndr").write_text(text)
    run = run_tests(folder / "policy.ndr")
    assert run.diagnostics == ()
    return {diagnostic.code for case in cases(run) for diagnostic in case.diagnostics}


@pytest.mark.parametrize("code", PLAYED)
def test_the_example_of_a_page_fails_with_its_code_and_what_it_says_instead_passes(tmp_path: Path, code: str) -> None:
    example, instead = re.findall(r"^```\n(.*?)^```$", explain.page(code), re.MULTILINE | re.DOTALL)
    assert codes_of(tmp_path, example) == {code}
    assert codes_of(tmp_path, instead) == set()
