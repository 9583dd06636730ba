"""What `nullsender test --on` says of a server that does not do what the policy means."""

from __future__ import annotations

import json
import os
import pty
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.live import outside

pytestmark = pytest.mark.live

# A folder that stands beside those of the targets, and less patience than people have.
PROGRAM = """
import sys, nullsender_targets
nullsender_targets.__path__.append(sys.argv.pop(1))
from nullsender.lab import playing
playing._PATIENCE = 0.5
from nullsender.main import main
sys.exit(main())
"""
TARGETS = str(Path(__file__).parent / "targets")
SITE = """
policy "site"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
reject bounces to several recipients
deploy mx to parrot 1.0
test "relaying" { from <> to joe@elsewhere.example expect reject by relaying }
"""
TWO = 'test "a bounce to two" { from <> to alice@example.org, bob@example.org expect reject at data }\n'
FOE = """
reject ordinary mail from foe@partner.example as foe
test "a foe" { from foe@partner.example to alice@example.org, bob@example.org expect reject at rcpt by foe }
"""
HANGS_UP = 'test "it hangs up" { from <> to hang-up@example.org expect accept }\n'
RESTLESS = 'test "it never rests" { from <> to restless@example.org expect accept }\n'
AGAIN = 'test "relaying again" { from <> to jim@elsewhere.example expect reject by relaying }\n'


def command(site: Path, policy: str, *options: str) -> list[str]:
    (site / "policy.ndr").write_text(policy)
    return [sys.executable, "-c", PROGRAM, TARGETS, "test", "policy.ndr", "--on", "mx", *options]


def report(site: Path, policy: str) -> tuple[int, dict[str, dict[str, Any]]]:
    code, said, wrong = outside.run(*command(site, policy, "--format", "json"), cwd=site)
    assert wrong == ""
    return code, {one["name"]: one for one in json.loads(said)["tests"] if " on " in one["where"]}


def test_a_disagreement_is_told_with_both_dialogues_the_rules_and_the_log(tmp_path: Path) -> None:
    code, found = report(tmp_path, SITE + TWO)
    assert (code, found["relaying"]["became"]) == (1, "passed")
    two = found["a bounce to two"]
    (failure,) = two["failures"]
    assert (two["became"], failure["code"], failure["start"]["line"]) == ("failed", "NS811", 9)
    rule = "reject-bounces-to-several-recipients"
    assert failure["message"] == (
        "`mx` does not do what the policy means: verdict of the message: "
        f"expected reject at the message by `{rule}`, got 250 2.0.0 taken"
    )
    assert two["spoken"][:6] == [
        "S: 220 parrot",
        "C: EHLO client.example",
        "S: 250 2.1.0 ok",
        "C: MAIL FROM:<>",
        "S: 250 2.1.0 ok",
        "C: RCPT TO:<alice@example.org>",
    ]
    assert two["spoken"][-2:] == ["C: .", "S: 250 2.0.0 taken"]
    assert two["session"][-1] == f"S: 550 5.5.3 [{rule}]"
    assert any(rule in line and line.endswith("decides") for line in two["rules"])
    assert "heard RCPT TO:<bob@example.org>" in two["log"]
    assert not [line for line in two["log"] if "elsewhere.example" in line]


def test_everything_that_differs_is_told(tmp_path: Path) -> None:
    _, found = report(tmp_path, SITE + FOE)
    (failure,) = found["a foe"]["failures"]
    told = "verdict of <{}@example.org>: expected reject at rcpt by `foe`, got 250 2.1.0 ok at rcpt"
    assert failure["message"].endswith(told.format("alice"))
    assert failure["note"] == told.format("bob")


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (HANGS_UP, "the session broke off: the server hung up"),
        (RESTLESS, "the session broke off: it does not come to rest within 0.5 s"),
    ],
    ids=["hanging up", "restless"],
)
def test_a_session_that_comes_to_no_end_is_a_failure_and_the_next_finds_a_new_server(
    tmp_path: Path, test: str, why: str
) -> None:
    code, found = report(tmp_path, SITE + test + AGAIN)
    assert (code, [one["became"] for one in found.values()]) == (1, ["passed", "failed", "passed"])
    _, broken, _ = found.values()
    assert broken["failures"][0]["message"] == f"`mx` does not do what the policy means: {why}"
    assert any(line.startswith("C: RCPT TO:<") for line in broken["spoken"])
    assert any(line.startswith("heard RCPT TO:<") for line in broken["log"])


def test_people_and_other_programs_are_told_as_well(tmp_path: Path) -> None:
    code, said, _ = outside.run(*command(tmp_path, SITE + TWO), cwd=tmp_path)
    assert code == 1
    titles = ("session as the policy means it", "session as the server held it", "rules", "log")
    places = [said.index(f"\n  {title}\n") for title in titles]
    assert places == sorted(places)
    assert said.endswith("3 passed, 1 failed\n")
    _, said, _ = outside.run(*command(tmp_path, SITE + TWO, "--format", "junit"), cwd=tmp_path)
    failure = next(ET.fromstring(said).iter("failure"))  # noqa: S314  # our own
    assert failure.get("type") == "NS811"
    assert "session as the server held it" in (failure.text or "")
    _, said, _ = outside.run(*command(tmp_path, SITE + TWO, "--format", "github"), cwd=tmp_path)
    assert "\n::error title=NS811,file=policy.ndr,line=9," in said


def test_a_terminal_is_shown_how_far_it_is_and_nothing_of_it_stays(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    words = command(tmp_path, SITE + TWO)
    line = 'exec "$@" 2>"$TERMINAL"'
    environment = {"TERMINAL": os.ttyname(theirs), "TERM": "xterm"}
    outside.run("sh", "-c", line, "sh", *words, environment=environment, cwd=tmp_path)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    os.close(theirs)
    lines = shown.split("\r\x1b[K")
    assert lines[1:4] == ["mx: booting parrot", "mx: 0 of 2 tests played", "mx: 1 of 2 tests played"]
    assert lines[-1] == ""
