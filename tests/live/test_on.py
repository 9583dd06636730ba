"""`nullsender test --on` plays the tests of a policy to real servers, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from nullsender.lab.machine import descendants
from tests.live import outside
from tests.live.deployment import COMMAND
from tests.servers.packages import unpacked_trees

pytestmark = pytest.mark.live

EDGE = Path(__file__).parents[2] / "examples" / "edge.ndr"
TREES = [word for tree in unpacked_trees() for word in ("--tree", str(tree))]
SITE = """
policy "site"
domains mine = example.org
recipients of mine from file "people.txt"
deliver mine to lmtp 127.0.0.1:24
trust clients in 192.0.2.0/24
reject bounces to several recipients
test "a bounce to one" { from <> to alice@example.org expect accept }
test "a bounce to two" { from <> to alice@example.org, bob@example.org expect reject at data }
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "people.txt").write_text("alice@example.org\nbob@example.org\n")
    return tmp_path


def on(site: Path, policy: str, *options: str) -> tuple[int, str, str]:
    (site / "policy.ndr").write_text(policy)
    return outside.run(COMMAND, "test", "policy.ndr", *options, cwd=site)


def report(site: Path, policy: str, *options: str) -> tuple[int, dict[str, Any]]:
    code, said, wrong = on(site, policy, *options, "--format", "json")
    assert wrong == ""
    found: dict[str, Any] = json.loads(said)
    return code, found


