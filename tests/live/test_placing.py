"""Deployments that are placed in a hurry, one after the other, are the ones that answer, whatever ran before."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullsender.frontend import Built
from nullsender.lab.deployed import Deployed
from nullsender.lab.deploying import placed
from nullsender.lab.dialogue import Attempt
from nullsender.lab.listing import Listed, Query, question
from nullsender.session import STRANGER
from nullsender_targets.rspamd.lab import SCORE_HEADER
from tests.live.deployment import compiled
from tests.live.lab import Lab

pytestmark = pytest.mark.live

SITE = """
policy "one of two"
domains mine = example.org
deliver mine to lmtp 127.0.0.1:24
reject nonexistent recipients
recipients of mine from file "{people}"
"""
ONE = """
reject ordinary mail from foe@partner.example  as no-foes
"""
OTHER = """
use dnsbl bl.example in reject mode  as no-listed
"""
SCORING = {ONE: "reject mail scoring 5 or more  as five", OTHER: "reject mail scoring 9 or more  as nine"}
STACKS = {
    "pf": "postfix 3.7",
    "ex": "exim 4.96",
    "pf-rs": "postfix 3.7 with rspamd 3.4",
    "ex-rs": "exim 4.96 with rspamd 3.4",
}
stacks = pytest.mark.parametrize("stack", STACKS)


def built(folder: Path, statements: str, stack: str) -> Built:
    (folder / "alice.txt").write_text("alice@example.org\npostmaster@example.org\n")
    (folder / "bob.txt").write_text("bob@example.org\npostmaster@example.org\n")
    scoring = SCORING[statements] if "rspamd" in STACKS[stack] else ""
    site = SITE.format(people="alice.txt" if statements == ONE else "bob.txt")
    policy = folder / "site.ndr"
    policy.write_text(f"{site}{statements}{scoring}\ndeploy {stack} to {STACKS[stack]}\n")
    return compiled(policy, stack)


def send(running: Deployed, recipient: str, sender: str = "joe@partner.example", score: float = 0) -> Attempt:
    message = f"Subject: a test\r\n{SCORE_HEADER}: {score}\r\n\r\nHello.\r\n"
    return running.lab.attempt(sender, [recipient], message.encode())


def assert_refused(running: Deployed, attempt: Attempt, rule: str) -> None:
    assert attempt.last.code in (550, 554), attempt.last
    assert any(mark in attempt.last.text for mark in running.marks(rule)), attempt.last


def assert_one(running: Deployed) -> None:
    assert send(running, "alice@example.org").accepted
    assert_refused(running, send(running, "bob@example.org"), "reject-nonexistent-recipients")
    assert_refused(running, send(running, "alice@example.org", "foe@partner.example"), "no-foes")
    if len(running.outputs) > 1:
        assert_refused(running, send(running, "alice@example.org", score=6), "five")


def assert_other(running: Deployed) -> None:
    assert send(running, "bob@example.org").accepted
    assert_refused(running, send(running, "alice@example.org"), "reject-nonexistent-recipients")
    assert send(running, "bob@example.org", "foe@partner.example").accepted
    if len(running.outputs) > 1:
        assert send(running, "bob@example.org", score=6).accepted
        assert_refused(running, send(running, "bob@example.org", score=9.5), "nine")


@stacks
def test_the_deployment_that_was_placed_last_is_in_force(lab: Lab, tmp_path: Path, stack: str) -> None:
    one, other = built(tmp_path, ONE, stack), built(tmp_path, OTHER, stack)
    for _ in range(3):
        with placed(lab, one) as running:
            assert_one(running)
        with placed(lab, other) as running:
            assert_other(running)
            assert {path for path in files(one) if path.exists()} <= files(other)


def files(built: Built) -> set[Path]:
    places = ((o.emitted.placement, o.emitted.artifacts) for o in built.outputs)
    return {Path(place.home, a.path) for place, artifacts in places if place for a in artifacts}


@pytest.mark.parametrize("stack", ["pf", "ex"])
def test_what_waited_in_the_queue_of_another_deployment_is_gone(lab: Lab, tmp_path: Path, stack: str) -> None:
    with placed(lab, built(tmp_path, ONE, stack)) as running:
        tried: list[str] = []
        lab.sink.refuse = lambda recipient: tried.append(recipient) or "451 4.3.0 later"  # type: ignore[func-returns-value]
        assert send(running, "alice@example.org").accepted
        assert running.logged("451 4.3.0 later")
        assert tried == ["alice@example.org"]
    with placed(lab, built(tmp_path, OTHER, stack)) as running:
        assert send(running, "bob@example.org").accepted
        assert lab.sink.wait(lambda _: True).recipients == ("bob@example.org",)
        assert not lab.sink.comes(lambda mail: "alice@example.org" in mail.recipients, 3)


@stacks
def test_listings_change_between_sessions(lab: Lab, tmp_path: Path, stack: str) -> None:
    with placed(lab, built(tmp_path, OTHER, stack)) as running:
        lab.resolver.server = None  # here the resolver itself answers
        for listed in ((), (Listed("bl.example", STRANGER),)) * 3:
            lab.resolver.set_listed(listed)
            attempt = send(running, "bob@example.org")
            if listed:
                assert_refused(running, attempt, "no-listed")
            else:
                assert attempt.accepted, attempt.last
        lab.resolver.silent.add("bl.example")
        assert send(running, "bob@example.org").accepted
        assert set(lab.resolver.queries) >= {Query(question("bl.example", STRANGER), "A")}
