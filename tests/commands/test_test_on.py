"""`nullsender test --on`, as far as no server is booted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest

from nullsender.lab import alone, prerequisites
from nullsender.testing import github, junit, plain_json, text
from nullsender.testing.cases import Case, cases
from nullsender.testing.running import run_tests
from nullsender.trial.choosing import choose
from nullsender.trial.rounds import rounds
from tests.commands.conftest import POLICY, Run

TESTS = 'test "to two" { from <> to alice@example.org, bob@example.org expect reject at data }\n'
NO_ROOT = "servers are booted as root"


@pytest.fixture(autouse=True)
def _no_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites, "missing", lambda: NO_ROOT)
    monkeypatch.setattr(alone, "go_alone", lambda: pytest.fail("no process is to be started"))


@pytest.fixture
def policy(site: Path) -> Path:
    path = site / "policy.ndr"
    path.write_text(POLICY + TESTS)
    return path


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (["all"], ["mx1", "mx2"]),
        (["postbox"], ["mx1", "mx2"]),
        (["postbox+strainer"], ["mx2"]),
        (["mx2", "mx1"], ["mx1", "mx2"]),
        (["mx1", "mx1"], ["mx1"]),
    ],
)
def test_deployments_are_meant_by_name_by_server_and_by_stack(policy: Path, names: list[str], meant: list[str]) -> None:
    parsed = run_tests(policy).policies[0][1]
    assert [one.name for one in choose(parsed, names)] == meant


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("postbx", "did you mean `postbox`?"),
        ("mx1,postbox+strainr", "did you mean `postbox+strainer`?"),
        ("2026-01-01", "there are all, mx1, postbox, mx2, postbox+strainer"),
        ("mx1,", "nothing that is called ''"),
        ("strainer", "there are all, "),
    ],
)
def test_a_name_that_means_nothing_is_wrong_use(run: Run, policy: Path, names: str, said: str) -> None:
    with pytest.raises(click.BadParameter) as wrong:
        run("test", policy, "--on", names)
    assert said in wrong.value.message


def test_trees_and_the_wish_to_play_all_go_with_on(run: Run, policy: Path) -> None:
    for option in (("--tree", "."), ("--all-played",)):
        with pytest.raises(click.UsageError, match="go with --on"):
            run("test", policy, *option)
    with pytest.raises(click.BadParameter, match="does not exist"):
        run("test", policy, "--on", "all", "--tree", "missing")


def test_a_machine_that_cannot_be_made_is_said_with_what_is_needed(run: Run, policy: Path) -> None:
    done = run("test", policy, "--on", "mx1", "--on", "mx2")
    assert (done.return_value, done.stdout.splitlines()[0]) == (
        2,
        f"error[NS813]: servers cannot be booted here: {NO_ROOT}",
    )
    assert (
        json.loads(run("test", policy, "--on", "all", "--format", "json").stdout)["diagnostics"][0]["code"] == "NS813"
    )
    (policy.parent / "policy.ndr").write_text(POLICY + TESTS.replace("from", "form"))
    assert run("test", policy, "--on", "all").return_value == 1


def test_days_with_the_same_files_share_a_boot(policy: Path) -> None:
    dated = "".join(
        f'test "on {day}" {{ from <> to alice@example.org date {day} expect accept }}\n'
        for day in ("2026-05-01", "2026-06-30", "2026-07-01", "2026-08-01")
    )
    rule = "reject ordinary mail from joe@partner.example until 2026-06-30\n"
    policy.write_text(POLICY + rule + TESTS + TESTS.replace("to two", "on mx2").replace("from", "on mx2 from") + dated)
    run = run_tests(policy)
    (mx1, mx2) = run.policies[0][1].deployments
    named = [[turn.example.name for turn in one.turns] for one in rounds(policy, run, mx1)]
    assert named == [["on 2026-05-01", "to two", "on 2026-06-30"], ["on 2026-07-01", "on 2026-08-01"]]
    assert [len(one.turns) for one in rounds(policy, run, mx2)] == [4, 2]


def test_a_test_that_was_not_played_is_told_in_every_format(policy: Path) -> None:
    (played,) = cases(run_tests(policy))
    shown: tuple[Case, ...] = (played, replace(played, where="mx1 on postbox", unplayed="nobody can"))
    lines = text.render(shown).splitlines()
    assert lines[1:] == ["--   to two (mx1 on postbox): not played, nobody can", "1 passed, 0 failed, 1 not played"]
    root = ET.fromstring(junit.render(shown))  # noqa: S314  # our own
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("2", "0", "1")
    assert [one.get("message") for one in root.iter("skipped")] == ["nobody can"]
    report = json.loads(plain_json.render(shown))
    assert (report["passed"], report["failed"], report["not_played"]) == (1, 0, 1)
    assert [test["became"] for test in report["tests"]] == ["passed", "not played"]
    assert [test["not_played"] for test in report["tests"]] == [None, "nobody can"]
    assert "1 not played" in github.render(shown)
