from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.commands.conftest import POLICY, Run

PASSES = 'test "to two" { from <> to alice@example.org, bob@example.org expect reject at data }\n'
FAILS = 'test "to one" {\n  from <>  to bob@example.org\n  expect reject\n}\n'


def write(site: Path, text: str) -> None:
    (site / "policy.ndr").write_text(POLICY + text)


def test_tests_that_pass_are_clean(run: Run, site: Path) -> None:
    write(site, PASSES)
    done = run("test", "policy.ndr")
    assert (done.return_value, done.stderr) == (0, "")
    assert done.stdout == "ok   to two (mx1, 2026-01-01)\n1 passed, 0 failed\n"


def test_a_failing_test_shows_the_session_what_was_expected_and_the_rules(run: Run, site: Path) -> None:
    write(site, PASSES + FAILS)
    done = run("test", "policy.ndr")
    assert done.return_value == 1
    assert "error[NS801]: expected reject for bob@example.org, got accept\n" in done.stdout
    assert "14 |   expect reject\n   |   ^^^^^^^^^^^^^\n" in done.stdout
    session = [line.strip() for line in done.stdout.partition("  session\n")[2].partition("\n\n")[0].splitlines()]
    assert session[4:8] == ["C: MAIL FROM:<>", "S: 250 2.1.0 ok", "C: RCPT TO:<bob@example.org>", "S: 250 2.1.5 ok"]
    assert re.search(r"rcpt: bob@example.org\n +relaying +does not apply\n", done.stdout)
    assert re.search(r"data: the message\n +reject-bounces-to-several-recipients +does not apply\n", done.stdout)
    assert done.stdout.endswith("1 passed, 1 failed\n")


def test_a_policy_with_errors_is_not_played(run: Run, site: Path) -> None:
    write(site, PASSES.replace("from <>", "form <>"))
    done = run("test", "policy.ndr")
    assert done.return_value == 1
    assert "passed" not in done.stdout
    assert run("test", "missing.ndr").return_value == 2


def test_no_tests_are_said_to_be_none(run: Run, site: Path) -> None:
    write(site, "")
    done = run("test", "policy.ndr")
    assert (done.return_value, done.stdout[:8]) == (0, "no tests")


def test_coverage_names_rules_and_fails_below_the_least(run: Run, site: Path) -> None:
    write(site, PASSES)
    done = run("test", "policy.ndr", "--coverage")
    assert done.return_value == 0
    assert "1 of 4 rules are decided by a test (25 %)\n" in done.stdout
    assert "  none decides reject-bounces-to-silent (policy.ndr:8)\n" in done.stdout
    assert run("test", "policy.ndr", "--min", "25").return_value == 0
    short = run("test", "policy.ndr", "--min", "26")
    assert (short.return_value, short.stderr) == (1, "nullsender: tests decide 25 % of the rules, less than 26 %\n")


def test_junit_has_a_case_for_each_test(run: Run, site: Path) -> None:
    write(site, PASSES + FAILS)
    done = run("test", "policy.ndr", "--format", "junit", "--coverage")
    root = ET.fromstring(done.stdout)  # noqa: S314  # our own
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    first, second = root.iter("testcase")
    assert (first.get("name"), first.find("failure")) == ("to two (mx1, 2026-01-01)", None)
    failure = second.find("failure")
    assert failure is not None
    assert (second.get("file"), second.get("line"), failure.get("type")) == ("policy.ndr", "12", "NS801")
    assert "MAIL FROM" in (failure.text or "")
    assert next(p.get("value") for p in root.iter("property")) == "25.0"


def test_json_has_everything(run: Run, site: Path) -> None:
    write(site, PASSES + FAILS)
    report = json.loads(run("test", "policy.ndr", "--format", "json", "--coverage").stdout)
    assert (report["passed"], report["failed"]) == (1, 1)
    assert [test["passed"] for test in report["tests"]] == [True, False]
    assert report["tests"][1]["failures"][0]["code"] == "NS801"
    assert report["tests"][1]["failures"][0]["start"] == {"line": 14, "column": 3}
    assert report["coverage"]["missed"][-1] == "reject-bounces-to-silent"


def test_workflows_of_github_get_commands(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(site, PASSES + FAILS)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = run("test", "policy.ndr")
    assert "\n::error title=NS801,file=policy.ndr,line=14,endLine=14,col=3,endColumn=16::expected reject" in done.stdout
    assert "1 passed, 1 failed\n" in done.stdout


def test_a_property_is_a_test(run: Run, site: Path) -> None:
    write(site, "never reject when sender is null\n")
    done = run("test", "policy.ndr")
    assert done.return_value == 1
    assert "error[NS802]: never reject, but " in done.stdout


def test_text_of_a_policy_does_not_act_on_the_terminal(run: Run, site: Path) -> None:
    write(site, FAILS.replace("to one", "to \u202eone"))
    done = run("test", "policy.ndr")
    assert "\u202e" not in done.stdout
    assert done.return_value == 1