def outcomes(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return name, deployment and outcome of all that was played on servers."""
    return [(one["name"], one["where"].split()[0], one["became"]) for one in found["tests"] if " on " in one["where"]]


def test_tests_are_played_on_each_deployment_and_day_and_nothing_stays(site: Path) -> None:
    before = outside.traces()
    policy = SITE + (
        "defer ordinary mail from joe@partner.example until 2026-06-30 as trial\n"
        "deploy pf to postfix 3.7\ndeploy ex to exim 4.96\n"
        'test "while it lasts" { date 2026-06-30 from joe@partner.example to bob@example.org expect defer by trial }\n'
        'test "afterwards" { date 2026-07-01 from joe@partner.example to bob@example.org expect accept }\n'
        'test "one of them" { on ex from <> to ghost@example.org expect reject 550 5.1.1 at rcpt }\n'
        'test "who logs in" { login joe from joe@example.org to bob@example.org expect accept }\n'
    )
    code, said, wrong = on(site, policy, "--on", "postfix,ex", *TREES)
    assert (code, wrong) == (0, ""), said
    lines = said.splitlines()
    assert lines[-1] == "15 passed, 0 failed, 2 not played"
    assert [line for line in lines if line.startswith("--")] == [
        f"--   who logs in ({name}, 2026-06-29): not played, a whole server of the lab offers no login"
        for name in ("pf on postfix", "ex on exim")
    ]
    assert [line for line in lines if "(pf on" in line][:4] == [
        "ok   a bounce to one (pf on postfix, 2026-06-29)",
        "ok   a bounce to two (pf on postfix, 2026-06-29)",
        "ok   while it lasts (pf on postfix, 2026-06-30)",
        "ok   afterwards (pf on postfix, 2026-07-01)",
    ]
    assert not [line for line in lines if line.startswith("ok   one of them (pf")]
    assert outside.traces() == before
    assert sorted(path.name for path in site.iterdir()) == ["people.txt", "policy.ndr"]


def test_a_test_that_cannot_be_played_fails_where_all_are_wanted(site: Path) -> None:
    policy = SITE + 'deploy pf to postfix 3.7\ndeploy ex to exim 4.96\ntest "a failure" {\n'
    policy += "  lookup fails for bob@example.org  on pf  from <> to bob@example.org  expect defer\n}\n"
    policy = policy.replace("to alice@example.org", "on pf to alice@example.org")
    code, found = report(site, policy, "--on", "ex", *TREES, "--all-played")
    assert (code, outcomes(found)) == (1, [("deploy ex to exim 4.96", "ex", "not played")])
    assert found["tests"][-1]["not_played"] == "no test speaks of it"


def test_what_is_decided_in_front_and_what_is_approximated_are_no_disagreements(site: Path) -> None:
    policy = SITE + (
        "upstream clients in 198.51.100.1\n"
        "reject bounces when client has no name as nameless\n"
        'reject mail scoring 15 or more with 552 5.7.0 "too much" as spam allow approximate\n'
        "deploy gw to exim 4.96 with rspamd 3.4\ndeploy mx to postfix 3.7 with rspamd 3.4 behind gw\n"
        'test "without a name" { client has no name from <> to bob@example.org expect reject by nameless }\n'
        'test "too much" { from joe@partner.example to bob@example.org scoring 20 expect reject 552 5.7.0 by spam }\n'
    )
    code, found = report(site, policy, "--on", "all", *TREES)
    assert (code, found["failed"], found["not_played"]) == (0, 0, 0), found
    names = ("a bounce to one", "a bounce to two", "without a name", "too much")
    assert outcomes(found) == [(name, deployment, "passed") for deployment in ("gw", "mx") for name in names]


def test_a_deployment_that_cannot_be_compiled_does_not_keep_others_from_being_played(site: Path) -> None:
    policy = (
        SITE + "reject mail scoring 15 or more\ndeploy pf to postfix 3.7\ndeploy pf-rs to postfix 3.7 with rspamd 3.4\n"
    )
    code, found = report(site, policy, "--on", "postfix")
    assert (code, found["failed"]) == (1, 1)
    assert outcomes(found) == [
        ("deploy pf to postfix 3.7", "pf", "failed"),
        ("a bounce to one", "pf", "not played"),
        ("a bounce to two", "pf", "not played"),
        ("a bounce to one", "pf-rs", "passed"),
        ("a bounce to two", "pf-rs", "passed"),
    ]
    assert found["tests"][2]["failures"][0]["code"] == "NS502"
    assert found["tests"][3]["not_played"] == "`pf` cannot be compiled as a whole server"


def test_a_program_that_is_missing_is_named_with_the_way_to_install_it(site: Path) -> None:
    code, said, _ = on(site, SITE + "deploy ex to exim 4.96\n", "--on", "ex")
    assert code == 2
    assert "error[NS813]: `exim` cannot be booted here\n" in said
    assert "note: Exim is not installed: apt-get install exim4-base exim4-config exim4-daemon-heavy\n" in said
    assert "name the folder with `--tree`" in said


def test_a_server_of_directories_that_is_missing_is_named_like_any_other(site: Path) -> None:
    source = 'recipients of mine from ldap { server "127.0.0.1" base "dc=example" filter "(mail=%s)" }'
    policy = SITE.replace('recipients of mine from file "people.txt"', source)
    known = "known alice@example.org known bob@example.org"
    policy = policy.replace("from <> to alice@example.org", f"{known} from <> to alice@example.org")
    code, said, _ = on(site, policy + "deploy pf to postfix 3.7\n", "--on", "pf")
    assert code == 2, said
    assert "error[NS813]: `ldap` cannot be booted here\n" in said
    assert "note: no server of ldap is installed: apt-get install slapd\n" in said


def test_a_program_that_is_broken_is_a_failure_with_its_words(site: Path) -> None:
    folder = site / "tree" / "usr" / "sbin"
    folder.mkdir(parents=True)
    for name in ("exim4", "exim_dbmbuild"):
        (folder / name).write_text("#!/bin/sh\necho libgone.so.5: no such file >&2\nexit 127\n")
        (folder / name).chmod(0o755)
    code, found = report(site, SITE + "deploy ex to exim 4.96\n", "--on", "ex", "--tree", "tree")
    assert (code, found["failed"], found["not_played"]) == (1, 1, 2)
    broken = found["tests"][2]
    assert (broken["failures"][0]["code"], broken["became"]) == ("NS812", "failed")
    assert "libgone.so.5: no such file" in "\n".join(broken["log"])
    assert found["tests"][3]["not_played"] == "`ex` does not boot"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_mid_run_leaves_nothing_behind(tmp_path: Path, number: signal.Signals, code: int) -> None:
    before = outside.traces()
    command = [COMMAND, "test", str(EDGE), "--on", "all", *TREES]
    with outside.start(*command, environment={"TMPDIR": str(tmp_path)}) as process:
        started = _programs_of(process)
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (code, "")
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
    assert outside.traces() == before
    assert list(tmp_path.iterdir()) == []


def _programs_of(process: subprocess.Popen[str]) -> set[int]:
    """Return all processes below one, as soon as a server is among them."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        found = descendants(process.pid)
        if any(os.path.basename(name) in ("master", "exim4") for name in map(_name, found)):  # noqa: PTH119  # a text
            return found
        time.sleep(0.01)
    raise AssertionError("no server was booted")


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
