"""What was seen of a message is told from other mail, and its reports from copies of them."""

from __future__ import annotations

import pytest

from nullsender.lab.dialogue import Attempt
from nullsender.lab.playing import seen
from nullsender.lab.replies import Reply
from nullsender.lab.sink import Received
from nullsender.observation import Ndr
from nullsender.session import Session

OK = Reply(250, ("2.1.5 ok",))
ALICE, JOE = "alice@example.org", "joe@partner.example"
REPORT = b"Subject: undeliverable\r\n\r\nX-Lab-Id: lab-1\r\n"


def mail(octets: bytes, *recipients: str, protocol: str = "lmtp") -> Received:
    return Received(protocol, "203.0.113.25", "mx1.example.org", "", "", recipients, octets)


def test_only_the_message_itself_arrives() -> None:
    own, other = (f"X-Lab-Id: lab-{number}\r\n\r\nHello.\r\n".encode() for number in (1, 2))
    attempt = Attempt(OK, ((ALICE, OK),), OK, OK)
    got = seen(
        Session((ALICE,), JOE), attempt, "lab-1", [mail(own, ALICE), mail(other, ALICE), mail(REPORT, "x@y.example")]
    )
    assert [one.recipients for one in got.arrived] == [(ALICE,)]
    assert got.accepted == (ALICE,)


@pytest.mark.parametrize(
    ("sender", "to", "protocol", "left"),
    [
        (JOE, JOE, "smtp", True),
        (ALICE, ALICE, "lmtp", True),
        (JOE, "bob@elsewhere.example", "smtp", True),
        (JOE, "postmaster@example.org", "smtp", False),
        ("", "carol@example.net", "lmtp", False),
    ],
    ids=["outside", "to a sender of ours", "to somebody else", "postmaster's copy", "a double bounce"],
)
def test_a_report_leaves_unless_it_stays_at_home(sender: str, to: str, protocol: str, left: bool) -> None:
    attempt = Attempt(OK, (), None, None)
    assert seen(Session((ALICE,), sender), attempt, "lab-1", [mail(REPORT, to, protocol=protocol)]).ndrs == (
        Ndr(to, left),
    )
