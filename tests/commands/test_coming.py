"""A tree holds what its policy becomes on coming days."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import POLICY, Run
from tests.commands.test_compile import manifest
from tests.output.fakes import contents

DATED = (
    POLICY + "reject ordinary mail to silent until 2027-06-30 as trial on mx1\nreject bounces from 2028-01-01 as late\n"
)


def test_files_that_differ_on_coming_days_stand_below_those_days(run: Run, site: Path) -> None:
    (site / "policy.ndr").write_text(DATED)
    assert run("compile", "policy.ndr", "--out", "build", "--on", "2027-01-31").return_value == 0
    value = manifest(site)
    assert (value["due"], value["dates"]) == ("2027-07-01", ["2027-07-01", "2028-01-01"])
    tree = contents(site / "build")
    assert [path for path in tree if "/due/" in path] == [
        "mx1/due/2027-07-01/apply.sh",
        "mx1/due/2027-07-01/postbox/nullsender/rules",
        "mx1/due/2028-01-01/apply.sh",
        "mx1/due/2028-01-01/postbox/nullsender/rules",
        "mx2/due/2027-07-01/apply.sh",
        "mx2/due/2028-01-01/apply.sh",
        "mx2/due/2028-01-01/postbox/nullsender/rules",
    ]
    assert "trial" in tree["mx1/postbox/nullsender/rules"]
    assert "trial" not in tree["mx1/due/2027-07-01/postbox/nullsender/rules"]
    files = value["files"]
    assert isinstance(files, dict)
    assert "late" in files["mx1/due/2028-01-01/postbox/nullsender/rules"]["lines"]


@pytest.mark.parametrize(("day", "folder"), [("2027-07-01", "2027-07-01"), ("2029-01-01", "2028-01-01")])
def test_a_coming_days_files_are_those_that_are_compiled_on_it(run: Run, site: Path, day: str, folder: str) -> None:
    (site / "policy.ndr").write_text(DATED)
    run("compile", "policy.ndr", "--out", "build", "--on", "2027-01-31")
    run("compile", "policy.ndr", "--out", "then", "--on", day)
    held = site / f"build/mx1/due/{folder}/postbox/nullsender/rules"
    assert held.read_text() == (site / "then/mx1/postbox/nullsender/rules").read_text()


def test_between_two_dates_a_tree_is_the_same_on_every_day(run: Run, site: Path) -> None:
    (site / "policy.ndr").write_text(DATED)
    run("compile", "policy.ndr", "--out", "build", "--on", "2027-07-01")
    run("compile", "policy.ndr", "--out", "later", "--on", "2027-12-31")
    assert {**contents(site / "build"), "manifest.json": ""} == {**contents(site / "later"), "manifest.json": ""}


def test_what_cannot_be_compiled_on_a_coming_day_is_an_error_today(run: Run, site: Path) -> None:
    (site / "policy.ndr").write_text(POLICY + "quarantine into hold\nquarantine bounces from 2027-07-01\n")
    done = run("compile", "policy.ndr", "--out", "build", "--on", "2027-01-31")
    assert done.return_value == 1
    assert "error[NS502]: as of 2027-07-01: `mx1` cannot do `quarantine bounces`" in done.stdout
    assert not (site / "build").exists()


def test_the_real_programs_see_the_files_of_coming_days(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTBOX_REFUSES", "late")
    (site / "policy.ndr").write_text(DATED)
    done = run("compile", "policy.ndr", "--out", "build", "--on", "2027-01-31")
    assert done.return_value == 1
    assert "as of 2028-01-01: `postbox` refuses `mx1/postbox/nullsender/rules:" in done.stdout
    assert run("compile", "policy.ndr", "--out", "build", "--on", "2027-01-31", "--no-verify").return_value == 0


def test_a_tree_holds_a_dozen_days_and_says_when_it_has_to_be_made_anew(run: Run, site: Path) -> None:
    rules = (
        f"reject bounces to silent until 2027-{month:02}-{day} as r{month}-{day}\n"
        for month in range(1, 13)
        for day in (10, 20)
    )
    (site / "policy.ndr").write_text(POLICY + "".join(rules))
    run("compile", "policy.ndr", "--out", "build", "--on", "2027-01-01", "--no-verify")
    dates = json.loads((site / "build/manifest.json").read_text())["dates"]
    assert (len(dates), dates[-1]) == (12, "2027-06-21")
    assert "\nbeyond=2027-07-11 " in (site / "build/mx1/apply.sh").read_text()
