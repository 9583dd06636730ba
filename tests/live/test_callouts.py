"""A backup MX asks the next hop who exists: what it takes arrives, and what the hop would refuse it refuses itself."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nullsender.lab.replies import Reply
from nullsender.session import STRANGER
from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

POLICY = Path(__file__).parent / "directories/called.ndr"
HOP, UPSTREAM = "198.51.100.250", "198.51.100.200"
GONE = "550 5.1.1 there is nobody of that name"
MESSAGE = b"From: joe@partner.example\nSubject: callout\n\nHello.\n"
LONGEST = 18.0  # seconds that a silent hop may cost


@pytest.fixture(scope="module", params=["called:pf", "called:ex"])
def running(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Deployed]:
    with deployed(lab, POLICY, request.param.partition(":")[2]) as running:
        yield running


@pytest.fixture(autouse=True)
def _hop(running: Deployed) -> None:
    """Let the hop know those whose names begin with `a`, and be unable to tell of those with a `t`."""

    def refusal(recipient: str) -> str | None:
        first = recipient[:1].lower()
        return {"a": None, "t": "451 4.3.0 ask again later"}.get(first, GONE)

    running.lab.sink.clear()
    running.lab.sink.refuse = refusal


def ask(
    running: Deployed, *recipients: str, client: str = STRANGER, sender: str = "joe@partner.example"
) -> list[Reply]:
    with running.lab.dialogue(client) as session:
        session.mail(sender)
        return [session.rcpt(recipient) for recipient in recipients]


@contextmanager
def mute(running: Deployed, port: int) -> Iterator[None]:
    """Take connections there, and never say a word."""
    with running.lab.machine.world():
        server = socket.create_server((HOP, port), backlog=50)
    with server:
        yield


def test_the_hop_says_who_exists_and_the_rule_what_is_replied(running: Deployed) -> None:
    replies = ask(running, "alice@example.org", "ghost@example.org", "alice+x@example.org", "postmaster@example.org")
    assert [(reply.code, reply.enhanced) for reply in replies if not reply.positive] == [(550, "5.1.1")]
    assert "no such mailbox: 100% sure [nobody]" in replies[1].text
    again = ask(running, "Alice@EXAMPLE.org", "ghost@example.org", sender="")
    assert [reply.code for reply in again] == [250, 550]


def test_a_list_is_asked_before_the_hop(running: Deployed) -> None:
    assert [reply.code for reply in ask(running, "ann@many.example", "arno@many.example", "x@many.example")] == [
        250,
        250,
        550,
    ]


def test_a_hop_that_cannot_tell_now_defers(running: Deployed) -> None:
    (reply,) = ask(running, "tom@example.org")
    assert reply.code == 451
    running.lab.sink.replies["tom@example.org"] = ""
    running.lab.sink.refuse = lambda _: None
    until = time.monotonic() + 90  # Postfix asks again after 30 s, and tells what it has heard the next time
    while ask(running, "tom@example.org")[0].code != 250:
        assert time.monotonic() < until
        time.sleep(2)


def test_a_hop_that_is_down_defers_until_it_is_back(running: Deployed) -> None:
    replies = ask(running, "alice@down.example", "ghost@down.example", "postmaster@down.example", "alice@example.org")
    assert [reply.code for reply in replies] == [451, 451, 250, 250]
    running.lab.sink.serve_also(running.lab.machine, "smtp", HOP, 2526)
    until = time.monotonic() + 60
    while [reply.code for reply in ask(running, "anna@down.example", "zoe@down.example")] != [250, 550]:
        assert time.monotonic() < until
        time.sleep(1)


def test_a_hop_that_says_nothing_costs_little_time(running: Deployed) -> None:
    with mute(running, 2527):
        began = time.monotonic()
        (reply,) = ask(running, "alice@silent.example")
        assert reply.code == 451
        assert time.monotonic() - began < LONGEST


@pytest.mark.parametrize("client", [STRANGER, UPSTREAM])
def test_a_backup_mx_relays_nothing_else_and_nothing_bounces(running: Deployed, client: str) -> None:
    recipients = ("alice@example.org", "ghost@example.org", "joe@elsewhere.example", "ann@many.example", "adam@down")
    attempt = running.lab.attempt("joe@partner.example", recipients, MESSAGE, client)
    assert [reply.code for _, reply in attempt.recipients][:4] == [250, 550, 554, 250]
    assert attempt.recipients[4][1].code >= 500
    running.lab.sink.wait(lambda mail: "alice@example.org" in mail.recipients)
    running.lab.sink.wait(lambda mail: "ann@many.example" in mail.recipients)
    assert not running.lab.sink.comes(lambda mail: mail.sender == "", 1)
    arrived = {to for mail in running.lab.sink.received for to in mail.recipients}
    assert arrived == {"alice@example.org", "ann@many.example"}


def test_nobody_is_asked_whether_a_sender_exists(running: Deployed) -> None:
    ask(running, "alice@example.org", sender="nobody@partner.example")
    assert not any("nobody@partner.example" in to for to in running.lab.sink.turned_away)
