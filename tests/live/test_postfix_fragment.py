"""Beside the configuration of an owner Postfix decides what the policy says, and the owner's own stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nullsender.lab.replies import Reply
from nullsender.session import STRANGER
from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab
from tests.live.play import play
from tests.live.scenario import Scenario, listings, scenarios
from tests.targets.postfix.login import login_service, plain
from tests.targets.postfix.owner import POLICY, furnish

pytestmark = pytest.mark.live

MESSAGE = b"Subject: x\r\n\r\nHello.\r\n"
LOGIN = Path("/var/spool/postfix/private/login")


@pytest.fixture(scope="module")
def running(lab: Lab) -> Iterator[Deployed]:
    with ExitStack() as open_:

        def prepare() -> None:
            furnish()
            open_.enter_context(login_service(LOGIN))

        listed = listings(scenarios(POLICY))
        yield open_.enter_context(deployed(lab, POLICY, "mx", standalone=False, listed=listed, prepare=prepare))


@pytest.mark.parametrize("scenario", scenarios(POLICY), ids=lambda scenario: scenario.name)
def test_it_does_what_the_policy_says(running: Deployed, scenario: Scenario) -> None:
    play(running, scenario)


# --- what the owner has still holds -----------------------------------------------------------------------------------
def last(running: Deployed, sender: str, recipient: str, client: str = STRANGER, user: str = "") -> Reply:
    with running.lab.dialogue(client) as session:
        if user:
            assert session.say(plain(user)).code == 235
        return session.attempt(sender, [recipient], MESSAGE).last


@pytest.mark.parametrize("client", [STRANGER, "192.0.2.10"])
def test_the_owners_restrictions_hold_after_ours(running: Deployed, client: str) -> None:
    assert last(running, "foe@partner.example", "alice@example.org", client).text.endswith("the owner said no")
    assert last(running, "late@partner.example", "alice@example.org", client).text.endswith("not so late")


def test_whom_the_owner_permits_obeys_our_rules_all_the_same(running: Deployed) -> None:
    reply = last(running, "", "newsletter@example.org", "198.51.100.200")
    assert reply.rule == "reject-bounces-to-silent"
    assert last(running, "foe@partner.example", "alice@example.org", "198.51.100.200").positive


# --- who has logged in ------------------------------------------------------------------------------------------------
def test_who_has_logged_in_is_trusted(running: Deployed) -> None:
    assert last(running, "", "alice@example.org", "198.51.100.7", user="alice").positive
    assert last(running, "joe@partner.example", "someone@elsewhere.example", user="alice").positive
    assert last(running, "x@y.example", "alice@example.org", "198.51.100.65", user="alice").positive


def test_who_has_logged_in_obeys_the_rules_on_outgoing_mail(running: Deployed) -> None:
    assert last(running, "joe@a.spam.example", "alice@example.org", user="alice").rule == "outgoing-spam"
    assert last(running, "joe@partner.example", "newsletter@example.org", user="alice").rule == "login-to-silent"
    assert last(running, "joe@partner.example", "newsletter@example.org", "192.0.2.10").positive


def test_who_has_logged_in_obeys_the_owners_restrictions(running: Deployed) -> None:
    assert last(running, "foe@partner.example", "alice@example.org", user="alice").text.endswith("the owner said no")
    assert last(running, "late@partner.example", "alice@example.org", user="alice").text.endswith("not so late")
    assert last(running, "joe@partner.example", "ghost@example.org", user="alice").enhanced == "5.1.1"


def test_who_has_not_logged_in_with_success_is_a_stranger(running: Deployed) -> None:
    with running.lab.dialogue() as session:
        assert session.say(plain("mallory")).code == 535
        assert session.attempt("", ["newsletter@example.org"], MESSAGE).last.rule == "reject-bounces-to-silent"


def test_what_is_remembered_is_nothing_to_who_has_logged_in(running: Deployed) -> None:
    for user, codes in (("", [451, 451]), ("alice", [250, 250])):
        with running.lab.dialogue() as session:
            if user:
                assert session.say(plain(user)).code == 235
            session.mail("jo@grey.example")
            assert [session.rcpt(to).code for to in ("alice@example.org", "who@a.star.example.org")] == codes


def test_who_has_logged_in_gets_reports(running: Deployed) -> None:
    sink = running.lab.sink
    for user in ("", "alice"):
        sink.clear()
        sink.replies["full@example.org"] = "550 5.2.2 full"
        assert last(running, "joe@partner.example", "full@example.org", user=user).positive
        got = sink.comes(lambda mail: mail.sender == "" and "joe@partner.example" in mail.recipients, seconds=3)
        assert got == bool(user)
    assert [len(list(mail.message.iter_parts())) for mail in sink.received if mail.sender == ""] == [2]
    assert b"attached" not in sink.received[-1].octets


def test_no_program_warns(running: Deployed) -> None:
    worst = [
        line for line in running.log().splitlines() if any(w in line for w in (": warning:", ": fatal:", ": error:"))
    ]
    assert [line for line in worst if "SASL PLAIN authentication failed" not in line] == []
