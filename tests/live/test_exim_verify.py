"""See that what Exim would only stumble over later is found when compiling."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nullsender import condition as c
from nullsender.target import Verification
from nullsender_targets.exim.verify import verify
from tests.live.lab import Lab
from tests.targets.exim.parts import part, rule, write

pytestmark = pytest.mark.live

ACL, MAIN = "nullsender/acl.conf", "nullsender/main.conf"


@pytest.fixture(params=[True, False], ids=["standalone", "fragment"])
def tree(request: pytest.FixtureRequest, lab: Lab, tmp_path: Path) -> tuple[Path, bool]:
    lab.fresh()
    write(part(rule("it", c.SenderNull()), standalone=request.param), tmp_path)
    return tmp_path, request.param


def test_what_is_generated_is_found_good(tree: tuple[Path, bool]) -> None:
    assert verify(*tree) == Verification(ran=("exim -bV", "exim -be", "exim -bh"))


def changed(path: str, change: Callable[[str], str], tree: tuple[Path, bool]) -> tuple[Path, bool]:
    file = tree[0] / path
    before = file.read_text()
    file.write_text(change(before))
    assert file.read_text() != before
    return tree


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (ACL, "  deny    senders", "  dany    senders", "dany"),
        (ACL, "senders = :", "sanders = :", "sanders"),
        (ACL, "${lc:$domain}", "${lc:$domain", "Failed"),
        (ACL, "${lc:$domain}", "${lcc:$domain}", "Failed"),
        (ACL, "+nullsender_mine", "+nullsender_yours", "nullsender_yours"),
        (MAIN, "domainlist", "domainliszt", "domainliszt"),
    ],
)
def test_a_mistake_is_found_in_its_file(tree: tuple[Path, bool], path: str, old: str, new: str, said: str) -> None:
    verification = verify(*changed(path, lambda text: text.replace(old, new, 1), tree))
    assert any(said in finding.text for finding in verification.findings), verification
    assert verification.findings[0].path == path


def test_a_line_is_named_with_a_finding(tree: tuple[Path, bool]) -> None:
    text = (tree[0] / ACL).read_text()
    number = next(n for n, line in enumerate(text.splitlines(), 1) if "${lc:$domain}" in line)
    found = verify(*changed(ACL, lambda text: text.replace("${lc:$domain}", "${lcc:$domain}"), tree)).findings
    assert (ACL, number) in [(finding.path, finding.line) for finding in found]


def test_a_missing_program_is_named(tree: tuple[Path, bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert verify(*tree) == Verification(not_run=("exim (not installed)",))


def test_the_files_that_were_checked_are_left_as_they_were(tree: tuple[Path, bool]) -> None:
    before = {path: path.read_bytes() for path in tree[0].rglob("*") if path.is_file()}
    assert verify(*tree).findings == ()
    assert {path: path.read_bytes() for path in tree[0].rglob("*") if path.is_file()} == before
